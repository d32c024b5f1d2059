package faultstore_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/faultstore"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// calls makes each call of the store by its Op. What is passed on is counted.
func calls(s store.Store) map[faultstore.Op]func(ctx context.Context) (passed int, err error) {
	quiet := func(call func(context.Context) error) func(context.Context) (int, error) {
		return func(ctx context.Context) (int, error) { return 0, call(ctx) }
	}
	return map[faultstore.Op]func(context.Context) (int, error){
		faultstore.Append: quiet(func(ctx context.Context) error {
			return s.Append(ctx, second, store.Batch{Delete: &entity.Delete{}})
		}),
		faultstore.Load: func(ctx context.Context) (n int, err error) {
			err = s.Load(ctx, first, func(store.Head) error { return nil }, func(entity.Event) error { n++; return nil })
			return n, err
		},
		faultstore.Snapshot: quiet(func(ctx context.Context) error {
			return s.Snapshot(ctx, first, store.Fence{}, entity.Snapshot{Sequence: 1})
		}),
		faultstore.Write: quiet(func(ctx context.Context) error { return s.Write(ctx, second, store.Change{Actions: 1}) }),
		faultstore.Read: quiet(func(ctx context.Context) error {
			_, err := s.Read(ctx, first)
			return err
		}),
		faultstore.Record: quiet(func(ctx context.Context) error {
			_, _, err := s.Record(ctx, first, "k")
			return err
		}),
		faultstore.Effects: func(ctx context.Context) (n int, err error) {
			err = s.Effects(ctx, func(store.Effect) error { n++; return nil })
			return n, err
		},
		faultstore.Delivered: quiet(func(ctx context.Context) error { return s.Delivered(ctx, first, "none") }),
		faultstore.Park:      quiet(func(ctx context.Context) error { return s.Park(ctx, first, "none", nil) }),
		faultstore.Save:      quiet(func(ctx context.Context) error { return s.Save(ctx, "node", nil) }),
		faultstore.Replica: func(ctx context.Context) (n int, err error) {
			err = s.Replica(ctx, first, func([]byte) error { n++; return nil })
			return n, err
		},
		faultstore.Join:  quiet(func(ctx context.Context) error { return s.Join(ctx, store.Node{ID: "another"}, time.Hour) }),
		faultstore.Renew: quiet(func(ctx context.Context) error { return s.Renew(ctx, "node", time.Hour) }),
		faultstore.Claim: quiet(func(ctx context.Context) error {
			_, err := s.Claim(ctx, "node", 1)
			return err
		}),
		faultstore.Release: quiet(func(ctx context.Context) error { return s.Release(ctx, "node", 1) }),
		faultstore.Leave:   quiet(func(ctx context.Context) error { return s.Leave(ctx, "node") }),
		faultstore.Events: func(ctx context.Context) (n int, err error) {
			_, err = s.Events(ctx, "cart", 0, 10, func(store.Entry) error { n++; return nil })
			return n, err
		},
		faultstore.Kind: quiet(func(ctx context.Context) error { return s.Kind(ctx, "cart", "kind") }),
		faultstore.Sweep: quiet(func(ctx context.Context) error {
			_, err := s.Sweep(ctx)
			return err
		}),
		faultstore.Ping: quiet(func(ctx context.Context) error { return s.Ping(ctx) }),
	}
}

// stocked returns a store that has two of everything that is passed on.
func stocked(t *testing.T) *faultstore.Store {
	t.Helper()
	inner := memory.New()
	if err := errors.Join(
		inner.Append(t.Context(), first, store.Batch{
			Events: make([]entity.Event, 2),
			Beside: store.Beside{Effects: []store.Effect{{ID: "1", Stored: time.Now()}, {ID: "2", Stored: time.Now()}}},
		}),
		inner.Save(t.Context(), "a", []store.Replica{{ID: first}}),
		inner.Save(t.Context(), "b", []store.Replica{{ID: first}}),
		inner.Join(t.Context(), store.Node{ID: "node"}, time.Hour),
	); err != nil {
		t.Fatal(err)
	}
	return faultstore.Wrap(inner)
}

// passesOn says which calls pass on two things.
func passesOn(op faultstore.Op) bool {
	return op == faultstore.Load || op == faultstore.Effects || op == faultstore.Replica || op == faultstore.Events
}

