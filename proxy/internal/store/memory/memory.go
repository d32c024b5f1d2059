// Package memory keeps everything in memory: for tests, and for trying things out
// with --store memory. What it calls durable ends with the process.
package memory

import (
	"context"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/lease"
)

// Store is an open store. It grows without bound.
type Store struct {
	clock func() time.Time

	mu   sync.Mutex
	data *data // guarded by mu; nil once closed
}

var _ store.Store = (*Store)(nil)

// data is all that a store holds. What was passed on of it is never changed: newer
// things take the place of older ones.
type data struct {
	journals map[store.ID]*journal
	logs     map[string]*log // by persistence id
	first    int64           // the offset behind which each log begins
	values   map[store.ID]value
	records  map[recordID]store.Record
	effects  map[string]store.Effect
	replicas map[store.ID]map[string][]byte // by node
	kinds    map[string]string              // by persistence id
	leases   *lease.Table
}

// New returns an empty store that goes by the system's clock. Its owner closes it.
func New() *Store { return NewOn(time.Now) }

// NewOn returns an empty store that goes by the clock.
func NewOn(clock func() time.Time) *Store {
	return &Store{clock: clock, data: &data{
		journals: map[store.ID]*journal{},
		logs:     map[string]*log{},
		values:   map[store.ID]value{},
		records:  map[recordID]store.Record{},
		effects:  map[string]store.Effect{},
		replicas: map[store.ID]map[string][]byte{},
		kinds:    map[string]string{},
		leases:   lease.New(1),
	}}
}

// with does the work on what the store holds, alone.
func (s *Store) with(ctx context.Context, work func(*data) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.data == nil {
		return store.ErrClosed
	}
	return work(s.data)
}

// Ping returns nil until the store is closed.
func (s *Store) Ping(ctx context.Context) error {
	return s.with(ctx, func(*data) error { return nil })
}

// Close forgets everything. It does not wait for a call under way that passes
// something on, which has what it needs.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.data == nil {
		return store.ErrClosed
	}
	s.data = nil
	return nil
}

// clone returns a copy; an empty message of nil.
func clone(payload *anypb.Any) *anypb.Any {
	if payload == nil {
		return &anypb.Any{}
	}
	return proto.CloneOf(payload)
}
