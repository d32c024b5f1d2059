package action

import (
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

func variants() []defect.Variant {
	return []defect.Variant{
		{Name: "refuses calls of actions by a status", Make: refusingByStatus},
		{Name: "answers calls of actions before their half-close", Make: bent(atOnce)},
		{Name: "answers one request of an action after its half-close", Make: bent(afterTheHalfClose)},
		{Name: "leaves the effects of an action's failure out", Make: onResponses(func(answer *response) {
			if answer.GetFailure() != nil {
				answer.SideEffects = nil
			}
		})},
		{Name: "says more of actions than it has to", Make: talkative},
		{Name: "does one thing of actions at a time", Make: oneAtATime},
	}
}

// refusingByStatus refuses what it does not serve, and what it cannot read, by ending the
// call. What the domain refuses it answers as it has to.
func refusingByStatus() defect.Instance {
	instance := bending(func(_ *call, next machine) machine {
		return func(in *command) ([]*response, bool) {
			out, end := next(in)
			if end && in != nil {
				return nil, true
			}
			return out, end
		}
	})
	instance.Status = status.Error(codes.InvalidArgument, "not of this function")
	return instance
}

// afterTheHalfClose reads the one request of a call only once nothing more can come.
func afterTheHalfClose(c *call, next machine) machine {
	var held *command
	return func(in *command) ([]*response, bool) {
		if in != nil && !c.shape.streamsIn && held == nil {
			held = in
			return nil, false
		}
		if in != nil || held == nil {
			return next(in)
		}
		out, end := next(held)
		if end {
			return out, true
		}
		rest, end := next(nil)
		return append(out, rest...), end
	}
}

// talkative fills in whatever may be filled in.
func talkative() defect.Instance {
	metadata := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		{Key: "x-shard", Value: &entityv1.MetadataEntry_StringValue{StringValue: "7"}},
		{Key: "x-raw-bin", Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte{0, 0xff}}},
	}}
	return onResponses(func(answer *response) {
		switch {
		case answer.GetReply() != nil:
			answer.GetReply().Metadata = metadata
		case answer.GetForward() != nil:
			answer.GetForward().Metadata = metadata
		case answer.GetFailure() != nil:
			answer.GetFailure().Code, answer.GetFailure().CommandId = int32(codes.FailedPrecondition), 7
		}
		for _, effect := range answer.GetSideEffects() {
			effect.Metadata = metadata
		}
		raw := protowire.AppendTag(nil, 1000, protowire.BytesType)
		answer.ProtoReflect().SetUnknown(protowire.AppendString(raw, "from a later version"))
	})()
}

// oneAtATime has one thread for all its calls.
func oneAtATime() defect.Instance {
	var thread sync.Mutex
	return bending(func(_ *call, next machine) machine {
		return func(in *command) ([]*response, bool) {
			thread.Lock()
			defer thread.Unlock()
			return next(in)
		}
	})
}
