package scenario_test

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	cartv1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/cart/v1"
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
	client func() cartv1.ShoppingCartServiceClient
	ledger *ledger
}

// step is one thing that a shopper does, once: it returns the answer's code and
// an error when the answer contradicts the ledger.
type step func(context.Context, *shopper) (codes.Code, error)

func add(product string, quantity int32) step {
	return func(ctx context.Context, s *shopper) (codes.Code, error) {
		_, err := s.client().AddItem(ctx, &cartv1.AddItemRequest{
			UserId: s.user, ProductId: product, Name: "the " + product, Quantity: quantity,
		})
		code := status.Code(err)
		s.ledger.added(product, quantity, code)
		return code, nil
	}
}

func remove(product string) step {
	return func(ctx context.Context, s *shopper) (codes.Code, error) {
		_, err := s.client().RemoveItem(ctx, &cartv1.RemoveItemRequest{UserId: s.user, ProductId: product})
		code := status.Code(err)
		return code, s.ledger.removed(product, code)
	}
}

func get() step {
	return func(ctx context.Context, s *shopper) (codes.Code, error) {
		cart, err := s.client().GetCart(ctx, &cartv1.GetCartRequest{UserId: s.user})
		if err != nil {
			return status.Code(err), nil
		}
		return codes.OK, s.ledger.check(cart)
	}
}

// try performs the step once.
func (s *shopper) try(ctx context.Context, do step) (codes.Code, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	return do(ctx, s)
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
			return fmt.Errorf("cart of %s: %w", s.user, err)
		case code == codes.OK || code == codes.NotFound:
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
