package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Write stores the change, together with what other entities have stored meanwhile.
// The value's time is counted from when the statement is sent.
func (s *Store) Write(ctx context.Context, id store.ID, change store.Change) error {
	if err := change.Validate(); err != nil {
		return err
	}
	w, err := newChange(id, change)
	if err != nil {
		return err
	}
	return s.put(ctx, w)
}

// Read reads the value, once no write of the entity is open.
func (s *Store) Read(ctx context.Context, id store.ID) (value store.Value, err error) {
	err = s.call(ctx, func(ctx context.Context) error {
		leave, err := s.gates.enter(ctx, id, s.closing)
		if err != nil {
			return err
		}
		defer leave()
		value, err = s.read(ctx, id)
		return err
	})
	return value, err
}

func (s *Store) read(ctx context.Context, id store.ID) (store.Value, error) {
	var revision int64
	var ends, sum *int64
	var kind, payload []byte
	key := keyOf(id)
	err := s.reads.QueryRow(ctx, `SELECT revision, ends, checksum, type, payload FROM stateward.value WHERE entity = $1`, key).
		Scan(&revision, &ends, &sum, &kind, &payload)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return store.Value{}, nil
	case err != nil:
		return store.Value{}, fmt.Errorf("read %v: %w", id, err)
	case kind == nil && payload == nil && sum == nil:
		return store.Value{Revision: revision}, nil
	case sum == nil || *sum != checksum(key, revision, ends, kind, payload):
		return store.Value{}, corrupt(id, errors.New("its value has another checksum"))
	case ends != nil && *ends <= s.now():
		return store.Value{Revision: revision}, nil
	default:
		return store.Value{Revision: revision, Value: &anypb.Any{TypeUrl: string(kind), Value: payload}, Ends: timeOf(ends)}, nil
	}
}
