package sdk

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// script is a stream on which the proxy says these things and then resets it,
// or half-closes.
type script struct {
	ctx   context.Context
	said  []string
	reset bool
}

func (s *script) Context() context.Context { return s.ctx }

func (s *script) Recv() (*string, error) {
	if len(s.said) > 0 {
		next := s.said[0]
		s.said = s.said[1:]
		return &next, nil
	}
	if s.reset {
		<-s.ctx.Done()
		return nil, s.ctx.Err()
	}
	return nil, io.EOF
}

// Listen gives what was said, in its order, and the end again and again.
func TestListen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		host := &Host{stopping: make(chan struct{})}
		next := Listen(host, &script{ctx: ctx, said: []string{"a", "b"}})
		for _, want := range []string{"a", "b"} {
			if got, err := next(); err != nil || *got != want {
				t.Errorf("%v, %v", got, err)
			}
		}
		for range 2 {
			if _, err := next(); !errors.Is(err, io.EOF) {
				t.Errorf("the half-close is %v", err)
			}
		}
		host.readers.Wait()
	})
}

// A reset always ends the wait (CORE-STREAM-005), whichever of the reader and
// the context is first. The bubble fails where it does not.
func TestListenReset(t *testing.T) {
	t.Parallel()
	for range 100 {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			host := &Host{stopping: make(chan struct{})}
			next := Listen(host, &script{ctx: ctx, reset: true})
			go cancel()
			if _, err := next(); err == nil {
				t.Error("a reset stream goes on")
			}
			host.readers.Wait()
		})
	}
}

// A function that stops waits for no message.
func TestListenStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		stopping := make(chan struct{})
		host := &Host{stopping: stopping}
		next := Listen(host, &script{ctx: ctx, reset: true})
		close(stopping)
		if _, err := next(); status.Code(err) != codes.Unavailable {
			t.Errorf("the wait ended with %v", err)
		}
		cancel()
		host.readers.Wait()
	})
}
