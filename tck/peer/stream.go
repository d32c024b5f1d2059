// Package peer plays the proxy's side of a call of the protocol, which is a stream
// of any kind: it sends what a script wants, right or wrong, waits for one answer
// at a time, and writes down every frame that passes. It knows too what a proxy
// asks first, and the notation that the kinds share.
package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/stateward/stateward/tck/trace"
)

// ErrSilent says that nothing came for as long as the caller waited.
var ErrSilent = errors.New("nothing came")

// inboxSize is how many frames may wait to be looked at. A subject that sends
// more than it is asked for is held back by the stream's flow control.
const inboxSize = 16

// Window is how many bytes of a stream the subject may send ahead, beyond what waits to
// be looked at. It is fixed, so that a subject is held back by a call that is not read
// after as many bytes on every machine.
const Window = 1<<16 - 1

// Service is one method of the protocol, and how what passes there is written down.
// On the wire every method is a stream in both directions, whatever its shape, and
// so the peer can send what a shape does not allow.
type Service[Request, Response any] struct {
	// Method is its full name, such as
	// "/stateward.eventsourced.v1.EventSourcedService/Handle".
	Method string
	// Sent and Received are the notations of a message, in one line.
	Sent     func(*Request) string
	Received func(*Response) string
}

// Frame is one thing that the subject did: Response or End is set.
type Frame[Response any] struct {
	// Response is a message.
	Response *Response
	// End is the status with which the stream ended. It comes last.
	End *status.Status

	text string
	err  error // what went wrong in the kit; then nothing else is set
}

// String is the notation of the frame, such as "end OK".
func (f Frame[Response]) String() string { return f.text }

// Config says how to reach the subject.
type Config struct {
	// Conn is the connection to it.
	Conn grpc.ClientConnInterface
	// Patience bounds every wait for the subject: for a stream, for room to
	// send, and for each frame.
	Patience time.Duration
	// Record gets each frame; its call is for the caller to number. It is called
	// from several goroutines, and not after Close.
	Record func(frame trace.Frame)
}

// Stream is one stream to the subject. Its methods are called from one
// goroutine; Close ends it and must be called.
type Stream[Request, Response any] struct {
	service Service[Request, Response]
	config  Config
	ctx     context.Context // ends the reader and all that waits
	cancel  context.CancelFunc
	grpc    grpc.BidiStreamingClient[Request, Response] // nil when it never came about
	inbox   chan Frame[Response]
	end     *Frame[Response] // set once the end has been received
	reader  sync.WaitGroup
}

// both is the shape of every call.
var both = &grpc.StreamDesc{StreamName: "both", ServerStreams: true, ClientStreams: true}

// Open opens a stream, which ends with ctx. A subject that cannot be reached is
// seen as a stream that has ended; one that takes no stream for as long as the
// patience lasts, as one that is silent.
func Open[Request, Response any](ctx context.Context, service Service[Request, Response], config Config) *Stream[Request, Response] {
	ctx, cancel := context.WithCancel(ctx)
	s := &Stream[Request, Response]{
		service: service, config: config, ctx: ctx, cancel: cancel, inbox: make(chan Frame[Response], inboxSize),
	}
	hurry := time.AfterFunc(config.Patience, cancel)
	defer hurry.Stop()
	stream, err := config.Conn.NewStream(ctx, both, service.Method, grpc.StaticMethod(), grpc.MaxCallRecvMsgSize(math.MaxInt32))
	switch {
	case ctx.Err() != nil: // our own doing, not the subject's
		return s
	case err != nil:
		frame := ending[Response](err)
		s.end = &frame
		s.recordFrame(frame)
		return s
	}
	s.grpc = &grpc.GenericClientStream[Request, Response]{ClientStream: stream}
	s.reader.Go(s.read)
	return s
}

// read passes on what the subject sends, to the end of the stream. A panic at what
// came is the kit's error, and must not end the process: it would leave the subject
// behind.
func (s *Stream[Request, Response]) read() {
	defer func() {
		if cause := recover(); cause != nil {
			select {
			case s.inbox <- Frame[Response]{err: fmt.Errorf("the kit panicked at what came: %v", cause)}:
			case <-s.ctx.Done():
			}
		}
	}()
	for {
		response, err := s.grpc.Recv()
		if s.ctx.Err() != nil { // our own doing, not the subject's
			return
		}
		var frame Frame[Response]
		if err != nil {
			frame = ending[Response](err)
		} else {
			frame = Frame[Response]{Response: response, text: s.service.Received(response)}
		}
		s.recordFrame(frame)
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

// record writes down what passes; message is nil for what has none.
func (s *Stream[Request, Response]) record(kind trace.Kind, text string, message any) {
	s.config.Record(trace.Frame{Method: s.service.Method, Kind: kind, Text: text, Raw: trace.Encode(message)})
}

func (s *Stream[Request, Response]) recordFrame(frame Frame[Response]) {
	if frame.End != nil {
		s.record(trace.End, "←"+frame.String(), frame.End.Proto())
		return
	}
	s.record(trace.Received, "←"+frame.String(), frame.Response)
}

// ending returns the end that an error tells of.
func ending[Response any](err error) Frame[Response] {
	end := status.New(codes.OK, "")
	if !errors.Is(err, io.EOF) {
		end = status.Convert(err)
	}
	text := "end " + end.Code().String()
	if end.Message() != "" {
		text += fmt.Sprintf(" %q", end.Message())
	}
	return Frame[Response]{End: end, text: text}
}

// Send sends a request. It returns io.EOF when the stream has ended or never
// came about, and [Stream.Receive] then tells how; and ErrSilent, with the
// stream reset, when the subject has made no room for it.
func (s *Stream[Request, Response]) Send(request *Request) error {
	s.record(trace.Sent, "→"+s.service.Sent(request), request)
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
func (s *Stream[Request, Response]) HalfClose() error {
	s.record(trace.HalfClose, "→half-close", nil)
	if s.grpc == nil {
		return nil
	}
	return s.grpc.CloseSend()
}

// Receive returns the next frame, or ErrSilent when none comes. After the end
// it returns the end again. Any other error is the kit's own.
func (s *Stream[Request, Response]) Receive() (Frame[Response], error) {
	if s.end != nil {
		return *s.end, nil
	}
	enough := time.NewTimer(s.config.Patience)
	defer enough.Stop()
	select {
	case frame := <-s.inbox:
		if frame.err != nil {
			return Frame[Response]{}, frame.err
		}
		if frame.End != nil {
			s.end = &frame
		}
		return frame, nil
	case <-enough.C:
	case <-s.ctx.Done():
	}
	return Frame[Response]{}, ErrSilent
}

// Reset breaks the stream off, as a proxy that has lost faith in it does.
func (s *Stream[Request, Response]) Reset() {
	s.record(trace.Reset, "→reset", nil)
	s.Close()
}

// Close ends the stream without a word, and returns when nothing of it is left.
// Closing twice is closing once.
func (s *Stream[Request, Response]) Close() {
	s.cancel()
	s.reader.Wait()
}

// Open reports whether the end of the stream has not been received yet.
func (s *Stream[Request, Response]) Open() bool { return s.end == nil }