// TestEachCall: rules concern each kind of call, and that kind alone.
func TestEachCall(t *testing.T) {
	t.Parallel()
	for op := range calls(nil) {
		for _, when := range []faultstore.Moment{faultstore.Before, faultstore.After, faultstore.Torn} {
			s := stocked(t)
			all := calls(s)
			s.Add(faultstore.Rule{Op: op, When: when, Err: errBroken})
			passed, err := all[op](t.Context())
			want := 0
			if passesOn(op) {
				want = map[faultstore.Moment]int{faultstore.Before: 0, faultstore.After: 2, faultstore.Torn: 1}[when]
			}
			if !errors.Is(err, errBroken) || passed != want {
				t.Errorf("call %d with a fault at %d = %v and passes on %d, want the rule's error and %d", op, when, err, passed, want)
			}
			if got := s.Calls(op); got != 1 {
				t.Errorf("Calls(%d) = %d, want 1", op, got)
			}
			for other, call := range all {
				if other == op || other == faultstore.Leave || when == faultstore.Torn {
					continue
				}
				if _, err := call(t.Context()); err != nil && !errors.Is(err, store.ErrConflict) &&
					!errors.Is(err, store.ErrFenced) && !errors.Is(err, store.ErrDeleted) {
					t.Errorf("call %d with a fault of call %d = %v", other, op, err)
				}
			}
		}
	}
}

// TestTornWrite: the entity is corrupt until it is mended, and no other one is.
func TestTornWrite(t *testing.T) {
	t.Parallel()
	s := faultstore.Wrap(memory.New())
	if err := add(t.Context(), s, first); err != nil {
		t.Fatal(err)
	}
	s.Add(faultstore.Rule{Op: faultstore.Append, ID: &first, Call: 1, When: faultstore.Torn, Err: errBroken})
	if err := add(t.Context(), s, first); !errors.Is(err, errBroken) {
		t.Errorf("the torn append = %v, want the rule's error", err)
	}
	events, err := load(t.Context(), s, first)
	if events != 1 || !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("load = %d events, %v, want what was there before, and ErrCorrupt", events, err)
	}
	_, readErr := s.Read(t.Context(), first)
	_, _, recordErr := s.Record(t.Context(), first, "k")
	for what, err := range map[string]error{
		"append": s.Append(t.Context(), first, store.Batch{Expected: 1, Events: make([]entity.Event, 1)}),
		"write":  s.Write(t.Context(), first, store.Change{Actions: 1}), "read": readErr, "record": recordErr,
	} {
		if !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("%s of a torn entity = %v, want ErrCorrupt", what, err)
		}
	}
	if err := errors.Join(add(t.Context(), s, second), s.Park(t.Context(), first, "none", nil)); err != nil {
		t.Errorf("what is not of the torn entity = %v", err)
	}
	s.Mend()
	if err := add(t.Context(), s, first); err != nil || count(t, s, first) != 2 {
		t.Errorf("once it is mended, append = %v", err)
	}
}

// TestTornWithoutError is that something is corrupt.
func TestTornWithoutError(t *testing.T) {
	t.Parallel()
	s := stocked(t)
	s.Add(faultstore.Rule{Op: faultstore.Load, When: faultstore.Torn})
	if events, err := load(t.Context(), s, first); events != 1 || !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("load = %d events, %v, want one and ErrCorrupt", events, err)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := faultstore.Wrap(memory.New(), faultstore.Rule{Op: faultstore.Append, Err: faultstore.ErrFull})
	if err := add(t.Context(), s, first); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("append = %v, want that there is no room", err)
	}
	s.Clear()
	if err := add(t.Context(), s, first); err != nil {
		t.Errorf("append once there is room = %v", err)
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := faultstore.Wrap(memory.New(), faultstore.Rule{Op: faultstore.Append, Delay: 3 * time.Second})
		start := time.Now()
		if err := add(t.Context(), s, first); err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("append = %v after %v, want 3 s", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start = time.Now()
		if err := add(ctx, s, second); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("append = %v after %v, want the end of the context", err, time.Since(start))
		}
		if got := count(t, s, second); got != 0 {
			t.Errorf("%d events are stored of it", got)
		}
	})
}
