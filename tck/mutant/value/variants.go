package value

import (
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

func variants() []defect.Variant {
	return []defect.Variant{
		{Name: "asks for a restart of value entities", Make: restarting(false)},
		{Name: "asks for a restart of value entities, and leaves", Make: restarting(true)},
		{Name: "refuses on the stream of value entities", Make: refusingOnTheStream},
		{Name: "reads values when they are needed", Make: readingLate},
		{Name: "ends broken streams of value entities by a status", Make: func() defect.Instance {
			return defect.Instance{Status: status.Error(codes.InvalidArgument, "read the failure")}
		}},
		{Name: "says more of values than it has to", Make: talkative},
		{Name: "does one thing of value entities at a time", Make: oneAtATime},
		{Name: "relies on what a proxy says of values", Make: relying},
	}
}

// restarting leaves the change of a failed command in its value and asks for a new
// activation; it serves nothing more on this stream, or even ends it.
func restarting(leaves bool) defect.Defect {
	return bent(func(entity *activation, next machine) machine {
		void := false
		return func(in *request) ([]*response, bool) {
			if void && in.GetCommand() != nil {
				return broken("a command after a restart")
			}
			out, end := next(in)
			for _, failed := range failures(out) {
				failed.GetClientAction().GetFailure().Restart = true
				if action, value := change(in); action != nil {
					entity.value = value
				}
				void = true
			}
			return out, end || void && leaves
		}
	})
}

// refusingOnTheStream refuses what is no command of its service by a stream-level
// failure. What the domain refuses it answers as it has to.
func refusingOnTheStream() defect.Instance {
	return bending(func(_ *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			out, end := next(in)
			for _, failed := range failures(out) {
				if len(actions(in)) == 0 {
					failure := failed.GetClientAction().GetFailure()
					return []*response{{Message: &valuev1.HandleResponse_Failure{Failure: failure}}}, true
				}
			}
			return out, end
		}
	})
}

// readingLate reads the value in init once a command comes.
func readingLate() defect.Instance {
	return bending(func(entity *activation, next machine) machine {
		var held *request
		return func(in *request) ([]*response, bool) {
			if in.GetInit().GetState().GetValue() != nil && entity.service == "" && held == nil {
				held = in
				return nil, false
			}
			if held != nil && in != nil {
				if out, end := next(held); end {
					return out, end
				}
				held = nil
			}
			return next(in)
		}
	})
}

// talkative fills in whatever may be filled in.
func talkative() defect.Instance {
	metadata := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		{Key: "x-shard", Value: &entityv1.MetadataEntry_StringValue{StringValue: "7"}},
		{Key: "x-raw-bin", Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte{0, 0xff}}},
	}}
	return onAnswers(func(_ *activation, _ *request, answer *reply) {
		switch action := answer.GetClientAction().GetAction().(type) {
		case *entityv1.ClientAction_Reply:
			action.Reply.Metadata = metadata
		case *entityv1.ClientAction_Forward:
			action.Forward.Metadata = metadata
		case *entityv1.ClientAction_Failure:
			action.Failure.Code, action.Failure.CommandId = int32(codes.FailedPrecondition), 0
		}
		for _, effect := range answer.GetSideEffects() {
			effect.Metadata = metadata
		}
		raw := protowire.AppendTag(nil, 1000, protowire.BytesType)
		answer.ProtoReflect().SetUnknown(protowire.AppendString(raw, "from a later version"))
	})()
}

// relying serves nobody but a proxy of this version: one that says who writes, and how
// often the value has changed.
func relying() defect.Instance {
	return bending(func(_ *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			init := in.GetInit()
			switch {
			case init != nil && init.GetEpoch() < 1:
				return broken("an init without an epoch")
			case init.GetState().GetValue() != nil && init.GetRevision() < 1:
				return broken("a value that was never stored")
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
