package rest

import (
	"io"
	"net/http"
	"strconv"

	"google.golang.org/grpc"

	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/frontend/way"
	"github.com/stateward/stateward/proxy/internal/header"
	"github.com/stateward/stateward/proxy/internal/transcode"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// call is one call. Its request is read by whoever wants it, at most once.
type call struct {
	*way.Call

	handler  *Handler
	writer   http.ResponseWriter
	request  *http.Request
	registry *descriptor.Registry
	binding  *descriptor.Binding
	captures []string
	form     form
	room     int // for the request message, in bytes

	in, out way.Gate
	asked   bool   // the request has been read
	unread  bool   // and not to its end
	begun   bool   // status line and headers have been sent
	broken  error  // a response could not be printed, which ends the call
	ticking *ticks // nil where the form has no comments, or nothing was sent yet
}

var _ grpc.ServerStream = (*call)(nil)

// RecvMsg reads the request; io.EOF after it.
func (c *call) RecvMsg(message any) error {
	return c.in.Pass(func() error {
		if c.asked {
			return io.EOF
		}
		c.asked = true
		request, err := c.read()
		if err != nil {
			return err
		}
		return way.Set(message, request)
	})
}

// read returns the request message (HTTP-REQ-001).
func (c *call) read() ([]byte, error) {
	c.unread = true
	for _, encoding := range c.request.Header["Content-Encoding"] {
		if encoding != "" && encoding != "identity" { // HTTP-TYPE-002
			return nil, transcode.Refuse(http.StatusUnsupportedMediaType, "the body has the content-encoding %q: give it without one", encoding)
		}
	}
	body, err := readBody(c.writer, c.request)
	if err != nil {
		return nil, err
	}
	c.unread = false
	request, err := transcode.Request(c.binding, c.captures, c.request.URL.RawQuery, c.request.Header.Get("Content-Type"), body)
	if err != nil {
		return nil, err
	}
	if len(request) > c.room {
		return nil, transcode.Refuse(http.StatusRequestEntityTooLarge, "the request has %d bytes as protobuf, and may have %d", len(request), max(c.room, 0))
	}
	return request, nil
}

// SendMsg sends a response.
func (c *call) SendMsg(message any) error {
	payload, err := way.Bytes(message)
	if err != nil {
		return err
	}
	kind, body, err := transcode.Response(c.binding, payload)
	return c.out.Pass(func() error {
		if err != nil {
			c.broken = err
			return err
		}
		return c.send(kind, body)
	})
}

// send writes a response.
func (c *call) send(kind string, body []byte) error {
	if c.form == one {
		c.begun = true
		header.ToHTTP(c.Header(), c.writer.Header())
		return write(c.writer, http.StatusOK, kind, body)
	}
	c.begin(kind)
	return c.flush(c.form.response(body))
}

// begin sends the head of a stream, once (HTTP-STREAM-001). Kind is the content type of its
// first response.
func (c *call) begin(kind string) {
	if c.begun {
		return
	}
	c.begun = true
	header.ToHTTP(c.Header(), c.writer.Header())
	c.writer.Header().Set("Content-Type", c.form.contentType(kind))
	c.writer.WriteHeader(http.StatusOK)
	if c.form == events {
		c.ticking = tick(c.comment)
	}
}

// flush sends the bytes of a stream at once (HTTP-STREAM-009).
func (c *call) flush(bytes []byte) error {
	c.ticking.again()
	if _, err := c.writer.Write(bytes); err != nil {
		return err
	}
	return http.NewResponseController(c.writer).Flush()
}

// comment sends a comment, unless the call is over (HTTP-STREAM-008).
func (c *call) comment() {
	_ = c.out.Pass(func() error { return c.flush([]byte(":\n\n")) }) // The caller's end is seen elsewhere.
}

// end answers, or ends the answer, once nothing passes any more.
func (c *call) end(err error) {
	defer func() { c.ticking.stop() }()
	if c.broken != nil {
		c.handler.config.Unprintable(c.Context(), c.Method(), c.broken)
		err = c.broken
	}
	switch {
	case err == nil && c.form == one:
	case err == nil:
		c.begin("application/octet-stream") // that of a google.api.HttpBody without one
		_ = c.flush(c.form.end())
	case !c.begun:
		for _, challenge := range c.Header().Get(header.Challenge) { // ACC-ADMIT-004
			c.writer.Header().Add(header.Challenge, challenge)
		}
		fail(c.writer, err, c.registry)
		if c.unread {
			way.Drain(c.writer, c.request.Body)
		}
	case c.form == data || c.form == one:
		panic(http.ErrAbortHandler) // HTTP-STREAM-011
	default:
		_ = c.flush(c.form.failure(failureOf(err, c.registry).Body))
	}
}

// write answers with a whole body.
func write(w http.ResponseWriter, status int, kind string, body []byte) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err := w.Write(body) //nolint:gosec // what it is the content type says, which the function has given (HTTP-BODY-002)
	return err
}

// formOf returns the form of the answer of a call with the header accept.
func formOf(binding *descriptor.Binding, accept []string) form {
	switch {
	case binding.Method.Shape == wire.Unary:
		return one
	case transcode.IsRaw(binding):
		return data // HTTP-STREAM-010
	case takesEvents(accept):
		return events
	default:
		return lines
	}
}
