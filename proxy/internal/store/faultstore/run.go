package faultstore

import (
	"context"
	"fmt"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// run makes the call between what the rules ask for before and after it. Without an
// error of theirs, the call's own counts.
func (s *Store) run(ctx context.Context, op Op, id *store.ID, call func() error) error {
	rules := s.match(op, id)
	if err := s.before(ctx, op, id, rules); err != nil {
		return err
	}
	if err := call(); err != nil {
		return err
	}
	return apply(ctx, rules, After)
}

// pass makes a call that passes things on: each is what the store calls for one, and
// call is given what it is to call instead.
func pass[T any](
	ctx context.Context, s *Store, op Op, id *store.ID, each func(T) error, call func(each func(T) error) error,
) error {
	rules := s.match(op, id)
	if err := apply(ctx, rules, Before); err != nil {
		return err
	}
	failure := apply(ctx, rules, Torn)
	if failure != nil {
		each = allButLast(each)
	} else if s.isTorn(op, id) {
		failure = corrupt(id)
	}
	if err := call(each); err != nil {
		return err
	}
	if failure != nil {
		return failure
	}
	return apply(ctx, rules, After)
}

// allButLast passes on each thing when the next one comes.
func allButLast[T any](each func(T) error) func(T) error {
	var held *T
	return func(thing T) error {
		last := held
		held = &thing
		if last == nil {
			return nil
		}
		return each(*last)
	}
}

// before returns why the call does not reach the store.
func (s *Store) before(ctx context.Context, op Op, id *store.ID, rules []Rule) error {
	if err := apply(ctx, rules, Before); err != nil {
		return err
	}
	if s.isTorn(op, id) {
		return corrupt(id)
	}
	err := apply(ctx, rules, Torn)
	if err != nil && (op == Append || op == Snapshot || op == Write) {
		s.tear(*id)
	}
	return err
}

// match counts the call and returns the rules that concern it.
func (s *Store) match(op Op, id *store.ID) []Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[op]++
	var rules []Rule
	for _, rule := range s.rules {
		if rule.Op != op || rule.ID != nil && (id == nil || *rule.ID != *id) {
			continue
		}
		rule.seen++
		if rule.Call == 0 || rule.Call == rule.seen {
			rules = append(rules, rule.Rule)
		}
	}
	return rules
}

func (s *Store) tear(id store.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.torn[id] = true
}

// isTorn reports whether the call reads or writes the state of a torn entity.
func (s *Store) isTorn(op Op, id *store.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return op <= Record && s.torn[*id]
}

func corrupt(id *store.ID) error {
	return fmt.Errorf("%w: %v: a write of it was torn", store.ErrCorrupt, id)
}

// apply does what the rules ask for at the moment.
func apply(ctx context.Context, rules []Rule, when Moment) error {
	for _, rule := range rules {
		if rule.When != when {
			continue
		}
		if err := rule.wait(ctx); err != nil {
			return err
		}
		switch {
		case rule.Err != nil:
			return rule.Err
		case when == Torn:
			return fmt.Errorf("%w: the call was torn", store.ErrCorrupt)
		}
	}
	return nil
}

// wait delays and holds the call.
func (r Rule) wait(ctx context.Context) error {
	if r.Delay > 0 {
		timer := time.NewTimer(r.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return r.Hold.wait(ctx)
}
