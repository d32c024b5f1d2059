package defect

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// Machine answers one message of a stream, or its half-close, which is nil. It
// returns what to send, and whether the function then ends the stream.
type Machine[Request, Response any] func(in *Request) (out []*Response, end bool)

// Bend returns a machine that is wrong in one way, made of the right one and of the
// activation that this one steps. Machines of different streams run at the same time.
type Bend[Activation, Request, Response any] func(
	entity *Activation, next Machine[Request, Response],
) Machine[Request, Response]

// Bent is the defect of a machine that shares nothing between streams.
func Bent[Activation, Request, Response any](bend Bend[Activation, Request, Response]) Defect {
	return func() Instance { return Bending(bend) }
}

// Bending is an instance with the bend.
func Bending[Activation, Request, Response any](bend Bend[Activation, Request, Response]) Instance {
	return Instance{bends: []any{bend}}
}

// EndingWith is the instance with the status of streams that the function ends.
func (i Instance) EndingWith(err error) Instance {
	i.Status = err
	return i
}

// Step returns the machine of an activation, bent in the ways that the instance has for
// activations of its type.
func Step[Activation, Request, Response any](
	i Instance, entity *Activation, step Machine[Request, Response],
) Machine[Request, Response] {
	for _, one := range i.bends {
		if bend, ok := one.(Bend[Activation, Request, Response]); ok {
			step = bend(entity, step)
		}
	}
	return step
}

// Converse serves one stream by the machine. A slow one is late with each answer, and reads
// on meanwhile: what comes at once is answered at once.
func Converse[Request, Response any](
	i Instance, stream grpc.BidiStreamingServer[Request, Response], step Machine[Request, Response],
) error {
	receive := stream.Recv
	since := time.Now
	if i.Delay > 0 {
		receive, since = readAhead(stream)
	}
	for {
		in, err := receive()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		out, end := step(in)
		for _, message := range out {
			if err := i.HesitateSince(stream.Context(), since()); err != nil {
				return err
			}
			if err := stream.Send(message); err != nil {
				return err
			}
		}
		switch {
		case end && in != nil && i.Status != nil:
			return i.Status
		case end:
			return i.HesitateSince(stream.Context(), since())
		case in == nil: // a mutant that does not heed the half-close
			<-stream.Context().Done()
			return stream.Context().Err()
		}
	}
}

// aheadOf is how many messages a slow model reads before it answers the first.
const aheadOf = 128

// readAhead returns what gives the messages of a stream one by one, and when the last of
// them came. What reads them ends with the stream.
func readAhead[Request, Response any](stream grpc.BidiStreamingServer[Request, Response]) (receive func() (*Request, error), since func() time.Time) {
	type arrival struct {
		in  *Request
		err error
		at  time.Time
	}
	arrivals := make(chan arrival, aheadOf)
	go func() {
		for {
			in, err := stream.Recv()
			select {
			case arrivals <- arrival{in, err, time.Now()}:
			case <-stream.Context().Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	var last arrival
	receive = func() (*Request, error) {
		select {
		case last = <-arrivals:
			return last.in, last.err
		case <-stream.Context().Done():
			return nil, stream.Context().Err()
		}
	}
	return receive, func() time.Time { return last.at }
}

// Hesitate takes the time that a slow function takes for each answer.
func (i Instance) Hesitate(ctx context.Context) error { return i.HesitateSince(ctx, time.Now()) }

// HesitateSince takes what is left of that time for an answer that was ready then: answers
// that wait at once are late by it once.
func (i Instance) HesitateSince(ctx context.Context, ready time.Time) error {
	left := i.Delay - time.Since(ready)
	if i.Delay == 0 || left <= 0 {
		return nil
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// OnRequests is the defect that reads every message of the proxy wrongly.
func OnRequests[Activation, Request, Response any](change func(entity *Activation, in *Request)) Defect {
	return Bent(func(entity *Activation, next Machine[Request, Response]) Machine[Request, Response] {
		return func(in *Request) ([]*Response, bool) {
			if in != nil {
				change(entity, in)
			}
			return next(in)
		}
	})
}

// Ignoring is the defect that takes no notice of some messages.
func Ignoring[Activation, Request, Response any](some func(entity *Activation, in *Request) bool) Defect {
	return Bent(func(entity *Activation, next Machine[Request, Response]) Machine[Request, Response] {
		return func(in *Request) ([]*Response, bool) {
			if in != nil && some(entity, in) {
				return nil, false
			}
			return next(in)
		}
	})
}

// Twice repeats each message.
func Twice[Response proto.Message](out []Response) []Response {
	var all []Response
	for _, message := range out {
		all = append(all, message, proto.CloneOf(message))
	}
	return all
}
