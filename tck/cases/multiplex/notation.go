package multiplex

import (
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	"github.com/stateward/stateward/tck/cases/eventsourced"
	"github.com/stateward/stateward/tck/peer"
)

// sent is the notation of a frame of the proxy, such as `2 message command 1 Process{}`.
func sent(frame *request) string {
	switch kind := frame.GetFrame().(type) {
	case *multiplexv1.HandleRequest_Start:
		return named(frame.GetHandle(), "start "+peer.Named(kind.Start.GetEntityType()))
	case *multiplexv1.HandleRequest_Open:
		return named(frame.GetHandle(), "open "+inside(kind.Open.GetMessage(), &eventsourcedv1.HandleRequest{}, eventsourced.Sent))
	case *multiplexv1.HandleRequest_Message:
		return named(frame.GetHandle(), "message "+inside(kind.Message, &eventsourcedv1.HandleRequest{}, eventsourced.Sent))
	case *multiplexv1.HandleRequest_Credit:
		return named(frame.GetHandle(), fmt.Sprintf("credit %d", kind.Credit.GetBytes()))
	case *multiplexv1.HandleRequest_Close:
		if kind.Close.GetReset_() {
			return named(frame.GetHandle(), "close with reset")
		}
		return named(frame.GetHandle(), "close")
	default:
		return named(frame.GetHandle(), peer.Unset)
	}
}

// received is the notation of a frame of the function.
func received(frame *response) string {
	switch kind := frame.GetFrame().(type) {
	case *multiplexv1.HandleResponse_Message:
		return named(frame.GetHandle(), "message "+inside(kind.Message, &eventsourcedv1.HandleResponse{}, eventsourced.Received))
	case *multiplexv1.HandleResponse_Credit:
		return named(frame.GetHandle(), fmt.Sprintf("credit %d", kind.Credit.GetBytes()))
	case *multiplexv1.HandleResponse_Closed:
		return named(frame.GetHandle(), "closed")
	case *multiplexv1.HandleResponse_Failure:
		return named(frame.GetHandle(), fmt.Sprintf("failure %s %s", codes.Code(kind.Failure.GetCode()), peer.Quote(kind.Failure.GetDescription())))
	default:
		return named(frame.GetHandle(), peer.Unset)
	}
}

// named leads the notation of a frame by its handle; 0 is that of the stream.
func named(handle int64, text string) string {
	if handle == 0 {
		return text
	}
	return fmt.Sprintf("%d %s", handle, text)
}

// inside is the notation of the message in a frame, read into the one that is given.
func inside[M proto.Message](raw []byte, message M, notation func(M) string) string {
	switch {
	case len(raw) == 0:
		return "without bytes"
	case proto.Unmarshal(raw, message) != nil:
		return fmt.Sprintf("of %d B that cannot be read", len(raw))
	default:
		return notation(message)
	}
}
