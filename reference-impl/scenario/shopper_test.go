package scenario_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// attemptTime bounds one call, so that a call to a killed proxy ends.
	attemptTime = 5 * time.Second
	// patience bounds the attempts at one step; a restart takes a second or two.
	patience = 30 * time.Second
	// pause is the time between two attempts at a step.
	pause = 50 * time.Millisecond
)

// shopper is the client of one cart. Every attempt that it makes stands in its
// ledger, so it may repeat a step until it is acknowledged.
type shopper struct {
	user   string
	way    way
	ledger *ledger
	// ok holds a token after a step that was acknowledged, for [party.served].
	ok chan struct{}
}

// tellServed says that a step was acknowledged. It waits for nobody.
func (s *shopper) tellServed() {
	select {
	case s.ok <- struct{}{}:
	default:
	}
}

// step is one thing that a shopper does, once: it returns the answer's code and
// an error when the answer contradicts the ledger, or is none that can be read.
type step func(context.Context, *shopper) (codes.Code, error)

func add(product string, quantity int32) step {
	return func(ctx context.Context, s *shopper) (codes.Code, error) {
		code, err := answered(s.way.add(ctx, s.user, item{product, label(product), quantity}))
		if err != nil {
			return code, err
		}
		return code, s.ledger.added(product, quantity, code)
	}
}

func remove(product string) step {
	return func(ctx context.Context, s *shopper) (codes.Code, error) {
		code, err := answered(s.way.remove(ctx, s.user, product))
		if err != nil {
			return code, err
		}
		return code, s.ledger.removed(product, code)
	}
}

func get() step {
	return func(ctx context.Context, s *shopper) (codes.Code, error) {
		items, err := s.way.get(ctx, s.user)
		code, err := answered(err)
		switch {
		case err != nil:
			return code, err
		case code == codes.OK:
			return code, s.ledger.check(items)
		case final(code):
			return code, fmt.Errorf("reading it was answered with %v", code)
		default:
			return code, nil
		}
	}
}

// label is the name under which a product is put into a cart.
func label(product string) string { return "the " + product }

// answered divides what a call came to: into a code, and what is no answer at all.
func answered(err error) (codes.Code, error) {
	if known, ok := status.FromError(err); ok {
		return known.Code(), nil
	}
	return codes.Unknown, err
}

// try performs the step once.
func (s *shopper) try(ctx context.Context, do step) (codes.Code, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	code, err := do(ctx, s)
	if err != nil {
		err = fmt.Errorf("cart of %s: %w", s.user, err)
	}
	return code, err
}

// insist performs the step until it is answered, as a client behind a proxy
// that restarts does. Only what a restart explains is tried again.
func (s *shopper) insist(ctx context.Context, do step) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		code, err := s.try(ctx, do)
		switch {
		case err != nil:
			return err
		case final(code): // and the ledger has agreed
			return nil
		case code != codes.Unavailable && code != codes.DeadlineExceeded:
			return fmt.Errorf("cart of %s: answered with %v", s.user, code)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("cart of %s: no answer within %v, the last was %v", s.user, patience, code)
		case <-time.After(pause):
		}
	}
}

// party are shoppers with a cart each, who reach it by different ways and take
// each step at the same time.
type party []*shopper

// party returns a shopper for each way to the cart.
func (s *site) party(user string) party {
	return party{
		{user: user + " by gRPC", way: byGRPC{s.conn}, ledger: newLedger(), ok: make(chan struct{}, 1)},
		{user: user + " by HTTP", way: byHTTP{s.conn}, ledger: newLedger(), ok: make(chan struct{}, 1)},
	}
}

// served returns when each has been acknowledged a step since it was called. Its error
// is somebody who was not, as long as patience and ctx last.
func (p party) served(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, s := range p {
		select {
		case <-s.ok: // from before
		default:
		}
	}
	for _, s := range p {
		select {
		case <-s.ok:
		case <-ctx.Done():
			return fmt.Errorf("cart of %s: nothing is acknowledged: %w", s.user, ctx.Err())
		}
	}
	return nil
}

// try has each perform the step once, whatever is answered.
func (p party) try(ctx context.Context, do step) error {
	return p.each(func(s *shopper) error {
		_, err := s.try(ctx, do)
		return err
	})
}

// insist has each perform the step until it is answered.
func (p party) insist(ctx context.Context, do step) error {
	return p.each(func(s *shopper) error { return s.insist(ctx, do) })
}

// follow has each take the steps, one after the other, until each of them is answered.
func (p party) follow(t *testing.T, steps []namedStep) {
	t.Helper()
	for _, step := range steps {
		if err := p.insist(t.Context(), step.do); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
	}
}

func (p party) each(do func(*shopper) error) error {
	var group errgroup.Group
	for _, s := range p {
		group.Go(func() error { return do(s) })
	}
	return group.Wait()
}

// acknowledged counts the changes that were answered with OK.
func (p party) acknowledged() (sum int) {
	for _, s := range p {
		sum += s.ledger.acknowledged
	}
	return sum
}
