package lean

import (
	"errors"
	"io"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// handles serves multiplexed streams. Its reader answers by itself:
// the answers are small, so that they never lack credit.
type handles struct {
	multiplexv1.UnimplementedMultiplexServiceServer
	replies
}

// Handle serves one stream.
func (f handles) Handle(stream multiplexv1.MultiplexService_HandleServer) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	kind, ok := wire.V1().OfType(first.GetStart().GetEntityType())
	if !ok {
		return status.Error(codes.InvalidArgument, "no such kind is served")
	}
	for {
		frame, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = f.take(stream, kind.Kind, frame)
		}
		if err != nil {
			return err
		}
	}
}

// take answers one frame.
func (f handles) take(stream multiplexv1.MultiplexService_HandleServer, kind wire.Kind, frame *multiplexv1.HandleRequest) error {
	message := frame.GetMessage()
	switch what := frame.GetFrame().(type) {
	case *multiplexv1.HandleRequest_Close:
		return stream.Send(&multiplexv1.HandleResponse{Handle: frame.GetHandle(), Frame: &multiplexv1.HandleResponse_Closed{}})
	case *multiplexv1.HandleRequest_Open:
		message = what.Open.GetMessage()
	}
	if len(message) == 0 {
		return nil
	}
	if err := stream.Send(&multiplexv1.HandleResponse{Handle: frame.GetHandle(), Frame: &multiplexv1.HandleResponse_Credit{
		Credit: &multiplexv1.Credit{Bytes: int64(len(message))},
	}}); err != nil {
		return err
	}
	reply, err := f.reply(kind, message)
	if err != nil || len(reply) == 0 {
		return err
	}
	return stream.Send(&multiplexv1.HandleResponse{Handle: frame.GetHandle(), Frame: &multiplexv1.HandleResponse_Message{Message: reply}})
}

// reply returns the encoded answer to an encoded message; none to what is no command.
func (f handles) reply(kind wire.Kind, message []byte) ([]byte, error) {
	switch kind {
	case wire.EventSourced:
		return replyTo(message, new(eventsourcedv1.HandleRequest), f.eventSourced)
	case wire.Value:
		return replyTo(message, new(valuev1.HandleRequest), f.value)
	default:
		return replyTo(message, new(replicatedv1.HandleRequest), f.replicated)
	}
}

func replyTo[Request, Response proto.Message](message []byte, request Request, answer func(Request) Response) ([]byte, error) {
	if err := proto.Unmarshal(message, request); err != nil {
		return nil, err
	}
	return proto.Marshal(answer(request)) // of no message, no bytes
}
