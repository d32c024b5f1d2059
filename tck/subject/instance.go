// Package subject attaches what is under test: it starts a process or a
// container, waits until it is ready, and takes it down again.
package subject

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Lifecycle is what the kit does to something that it has started. Its methods
// are called from one goroutine at a time.
type Lifecycle interface {
	// Kill ends it at once (SIGKILL) and returns when it is gone. What it stored
	// outside its memory stays. Killing what has ended is no error.
	Kill(ctx context.Context) error
	// Restart starts it anew, after Kill or after it ended by itself.
	Restart(ctx context.Context) error
	// Close asks it to end, ends it by force when it does not, and removes what
	// the kit made for it. Closing twice is no error.
	Close(ctx context.Context) error
}

// Evidence is what the kit sees of something that it has started. Its methods
// may be called from several goroutines.
type Evidence interface {
	// Wait returns when the present run has ended, with an *ExitError, or with
	// the cause of ctx when that is done first.
	Wait(ctx context.Context) error
	// Tail is the last lines that it wrote, oldest first, at most n.
	Tail(ctx context.Context, n int) []string
}

// Instance is one process or container that the kit has started.
type Instance interface {
	Lifecycle
	Evidence
	// Address is where its port can be reached from here, as HOST:PORT. A
	// container's may be another one after Restart.
	Address(ctx context.Context, port int) (string, error)
}

// ExitError says how a subject ended.
type ExitError struct {
	// How is the rest of the sentence "the subject …", such as "exited with
	// status 1".
	How string
	// Lines are the last lines that it wrote, oldest first.
	Lines []string
}

// Error is the sentence, without the lines.
func (e *ExitError) Error() string { return "the subject " + e.How }

// NotReadyError says why a subject never became ready.
type NotReadyError struct {
	// Reason is a sentence without its full stop.
	Reason string
	// Lines are the last lines that the subject wrote, oldest first.
	Lines []string
	// Err is the cause.
	Err error
}

// Error is the reason, and below it the last lines that the subject wrote.
func (e *NotReadyError) Error() string {
	if len(e.Lines) == 0 {
		return e.Reason
	}
	return e.Reason + "; its last lines were:\n    " + strings.Join(e.Lines, "\n    ")
}

// Unwrap is the cause.
func (e *NotReadyError) Unwrap() error { return e.Err }

// hopeless marks an answer after which waiting makes no sense.
type hopeless struct{ error }

func (h hopeless) Unwrap() error { return h.error }

// Hopeless wraps the error of a probe after which it is not asked again.
func Hopeless(err error) error { return hopeless{err} }

const (
	firstPause = 20 * time.Millisecond
	lastPause  = 500 * time.Millisecond
	oneProbe   = 3 * time.Second
)

func isHopeless(err error) bool {
	_, ok := errors.AsType[hopeless](err)
	return ok
}

// Await asks probe, with growing pauses, until it answers nil. It gives up with
// a *NotReadyError when the instance ends, when the probe's error is Hopeless,
// or when within has passed; instance may be nil for what the kit has not
// started. When ctx is done it returns its cause.
func Await(ctx context.Context, instance Evidence, within time.Duration, probe func(context.Context) error) error {
	probing, cancel := context.WithCancelCause(ctx)
	joined := make(chan struct{})
	go func() {
		defer close(joined)
		if instance != nil {
			if err := instance.Wait(probing); probing.Err() == nil {
				cancel(err)
			}
		}
	}()
	defer func() {
		cancel(nil)
		<-joined
	}()
	deadline := time.Now().Add(within)
	err := poll(probing, deadline, probe)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return notReady(probing, instance, within, err)
	default:
		return nil
	}
}

// poll returns nil when probe does, and else the last error of probe that says
// more than that its time was up; that one only where there was no other.
func poll(ctx context.Context, deadline time.Time, probe func(context.Context) error) error {
	var telling error
	for pause := firstPause; ; pause = min(pause*3/2, lastPause) {
		attempt, cancel := context.WithDeadline(ctx, earlier(deadline, time.Now().Add(oneProbe)))
		err := probe(attempt)
		switch {
		case err == nil:
		case attempt.Err() == nil || isHopeless(err):
			telling = err
		default:
			err = cmp.Or(telling, err)
		}
		cancel()
		if err == nil || ctx.Err() != nil || isHopeless(err) || time.Until(deadline) <= pause {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

// notReady makes the sentence for a wait that ended with the probe's error.
func notReady(probing context.Context, instance Evidence, within time.Duration, err error) error {
	if exit, ok := errors.AsType[*ExitError](context.Cause(probing)); ok {
		return &NotReadyError{Reason: exit.Error() + " before it was ready", Lines: exit.Lines, Err: exit}
	}
	result := &NotReadyError{Err: err, Reason: fmt.Sprintf("the subject was not ready within %v: %v", within, err)}
	if isHopeless(err) {
		result.Reason = fmt.Sprintf("the subject cannot become ready: %v", err)
	}
	if instance != nil {
		result.Lines = instance.Tail(context.WithoutCancel(probing), shownLines)
	}
	return result
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
