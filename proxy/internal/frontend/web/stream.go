package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/proxy/internal/frontend/way"
	"github.com/stateward/stateward/proxy/internal/header"
)

// codec has the name of an encoding, and hands its bytes on: whoever knows the method
// reads them.
type codec string

var _ connect.Codec = codec("")

// Name returns the name.
func (c codec) Name() string { return string(c) }

// Marshal returns the bytes of a frame, or of a status, which is always of protobuf.
func (codec) Marshal(message any) ([]byte, error) {
	switch message := message.(type) {
	case *way.Frame:
		return message.Bytes, nil
	case proto.Message:
		return proto.Marshal(message)
	default:
		return nil, fmt.Errorf("%T is no message", message)
	}
}

// Unmarshal gives a frame a copy of the data, which is used again.
func (codec) Unmarshal(data []byte, message any) error {
	frame, ok := message.(*way.Frame)
	if !ok {
		return fmt.Errorf("%T is no frame", message)
	}
	frame.Bytes = bytes.Clone(data)
	return nil
}

// stream is one call.
type stream struct {
	*way.Call

	json    JSON  // nil where messages are protobuf
	broken  error // a response that could not be printed
	writer  http.ResponseWriter
	in, out way.Gate
	receive func(*way.Frame) error
	send    func(*way.Frame) error
	// headers are those of the response, until the first message takes them along.
	headers http.Header
}

var _ grpc.ServerStream = (*stream)(nil)

// newStream returns the call of the context, which is that of a handler's.
func newStream(ctx context.Context, headers http.Header) *stream {
	inquiry, _ := ctx.Value(ofCall{}).(*inquiry) // ServeHTTP has put it there
	s := &stream{
		Call:    way.NewCall(ctx, inquiry.request, inquiry.request.URL.Path, inquiry.md),
		headers: headers,
		writer:  inquiry.writer,
	}
	if isJSON(inquiry.request) {
		s.json = inquiry.method.JSON
	}
	return s
}

// isJSON reports whether the messages of the call are JSON.
func isJSON(r *http.Request) bool {
	if r.Method == http.MethodGet {
		return r.URL.Query().Get("encoding") == "json"
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	kind = strings.TrimSpace(kind)
	return strings.HasSuffix(kind, "+json") || strings.HasSuffix(kind, "/json")
}

// RecvMsg waits for the next request; io.EOF after the last.
func (s *stream) RecvMsg(message any) error {
	var frame way.Frame
	if err := s.in.Pass(func() error { return s.receive(&frame) }); err != nil {
		return received(err)
	}
	request := frame.Bytes
	if s.json != nil {
		var err error
		if request, err = s.json.Request(request); err != nil {
			return err
		}
	}
	return way.Set(message, request)
}

// received returns the error of a receive as gRPC has it.
func received(err error) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if coded, ok := errors.AsType[*connect.Error](err); ok {
		return status.Error(codes.Code(coded.Code()), coded.Message())
	}
	return err
}

// SendMsg sends a response, and before the first the headers.
func (s *stream) SendMsg(message any) error {
	response, err := way.Bytes(message)
	if err != nil {
		return err
	}
	return s.out.Pass(func() error {
		if s.json != nil {
			if response, err = s.json.Response(response); err != nil {
				s.broken = err
				return err
			}
		}
		s.flush()
		return s.send(&way.Frame{Bytes: response})
	})
}

// end returns what the caller gets in the end, where the handler has returned err.
func (h *Handler) end(s *stream, err error) error {
	if s.broken != nil {
		h.config.Unprintable(s.Context(), s.Method(), s.broken)
		err = s.broken
	}
	return errorOf(err)
}

// flush puts the headers of the call where the response takes them from.
func (s *stream) flush() {
	if s.headers != nil {
		header.ToHTTP(s.Header(), s.headers)
		s.headers = nil
	}
}

// call carries out a unary call of Connect.
func (h *Handler) call(ctx context.Context, request *connect.Request[way.Frame]) (*connect.Response[way.Frame], error) {
	response := connect.NewResponse(new(way.Frame))
	s := newStream(ctx, response.Header())
	asked := false
	s.receive = func(frame *way.Frame) error {
		if asked {
			return io.EOF
		}
		asked, *frame = true, *request.Msg
		return nil
	}
	s.send = func(frame *way.Frame) error {
		response.Msg = frame
		return nil
	}
	if err := h.end(s, h.config.Serve(s)); err != nil {
		if failed, is := errors.AsType[*connect.Error](err); is { // which has the headers of a failure
			for _, challenge := range s.Header().Get(header.Challenge) { // ACC-ADMIT-004
				failed.Meta().Add(header.Challenge, challenge)
			}
		}
		return nil, err
	}
	header.ToHTTP(s.Trailer(), response.Trailer())
	return response, nil
}

// bare serves the calls of a form with streams just as they come, so that how many
// messages there have to be is decided where it is for every way.
type bare struct{ handler *Handler }

var _ connect.Interceptor = bare{}

// WrapUnary changes nothing.
func (bare) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc { return next }

// WrapStreamingClient changes nothing.
func (bare) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

// WrapStreamingHandler takes the place of the handler.
func (b bare) WrapStreamingHandler(connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) error {
		s := newStream(ctx, conn.ResponseHeader())
		s.receive = func(frame *way.Frame) error { return conn.Receive(frame) }
		s.send = func(frame *way.Frame) error { return conn.Send(frame) }
		err := b.handler.config.Serve(s)
		way.CloseBoth(s.writer, &s.in, &s.out)
		s.flush()
		header.ToHTTP(s.Trailer(), conn.ResponseTrailer())
		return b.handler.end(s, err)
	}
}

// never stands for a handler whose place bare has taken.
func never[Q, S any](context.Context, Q, S) error { return nil }

// errorOf is err as Connect has it; nil for nil.
func errorOf(err error) error {
	s := way.Status(err)
	if s.Code() == codes.OK {
		return nil
	}
	failed := connect.NewError(connect.Code(s.Code()), errors.New(s.Message()))
	for _, detail := range s.Proto().GetDetails() {
		if d, err := connect.NewErrorDetail(detail); err == nil { // It is an Any: taken as it is.
			failed.AddDetail(d)
		}
	}
	return failed
}
