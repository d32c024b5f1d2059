package scenario_test

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// call is one call of the proxy, made anew each time.
type call func(context.Context) error

// attempt makes the call once, within bounded time.
func attempt(ctx context.Context, do call) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	return do(ctx)
}

// eventually makes the call until it is answered, as a client behind a proxy that
// restarts does. Only what a restart explains is tried again.
func eventually(ctx context.Context, do call) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := attempt(ctx, do)
		if !explained(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no answer within %v: %w", patience, err)
		case <-time.After(pause):
		}
	}
}

// explained reports whether a restart explains that the call has failed. The call
// may have taken effect then, or not.
func explained(err error) bool {
	code := status.Code(err)
	return code == codes.Unavailable || code == codes.DeadlineExceeded
}

// keyed makes calls under the context those of one idempotency key.
func keyed(ctx context.Context, key string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "idempotency-key", key)
}
