// Package peer plays the proxy's side of an event sourced entity's stream: it
// sends what a script wants, right or wrong, waits for one answer at a time,
// and writes down every frame that passes. It knows too what a proxy asks first.
package peer

import (
	"context"
	"errors"
	"io"
	"math"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
)

// ErrSilent says that nothing came for as long as the caller waited.
var ErrSilent = errors.New("nothing came")

// inboxSize is how many frames may wait to be looked at. A subject that sends
// more than it is asked for is held back by the stream's flow control.
const inboxSize = 16

// Frame is one thing that the subject did: exactly one field is set.
type Frame struct {
	// Response is a message.
	Response *eventsourcedv1.HandleResponse
	// End is the status with which the stream ended. It comes last.
	End *status.Status
}

// Config says how to reach the subject.
type Config struct {
	// Conn is the connection to it.
	Conn grpc.ClientConnInterface
	// Patience bounds every wait for the subject: for a stream, for room to
	// send, and for each frame.
	Patience time.Duration
	// Record gets each frame, as one line. It is called from several
	// goroutines, and not after Close.
	Record func(line string)
}

// Stream is one stream to the subject. Its methods are called from one
// goroutine; Close ends it and must be called.
type Stream struct {
	config Config
	ctx    context.Context // ends the reader and all that waits
	cancel context.CancelFunc
	grpc   grpc.BidiStreamingClient[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]
	inbox  chan Frame
	end    *status.Status // set once the end has been received
	reader sync.WaitGroup
}

// Open opens a stream, which ends with ctx. A subject that cannot be reached is
// seen as a stream that has ended; one that takes no stream for as long as the
// patience lasts, as one that is silent.
func Open(ctx context.Context, config Config) *Stream {
	ctx, cancel := context.WithCancel(ctx)
	s := &Stream{config: config, ctx: ctx, cancel: cancel, inbox: make(chan Frame, inboxSize)}
	hurry := time.AfterFunc(config.Patience, cancel)
	defer hurry.Stop()
	stream, err := eventsourcedv1.NewEventSourcedServiceClient(config.Conn).
		Handle(ctx, grpc.MaxCallRecvMsgSize(math.MaxInt32))
	switch {
	case ctx.Err() != nil: // our own doing, not the subject's
		return s
	case err != nil:
		s.end = status.Convert(err)
		config.Record("←" + Frame{End: s.end}.String())
		return s
	}
	s.grpc = stream
	s.reader.Go(s.read)
	return s
}

// read passes on what the subject sends, to the end of the stream.
func (s *Stream) read() {
	for {
		response, err := s.grpc.Recv()
		frame := Frame{Response: response}
		if err != nil {
			frame = Frame{End: ending(err)}
		}
		if s.ctx.Err() != nil { // our own doing, not the subject's
			return
		}
		s.config.Record("←" + frame.String())
		select {
		case s.inbox <- frame:
		case <-s.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// ending returns the status with which a stream ended.
func ending(err error) *status.Status {
	if errors.Is(err, io.EOF) {
		return status.New(codes.OK, "")
	}
	return status.Convert(err)
}

// Send sends a request. It returns io.EOF when the stream has ended or never
// came about, and [Stream.Receive] then tells how; and ErrSilent, with the
// stream reset, when the subject has made no room for it.
func (s *Stream) Send(request *eventsourcedv1.HandleRequest) error {
	s.config.Record("→" + Request(request))
	if s.grpc == nil {
		return io.EOF
	}
	hurry := time.AfterFunc(s.config.Patience, s.cancel)
	defer hurry.Stop()
	err := s.grpc.Send(request)
	if s.ctx.Err() != nil {
		return ErrSilent
	}
	return err
}

// HalfClose says that the proxy sends nothing more. Closing a stream that has
// ended does nothing.
func (s *Stream) HalfClose() error {
	s.config.Record("→half-close")
	if s.grpc == nil {
		return nil
	}
	return s.grpc.CloseSend()
}

// Receive returns the next frame, or ErrSilent when none comes. After the end
// it returns the end again.
func (s *Stream) Receive() (Frame, error) {
	if s.end != nil {
		return Frame{End: s.end}, nil
	}
	enough := time.NewTimer(s.config.Patience)
	defer enough.Stop()
	select {
	case frame := <-s.inbox:
		s.end = frame.End
		return frame, nil
	case <-enough.C:
	case <-s.ctx.Done():
	}
	return Frame{}, ErrSilent
}

// Reset breaks the stream off, as a proxy that has lost faith in it does.
func (s *Stream) Reset() {
	s.config.Record("→reset")
	s.Close()
}

// Close ends the stream without a word, and returns when nothing of it is left.
// Closing twice is closing once.
func (s *Stream) Close() {
	s.cancel()
	s.reader.Wait()
}

// Open reports whether the end of the stream has not been received yet.
func (s *Stream) Open() bool { return s.end == nil }
