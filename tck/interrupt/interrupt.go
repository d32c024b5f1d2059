// Package interrupt tells a program how urgently it is asked to end: at the first
// signal it ends what it does and cleans up in its own time, at the second at once.
package interrupt

import (
	"context"
	"os"
	"os/signal"
)

// key is where a context keeps the one to clean up with.
type key struct{}

// Context returns a context that ends at the first of these signals; Cleanup gives
// the one that ends at the second. Further ones change nothing: cleaning up takes
// seconds at most, and must not be broken off. The caller calls stop when all is
// done, and signals then do what they always do.
func Context(parent context.Context, signals ...os.Signal) (ctx context.Context, stop func()) {
	received := make(chan os.Signal, 2)
	signal.Notify(received, signals...)
	ctx, release := Watch(parent, received)
	return ctx, func() {
		signal.Stop(received)
		release()
	}
}

// Watch is Context for signals that come from a channel.
func Watch(parent context.Context, received <-chan os.Signal) (ctx context.Context, stop func()) {
	cleaning, atOnce := context.WithCancel(context.WithoutCancel(parent))
	ctx, first := context.WithCancel(context.WithValue(parent, key{}, cleaning))
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for _, end := range []context.CancelFunc{first, atOnce} {
			select {
			case <-received:
				end()
			case <-over:
				return
			}
		}
	}()
	return ctx, func() {
		close(over)
		<-done
		first()
		atOnce()
	}
}

// Cleanup returns the context to clean up with: it outlives ctx, and ends at the
// second signal, or never when ctx is not of this package.
func Cleanup(ctx context.Context) context.Context {
	if cleaning, ok := ctx.Value(key{}).(context.Context); ok {
		return cleaning
	}
	return context.WithoutCancel(ctx)
}
