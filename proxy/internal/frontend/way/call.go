// Package way is what the ways into the proxy share: whoever calls in whatever form, the
// call is a stream of gRPC, and its messages are bytes.
package way

import (
	"context"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

// Serve serves a call, and returns what became of it as it is: [Status] says what its
// caller gets. RecvMsg and SendMsg of the stream take frames and messages of protobuf.
type Serve func(stream grpc.ServerStream) error

// Call is a call that has not come by gRPC's own transport: all of a stream but its
// messages. What the handler says of headers and trailers is for the way to send. A call
// belongs to its handler's goroutine.
type Call struct {
	ctx             context.Context //nolint:containedctx // a stream of gRPC has one
	method          string
	header, trailer metadata.MD
}

// NewCall returns the request as a call of the method, a gRPC path, with the metadata. It
// ends with ctx.
func NewCall(ctx context.Context, r *http.Request, method string, md metadata.MD) *Call {
	c := &Call{method: method}
	ctx = metadata.NewIncomingContext(ctx, md)
	if _, known := peer.FromContext(ctx); !known {
		ctx = peer.NewContext(ctx, callerOf(r))
	}
	c.ctx = grpc.NewContextWithServerTransportStream(ctx, transport{c})
	return c
}

// callerOf is who has sent the request.
func callerOf(r *http.Request) *peer.Peer {
	p := &peer.Peer{Addr: address(r.RemoteAddr)}
	if r.TLS != nil {
		p.AuthInfo = credentials.TLSInfo{
			State:          *r.TLS,
			CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity},
		}
	}
	return p
}

// address is where a request comes from.
type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }

// Context returns that of the call, which ends when its caller goes.
func (c *Call) Context() context.Context { return c.ctx }

// Method returns the gRPC path of the method.
func (c *Call) Method() string { return c.method }

// SetHeader adds to the response headers.
func (c *Call) SetHeader(md metadata.MD) error {
	c.header = metadata.Join(c.header, md)
	return nil
}

// SendHeader adds to the response headers, which go with the first message or the end.
func (c *Call) SendHeader(md metadata.MD) error { return c.SetHeader(md) }

// SetTrailer adds to the trailers.
func (c *Call) SetTrailer(md metadata.MD) { c.trailer = metadata.Join(c.trailer, md) }

// Header returns the response headers that have been set.
func (c *Call) Header() metadata.MD { return c.header }

// Trailer returns the trailers that have been set.
func (c *Call) Trailer() metadata.MD { return c.trailer }

// transport is a call as gRPC keeps it in a context.
type transport struct{ *Call }

var _ grpc.ServerTransportStream = transport{}

// SetTrailer adds to the trailers, as a transport does.
func (t transport) SetTrailer(md metadata.MD) error {
	t.Call.SetTrailer(md)
	return nil
}
