package sdk

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Host is what a kind's service has of the function that serves it: the log,
// and the end. It lives as long as one call of [Function.Serve].
type Host struct {
	// Log is the function's log.
	Log *slog.Logger
	// stopping is closed when streams are to end.
	stopping <-chan struct{}
	// readers counts the goroutines of receive; Serve waits for them.
	readers sync.WaitGroup
}

// Stopping is closed when the function is to stop: a call that would go on for
// ever ends then.
func (h *Host) Stopping() <-chan struct{} { return h.stopping }

// Converse reads requests from the stream and gives them to step, one at a time
// and in order, until one of these ends the stream:
//
//   - the proxy half-closes it: status OK, and nothing more is sent (CORE-STREAM-003);
//   - step returns more == false: its answer is sent, then status OK;
//   - the proxy resets it, or a message cannot be read: that error;
//   - the function stops: UNAVAILABLE, after the answer to the request at hand.
//
// An answer that is nil is not sent. Converse returns the status of the stream,
// for the service's method to return in turn.
func Converse[Request, Response any](
	host *Host, stream grpc.BidiStreamingServer[Request, Response], step func(*Request) (answer *Response, more bool),
) error {
	return ConverseAll(host, stream, func(request *Request) ([]*Response, bool) {
		answer, more := step(request)
		if answer == nil {
			return nil, more
		}
		return []*Response{answer}, more
	})
}

// ConverseAll is Converse for a step that has any number of answers, which are
// sent in their order.
func ConverseAll[Request, Response any](
	host *Host, stream grpc.BidiStreamingServer[Request, Response], step func(*Request) (answers []*Response, more bool),
) error {
	next := Listen(host, stream)
	for {
		request, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		answers, more := step(request)
		for _, answer := range answers {
			if err := stream.Send(answer); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
	}
}

// Receiver is the side of a stream on which the proxy speaks.
type Receiver[Request any] interface {
	// Recv waits for the next message; io.EOF is the proxy's half-close.
	Recv() (*Request, error)
	// Context ends with the stream.
	Context() context.Context
}

// Listen begins to read the stream. The function that it returns waits for the
// next message and is called by one goroutine at a time; its error, which every
// further call returns again, is
//
//   - io.EOF where the proxy has half-closed;
//   - the status of a stream that the proxy has reset, or of a message that
//     cannot be read;
//   - UNAVAILABLE where the function stops.
//
// What is read ahead is one message; gRPC's flow control holds up the rest.
func Listen[Request any](host *Host, stream Receiver[Request]) func() (*Request, error) {
	requests := make(chan received[Request])
	host.readers.Go(func() { receive(stream, requests) })
	var ended error
	return func() (*Request, error) {
		if ended != nil {
			return nil, ended
		}
		var next received[Request]
		select {
		case <-host.stopping:
			next.err = status.Error(codes.Unavailable, "the function is stopping")
		case <-stream.Context().Done(): // receive may have gone without a word
			next.err = status.FromContextError(stream.Context().Err()).Err()
		case next = <-requests:
		}
		ended = next.err
		return next.request, next.err
	}
}

// received is what one Recv returned.
type received[Request any] struct {
	request *Request
	err     error
}

// receive passes on what it reads from the stream, the error that ends it last.
// It is a goroutine of its own because Recv waits for the proxy alone, and a
// function that stops cannot. It holds one request at most, and ends with the
// stream's context, which grpc cancels when the service's method returns.
func receive[Request any](stream Receiver[Request], requests chan<- received[Request]) {
	for {
		request, err := stream.Recv()
		select {
		case requests <- received[Request]{request, err}:
		case <-stream.Context().Done():
			return
		}
		if err != nil {
			return
		}
	}
}
