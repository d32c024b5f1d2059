package faultstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/faultstore"
	"github.com/stateward/stateward/proxy/internal/store/memory"
	"github.com/stateward/stateward/proxy/internal/store/storetest"
)

var (
	first  = store.ID{Persistence: "cart", Entity: "1"}
	second = store.ID{Persistence: "cart", Entity: "2"}

	errBroken = errors.New("broken")
	errOther  = errors.New("broken otherwise")
)

// TestWithoutRules: a wrapped store is the store.
func TestWithoutRules(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Backend{
		Open: func(_ string, clock func() time.Time) (store.Store, error) {
			return faultstore.Wrap(memory.NewOn(clock)), nil
		},
	})
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rules []faultstore.Rule
		want  []error // of appends to first, second, first, second
		lasts [2]int  // how many events first and second then have
	}{
		"each": {
			[]faultstore.Rule{{Op: faultstore.Append, Err: errBroken}},
			[]error{errBroken, errBroken, errBroken, errBroken},
			[2]int{0, 0},
		},
		"the second": {
			[]faultstore.Rule{{Op: faultstore.Append, Call: 2, Err: errBroken}},
			[]error{nil, errBroken, nil, nil},
			[2]int{2, 1},
		},
		"of one entity": {
			[]faultstore.Rule{{Op: faultstore.Append, ID: &second, Err: errBroken}},
			[]error{nil, errBroken, nil, errBroken},
			[2]int{2, 0},
		},
		"the second of one entity": {
			[]faultstore.Rule{{Op: faultstore.Append, ID: &second, Call: 2, Err: errBroken}},
			[]error{nil, nil, nil, errBroken},
			[2]int{2, 1},
		},
		"after it was made durable": {
			[]faultstore.Rule{{Op: faultstore.Append, ID: &first, Call: 1, When: faultstore.After, Err: errBroken}},
			[]error{errBroken, nil, nil, nil},
			[2]int{2, 2},
		},
		"the first of two rules": {
			[]faultstore.Rule{
				{Op: faultstore.Append, Call: 1, Err: errBroken},
				{Op: faultstore.Append, Call: 1, Err: errOther},
				{Op: faultstore.Load, Call: 99, Err: errOther},
				{Op: faultstore.Ping, Err: errOther},
			},
			[]error{errBroken, nil, nil, nil},
			[2]int{1, 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := faultstore.Wrap(memory.New(), test.rules...)
			for i, want := range test.want {
				id := []store.ID{first, second}[i%2]
				if err := add(t.Context(), s, id); !errors.Is(err, want) {
					t.Errorf("append %d = %v, want %v", i+1, err, want)
				}
			}
			for i, id := range []store.ID{first, second} {
				if got := count(t, s, id); got != test.lasts[i] {
					t.Errorf("%v has %d events, want %d", id, got, test.lasts[i])
				}
			}
			if got := s.Calls(faultstore.Append); got != len(test.want) {
				t.Errorf("Calls(Append) = %d, want %d", got, len(test.want))
			}
			s.Clear()
			if err := add(t.Context(), s, first); err != nil {
				t.Errorf("append without rules = %v", err)
			}
		})
	}
}

func TestLoadAndPing(t *testing.T) {
	t.Parallel()
	s := faultstore.Wrap(memory.New())
	if err := add(t.Context(), s, first); err != nil {
		t.Fatal(err)
	}
	s.Add(
		faultstore.Rule{Op: faultstore.Load, Call: 1, Err: errBroken},
		faultstore.Rule{Op: faultstore.Load, Call: 2, When: faultstore.After, Err: errOther},
		faultstore.Rule{Op: faultstore.Ping, ID: &first, Err: errOther}, // matches nothing
		faultstore.Rule{Op: faultstore.Ping, Call: 2, Err: errBroken},
	)
	for i, want := range []struct {
		err    error
		events int
	}{{errBroken, 0}, {errOther, 1}, {nil, 1}} {
		events, err := load(t.Context(), s, first)
		if !errors.Is(err, want.err) || events != want.events {
			t.Errorf("load %d = %d events, %v, want %d, %v", i+1, events, err, want.events, want.err)
		}
	}
	for i, want := range []error{nil, errBroken, nil} {
		if err := s.Ping(t.Context()); !errors.Is(err, want) {
			t.Errorf("ping %d = %v, want %v", i+1, err, want)
		}
	}
}

func TestHold(t *testing.T) {
	t.Parallel()
	for when, stored := range map[faultstore.Moment]int{faultstore.Before: 0, faultstore.After: 1} {
		hold := faultstore.NewHold()
		s := faultstore.Wrap(memory.New(), faultstore.Rule{
			Op: faultstore.Append, ID: &first, Call: 1, When: when, Hold: hold, Err: errBroken,
		})
		done := make(chan error, 1)
		go func() { done <- add(t.Context(), s, first) }()
		<-hold.Reached()
		if got := count(t, s, first); got != stored || len(done) != 0 {
			t.Errorf("while it is held, %d events are stored and %d calls are done, want %d and 0", got, len(done), stored)
		}
		if err := add(t.Context(), s, second); err != nil {
			t.Errorf("an append that no rule concerns = %v", err)
		}
		hold.Release()
		hold.Release() // once more does no harm
		if err := <-done; !errors.Is(err, errBroken) {
			t.Errorf("the held append = %v, want the rule's error", err)
		}
	}
}

func TestHoldEndsWithTheContext(t *testing.T) {
	t.Parallel()
	hold := faultstore.NewHold()
	s := faultstore.Wrap(memory.New(), faultstore.Rule{Op: faultstore.Append, Hold: hold})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- add(ctx, s, first) }()
	<-hold.Reached()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the held append = %v, want context.Canceled", err)
	}
	hold.Release()
	if err := add(t.Context(), s, first); err != nil {
		t.Errorf("an append after the release = %v", err)
	}
}

// add appends one event at the entity's end.
func add(ctx context.Context, s *faultstore.Store, id store.ID) error {
	expected, err := load(ctx, s, id)
	if err != nil {
		return err
	}
	return s.Append(ctx, id, store.Batch{Expected: int64(expected), Events: []entity.Event{{}}})
}

func count(t *testing.T, s store.Journal, id store.ID) int {
	t.Helper()
	n, err := load(t.Context(), s, id)
	if err != nil {
		t.Errorf("Load: %v", err)
	}
	return n
}

// load returns how many events the entity has.
func load(ctx context.Context, s store.Journal, id store.ID) (n int, err error) {
	err = s.Load(ctx, id, func(store.Head) error { return nil }, func(entity.Event) error { n++; return nil })
	return n, err
}
