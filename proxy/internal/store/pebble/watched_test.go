package pebble

import "context"

// Watched is a context that tells when somebody begins to wait for it.
type Watched struct {
	context.Context

	Asked chan struct{}
}

func (w Watched) Done() <-chan struct{} {
	select {
	case w.Asked <- struct{}{}:
	default:
	}
	return w.Context.Done()
}
