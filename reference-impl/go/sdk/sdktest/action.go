package sdktest

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
)

// ActionCall is one call of an action, of whatever shape.
type ActionCall = Conversation[actionv1.ActionCommand, actionv1.ActionResponse]

// Unary calls a method that takes one request and gives one response.
func (p *Proxy) Unary(service, method string, request proto.Message) *actionv1.ActionResponse {
	p.tb.Helper()
	ctx, _ := p.Context()
	response, err := actionv1.NewActionServiceClient(p.Conn).HandleUnary(ctx, ActionCommand(service, method, request))
	if err != nil {
		p.tb.Fatal(err)
	}
	return response
}

// StreamedIn begins a call of a method that streams its requests: it sends the
// opening, which is no request, and these requests.
func (p *Proxy) StreamedIn(service, method string, requests ...proto.Message) *ActionCall {
	p.tb.Helper()
	return p.ActionCall("HandleStreamedIn", opening(service, method, requests)...)
}

// StreamedOut makes a call of a method that streams its responses.
func (p *Proxy) StreamedOut(service, method string, request proto.Message) *ActionCall {
	p.tb.Helper()
	call := p.ActionCall("HandleStreamedOut", ActionCommand(service, method, request))
	call.HalfClose()
	return call
}

// Streamed begins a call of a method that streams both, as StreamedIn does.
func (p *Proxy) Streamed(service, method string, requests ...proto.Message) *ActionCall {
	p.tb.Helper()
	return p.ActionCall("HandleStreamed", opening(service, method, requests)...)
}

// ActionCall begins the call of ActionService with this name, and sends these
// commands. On the wire every shape is a stream of frames, and is spoken as one
// here.
func (p *Proxy) ActionCall(name string, commands ...*actionv1.ActionCommand) *ActionCall {
	p.tb.Helper()
	open := func(ctx context.Context, options ...grpc.CallOption) (grpc.BidiStreamingClient[actionv1.ActionCommand, actionv1.ActionResponse], error) {
		stream, err := p.Conn.NewStream(ctx, &grpc.StreamDesc{StreamName: name, ClientStreams: true, ServerStreams: true},
			"/"+actionv1.ActionService_ServiceDesc.ServiceName+"/"+name, options...)
		return &grpc.GenericClientStream[actionv1.ActionCommand, actionv1.ActionResponse]{ClientStream: stream}, err
	}
	return converse(p, open, commands)
}

// ActionCommand is the first command of a call; request nil is none, as in a
// call that streams its requests.
func ActionCommand(service, method string, request proto.Message) *actionv1.ActionCommand {
	return &actionv1.ActionCommand{ServiceName: service, Name: method, Payload: Any(request)}
}

// ActionRequest is a later command.
func ActionRequest(request proto.Message) *actionv1.ActionCommand {
	return &actionv1.ActionCommand{Payload: Any(request)}
}

func opening(service, method string, requests []proto.Message) []*actionv1.ActionCommand {
	commands := []*actionv1.ActionCommand{ActionCommand(service, method, nil)}
	for _, request := range requests {
		commands = append(commands, ActionRequest(request))
	}
	return commands
}
