package replicated

import (
	"slices"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

func variants() []defect.Variant {
	return []defect.Variant{
		{Name: "clears replicated sets and maps wherever it may", Make: styled(style{clears: true})},
		{Name: "announces types, and changes that cancel each other out", Make: styled(style{announces: true})},
		{Name: "lists elements and entries in another order", Make: reversing()},
		{Name: "streams before it replies to the cause", Make: streamingFirst()},
		{Name: "asks for a restart of a replicated entity", Make: restarting(false)},
		{Name: "asks for a restart of a replicated entity, and leaves", Make: restarting(true)},
		{Name: "refuses replicated commands on the stream", Make: refusingOnTheStream()},
		{Name: "ends broken replicated streams by a status", Make: func() defect.Instance {
			return defect.Instance{Status: status.Error(codes.InvalidArgument, "read the failure")}
		}},
		{Name: "says more of a replicated entity than it has to", Make: talkative()},
		{Name: "does one thing at a time with replicated entities", Make: oneAtATime},
	}
}

// styled makes other choices.
func styled(chosen style) defect.Defect {
	return bent(func(entity *activation, next machine) machine {
		entity.style = chosen
		return next
	})
}

// reversing has lists without order in the other order.
func reversing() defect.Defect {
	return onUpdates(func(_ *activation, _ *request, update *replicatedv1.Delta) {
		slices.Reverse(update.GetGset().GetAdded())
		slices.Reverse(update.GetOrset().GetRemoved())
		slices.Reverse(update.GetOrset().GetAdded())
		slices.Reverse(update.GetOrmap().GetRemoved())
		slices.Reverse(update.GetOrmap().GetUpdated())
		slices.Reverse(update.GetOrmap().GetAdded())
	})
}

// streamingFirst sends the streamed messages that a command or a cancellation brings
// before its answer. Those of its own call come after, and there are none.
func streamingFirst() defect.Defect {
	return onOutputs(func(_ *activation, in *request, out []*response) []*response {
		if in.GetCommand() != nil || in.GetStreamCancelled() != nil {
			slices.Reverse(out)
		}
		return out
	})
}

// restarting leaves the changes of a failed command in its value and asks for a new
// activation; it serves nothing more on this stream, or even ends it.
func restarting(leaves bool) defect.Defect {
	return bent(func(entity *activation, next machine) machine {
		void := false
		return func(in *request) ([]*response, bool) {
			if void && in != nil {
				return broken("a message after a restart")
			}
			out, end := next(in)
			if failure := first(out).GetReply().GetClientAction().GetFailure(); failure != nil {
				failure.Restart = true
				perform(entity, in)
				void = true
			}
			return out, end || void && leaves
		}
	})
}

// refusingOnTheStream refuses what is no command of its service by a stream-level
// failure. What the domain refuses it answers as it has to.
func refusingOnTheStream() defect.Defect {
	return bent(func(_ *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			out, end := next(in)
			failure := first(out).GetReply().GetClientAction().GetFailure()
			if failure != nil && len(actions(in)) == 0 {
				return []*response{{Message: &replicatedv1.HandleResponse_Failure{Failure: failure}}}, true
			}
			return out, end
		}
	})
}

// talkative fills in whatever may be filled in.
func talkative() defect.Defect {
	metadata := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		{Key: "x-shard", Value: &entityv1.MetadataEntry_StringValue{StringValue: "7"}},
		{Key: "x-raw-bin", Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte{0, 0xff}}},
	}}
	return onAnswers(func(_ *activation, _ *request, reply *replicatedv1.ReplicatedReply) {
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
		raw := protowire.AppendTag(nil, 1000, protowire.BytesType)
		reply.ProtoReflect().SetUnknown(protowire.AppendString(raw, "from a later version"))
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
