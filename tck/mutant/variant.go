package mutant

import (
	"slices"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
)

// variant is the model as another author might have written it: different
// wherever the specification leaves the choice, and as correct. Each has to pass
// every case.
type variant struct {
	name string
	make defect
}

func variants() []variant {
	return []variant{
		{"asks for a restart", restarting(false)},
		{"asks for a restart, and leaves", restarting(true)},
		{"refuses on the stream", refusingOnTheStream},
		{"ends broken streams by a status", func() instance {
			return instance{status: status.Error(codes.InvalidArgument, "read the failure")}
		}},
		{"says more than it has to", talkative},
		{"serves more than it has to", func() instance {
			return instance{serve: func(server *grpc.Server) {
				healthv1.RegisterHealthServer(server, health.NewServer())
				reflection.Register(server)
			}}
		}},
		{"describes itself in any order", describing(func(set *descriptorpb.FileDescriptorSet) {
			set.File = slices.Repeat(set.GetFile(), 2)
			slices.Reverse(set.GetFile())
		})},
		{"comes from a later version", discovering(func(_ *discoveryv1.DiscoverRequest, answer *discoveryv1.DiscoverResponse) error {
			answer.ServiceInfo.ProtocolMinorVersion = 7
			addUnknown(answer)
			return nil
		})},
		{"does one thing at a time", oneAtATime},
		{"relies on what a proxy says", relying},
	}
}

// restarting leaves the events of a failed command in its state and asks for a
// new activation; it serves nothing more on this stream, or even ends it.
func restarting(leaves bool) defect {
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
func refusingOnTheStream() instance {
	return instance{bend: func(_ *activation, next machine) machine {
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
	}}
}

// talkative fills in whatever may be filled in.
func talkative() instance {
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
func relying() instance {
	return instance{bend: func(entity *activation, next machine) machine {
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
	}}
}

// oneAtATime has one thread for all its streams.
func oneAtATime() instance {
	var thread sync.Mutex
	return instance{bend: func(_ *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			thread.Lock()
			defer thread.Unlock()
			return next(in)
		}
	}}
}
