package simulation

import (
	"context"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// streams are the connection between one proxy and the function.
type streams struct {
	mu      sync.Mutex
	open    []*stream
	gone    bool
	retired chan struct{}
}

func newStreams() *streams { return &streams{retired: make(chan struct{})} }

var (
	_ runtime.Functions = (*streams)(nil)
	_ calls.Functions   = (*streams)(nil)
)

// Open opens the stream of an entity.
func (f *streams) Open(ctx context.Context, kind string) (runtime.Stream, error) {
	s, err := f.add(ctx, kind)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Call makes a call of an action.
func (f *streams) Call(ctx context.Context, _ wire.Shape) (calls.Stream, error) {
	s, err := f.add(ctx, acting)
	if err != nil {
		return nil, err
	}
	return callStream{s}, nil
}

func (f *streams) add(ctx context.Context, kind string) (*stream, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		return nil, fault.New(fault.Unavailable, "the function is gone")
	}
	s := &stream{kind: kind, role: roles()[kind], ctx: ctx, retired: f.retired, stir: make(chan struct{}, 1)}
	f.open = append(f.open, s)
	return s, nil
}

// ready returns the streams on which the function has something to do.
func (f *streams) ready() []*stream {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ready, open []*stream
	for _, s := range f.open {
		if s.over() {
			continue
		}
		open = append(open, s)
		if s.waits() {
			ready = append(ready, s)
		}
	}
	f.open = open
	return ready
}

// restart ends all that is open. Until it is back, the function takes no stream.
func (f *streams) restart() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = true
	for _, s := range f.open {
		s.end(status.Error(codes.Unavailable, "the function was killed"))
	}
}

func (f *streams) back() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = false
}

// retire lets another connection take the place of this one.
func (f *streams) retire() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.retired)
	f.retired = make(chan struct{})
}
