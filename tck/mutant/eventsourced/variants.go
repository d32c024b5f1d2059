package eventsourced

import (
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

func variants() []defect.Variant {
	return []defect.Variant{
		{Name: "asks for a restart", Make: restarting(false)},
		{Name: "asks for a restart, and leaves", Make: restarting(true)},
		{Name: "refuses on the stream", Make: refusingOnTheStream},
		{Name: "ends broken streams by a status", Make: func() defect.Instance {
			return defect.Instance{Status: status.Error(codes.InvalidArgument, "read the failure")}
		}},
		{Name: "says more than it has to", Make: talkative},
		{Name: "does one thing at a time", Make: oneAtATime},
		{Name: "relies on what a proxy says", Make: relying},
	}
}

// restarting leaves the events of a failed command in its state and asks for a
// new activation; it serves nothing more on this stream, or even ends it.
func restarting(leaves bool) defect.Defect {
	return bent(func(entity *activation, next machine) machine {
		void := false
		return func(in *request) ([]*response, bool) {
			if void && in != nil {
				return broken("a message after a restart")
			}
			out, end := next(in)
			for _, failed := range failures(out) {
				failed.GetClientAction().GetFailure().Restart = true
				for _, value := range emitted(in) {
					entity.apply(value)
				}
				void = true
			}
			return out, end || void && leaves
		}
	})
}

// refusingOnTheStream refuses what is no command of its service by a
// stream-level failure. What the domain refuses it answers as it has to.
func refusingOnTheStream() defect.Instance {
	return bending(func(_ *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			out, end := next(in)
			for _, failed := range failures(out) {
				failure := failed.GetClientAction().GetFailure()
				if asked := actions(in); len(asked) == 0 {
					return []*response{{Message: &eventsourcedv1.HandleResponse_Failure{Failure: failure}}}, true
				}
			}
			return out, end
		}
	})
}

// talkative fills in whatever may be filled in.
func talkative() defect.Instance {
	metadata := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		{Key: "x-shard", Value: &entityv1.MetadataEntry_StringValue{StringValue: "7"}},
		{Key: "x-raw-bin", Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte{0, 0xff}}},
	}}
	return onAnswers(func(_ *activation, reply *eventsourcedv1.EventSourcedReply) {
		switch action := reply.GetClientAction().GetAction().(type) {
		case *entityv1.ClientAction_Reply:
			action.Reply.Metadata = metadata
		case *entityv1.ClientAction_Forward:
			action.Forward.Metadata = metadata
		case *entityv1.ClientAction_Failure:
			action.Failure.Code, action.Failure.CommandId = int32(codes.FailedPrecondition), 0
		}
		for _, effect := range reply.GetSideEffects() {
			effect.Metadata = metadata
		}
		addUnknown(reply)
	})()
}

func addUnknown(message proto.Message) {
	raw := protowire.AppendTag(nil, 1000, protowire.BytesType)
	message.ProtoReflect().SetUnknown(protowire.AppendString(raw, "from a later version"))
}

// relying serves nobody but a proxy of this version: one that says where the replay
// ends, who writes, and when each event was.
func relying() defect.Instance {
	return bending(func(entity *activation, next machine) machine {
		var last int64
		return func(in *request) ([]*response, bool) {
			switch message := in.GetMessage().(type) {
			case *eventsourcedv1.HandleRequest_Init:
				if last = message.Init.GetLastSequence(); message.Init.GetEpoch() < 1 {
					return broken("an init without an epoch")
				}
			case *eventsourcedv1.HandleRequest_Event:
				if !message.Event.GetTime().IsValid() || message.Event.GetId() == "" {
					return broken("an event without a time or an id")
				}
			case *eventsourcedv1.HandleRequest_Command:
				if !entity.commanded && entity.sequence != last {
					return broken("a command before the end of the replay")
				}
			}
			return next(in)
		}
	})
}

// oneAtATime has one thread for all its streams.
func oneAtATime() defect.Instance {
	var thread sync.Mutex
	return bending(func(_ *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			thread.Lock()
			defer thread.Unlock()
			return next(in)
		}
	})
}
