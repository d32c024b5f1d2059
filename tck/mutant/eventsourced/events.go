package eventsourced

import (
	"slices"

	"google.golang.org/protobuf/types/known/anypb"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// eventMutants are wrong about the events and snapshots of a reply.
func eventMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "reverses-events", KilledBy: "ES-EMIT-001", Message: "the events are in reverse order",
			MayAlsoFail: anyEntity(),
			Defect: onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
				slices.Reverse(reply.GetEvents())
			}),
		},
		{
			Name: "emits-equal-events-once", KilledBy: "ES-EMIT-001", Message: `events ["A"]`,
			Defect: onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
				reply.Events = slices.CompactFunc(reply.GetEvents(), func(a, b *anypb.Any) bool {
					return string(a.GetValue()) == string(b.GetValue())
				})
			}),
		},
		{
			Name: "applies-no-event-of-its-own", KilledBy: "ES-EMIT-002", Message: "has not applied the event that it emitted",
			MayAlsoFail: anyEntity(),
			Defect: bent(func(entity *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					before := entity.state
					out, end := next(in)
					if in.GetCommand() != nil {
						entity.state = before
					}
					return out, end
				}
			}),
		},
		{
			Name: "invents-an-event", KilledBy: "ES-EMIT-003", Message: `events [""]`,
			MayAlsoFail: anyEntity(),
			Defect: onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
				if len(reply.GetEvents()) == 0 {
					reply.Events = []*anypb.Any{persisted("")}
				}
			}),
		},
		{
			Name: "drops-the-events-of-a-forward", KilledBy: "ES-EMIT-004", Message: `events ["A"], got`,
			Defect: onForwards(func(reply *eventsourcedv1.EventSourcedReply) {
				reply.Events, reply.Snapshot = nil, nil
			}),
		},
		{
			Name: "drops-the-snapshot-of-a-forward", KilledBy: "ES-EMIT-004", Message: `snapshot "ABCDE", got`,
			Defect: onForwards(func(reply *eventsourcedv1.EventSourcedReply) { reply.Snapshot = nil }),
		},
		{
			Name: "drops-events-of-no-bytes", KilledBy: "ES-EMIT-005", Message: `events ["A", "B"]`,
			Defect: onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
				if len(reply.GetEvents()) > 1 {
					reply.Events = slices.DeleteFunc(reply.GetEvents(), func(event *anypb.Any) bool {
						return len(event.GetValue()) == 0
					})
				}
			}),
		},
		{
			Name: "snapshots-before-the-last-event", KilledBy: "ES-SNAP-001", Message: `snapshot "ABCD"`,
			MayAlsoFail: []string{"event-sourced/", "forwarding/effects/with-events-and-snapshot"},
			Defect: onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
				if reply.GetSnapshot() == nil {
					return
				}
				state, last := value(reply.GetSnapshot()), value(reply.GetEvents()[len(reply.GetEvents())-1])
				reply.Snapshot = persisted(state[:len(state)-len(last)])
			}),
		},
		{
			Name: "snapshots-without-events", KilledBy: "ES-SNAP-002", Message: `got reply 1 "" snapshot ""`,
			MayAlsoFail: anyEntity(),
			Defect: onAnswers(func(entity *activation, reply *eventsourcedv1.EventSourcedReply) {
				if reply.GetClientAction().GetReply() != nil && len(reply.GetEvents()) == 0 && entity.service == modelService {
					reply.Snapshot = persisted(entity.state)
				}
			}),
		},
		{
			Name: "counts-from-the-activation", KilledBy: "ES-SNAP-004", Message: `snapshot "ABCDEFGHIJKL"`,
			Defect: onRequests(func(entity *activation, in *request) {
				if in.GetCommand() != nil && !entity.commanded {
					entity.since = 0
				}
			}),
		},
	}
}

func onForwards(change func(reply *eventsourcedv1.EventSourcedReply)) defect.Defect {
	return onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
		if reply.GetClientAction().GetForward() != nil {
			change(reply)
		}
	})
}

// value is the value of an event or a snapshot of the model.
func value(payload *anypb.Any) string {
	var state tckeventsourcedv1.Persisted
	if err := payload.UnmarshalTo(&state); err != nil {
		return ""
	}
	return state.GetValue()
}
