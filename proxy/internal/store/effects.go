package store

import (
	"context"
	"time"
)

// Effect is one durable side effect on its way (FX-DUR-003).
type Effect struct {
	// ID is that of no other effect in the store. Effects are read in the order of
	// their ids.
	ID string
	// Source is the entity whose reply asked for it. The store sets it.
	Source ID
	// Body is for the router to read: the target, the payload, the metadata, the
	// key, the depth and the trace.
	Body []byte
	// Stored is when the reply was taken, or when somebody wanted it tried anew.
	Stored time.Time
	// Parked is nil while the effect is tried.
	Parked *Parking
}

// Parking is why an effect is not tried any more.
type Parking struct {
	At time.Time
	// Attempts is how many there were.
	Attempts int
	// Code and Text are those of the last one, or say why there was none.
	Code int32
	Text string
}

// Effects keeps durable side effects, which Journal and Values store, until they
// are delivered. Its methods may be called from any goroutine.
type Effects interface {
	// Effects passes on every stored effect, parked ones too, in the order of their
	// ids, and returns the first error of each unchanged.
	Effects(ctx context.Context, each func(Effect) error) error
	// Delivered removes the effect. It is no error when it is gone.
	Delivered(ctx context.Context, source ID, effect string) error
	// Park notes that the effect is not tried any more, or, with a nil parking, that
	// it is tried again from now on, which then is when it was stored. It is no error
	// when it is gone.
	Park(ctx context.Context, source ID, effect string, parking *Parking) error
}
