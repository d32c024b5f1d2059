package router

import (
	"context"
	"errors"
	"io"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/header"
	"github.com/stateward/stateward/proxy/internal/trace"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Caller is the caller of a method that streams: its requests until io.EOF, and what
// becomes of the replies it is given. Each method is called from one goroutine, and
// returns at the end of the caller's call at the latest.
type Caller = calls.Caller

// Stream has the method with the short name of the service with the full name carry
// out a call whose requests or responses are streamed. It returns when the caller's
// call is over: nil for status OK, and otherwise an error as that of Call. That is at the
// end of ctx at the latest; what has begun by then goes on as it does after a Call.
func (r *Router) Stream(ctx context.Context, service, name string, metadata *entityv1.Metadata, caller Caller) error {
	if !r.enter() {
		return errStopping()
	}
	defer r.working.Done()
	from := source{
		id: entity.ID{Service: service}, name: name,
		trace: header.Trace(metadata), principal: header.OfPrincipal(metadata),
	}
	err := r.stream(ctx, &from, metadata, caller)
	r.failed(from, err)
	return err
}

// stream makes the call of a caller, which is the source's command.
func (r *Router) stream(ctx context.Context, from *source, metadata *entityv1.Metadata, caller Caller) error {
	method, err := r.config.Services.Method(from.id.Service, from.name)
	if err != nil {
		return err
	}
	if method.Shape == wire.Unary {
		return errReshaped(from)
	}
	if _, err := keyOf(method, metadata); err != nil { // There is none.
		return err
	}
	if err := r.fits(method, nil, metadata); err != nil {
		return err
	}
	var request []byte
	if method.Shape.Requests() {
		caller = &bounded{Caller: caller, router: r, method: method}
	} else if request, err = one(caller); err != nil {
		return err
	}
	if err := r.fits(method, request, metadata); err != nil {
		return err
	}
	if *from, err = from.addressed(ctx, method, "", request); err != nil {
		return err
	}
	ctx, metadata, span := r.begin(ctx, trace.Call, from, method, metadata)
	if method.Kind == wire.Action {
		err = r.act(ctx, method, *from, method.Response, request, metadata, caller, 0)
	} else {
		err = r.watch(ctx, method, *from, from.command(method, request, metadata), caller)
	}
	span.End(err)
	return err
}

// one returns the request of a caller that sends one.
func one(caller Caller) ([]byte, error) {
	request, err := caller.Receive()
	if errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "the call carries no request")
	}
	if err != nil {
		return nil, err
	}
	switch _, err := caller.Receive(); {
	case err == nil:
		return nil, fault.New(fault.Invalid, "the call carries more than one request")
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return request, nil
}

// bounded is a caller whose requests are no larger than the function can take.
type bounded struct {
	Caller

	router *Router
	method Method
}

// Receive waits for the next request.
func (b *bounded) Receive() ([]byte, error) {
	request, err := b.Caller.Receive()
	if err == nil {
		err = b.router.fits(b.method, request, nil)
	}
	return request, err
}
