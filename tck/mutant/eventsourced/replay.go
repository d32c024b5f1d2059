package eventsourced

import (
	"slices"
	"sync"

	"google.golang.org/protobuf/types/known/anypb"

	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// replayMutants are wrong between the opening of a stream and its first command.
func replayMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "needs-no-init", KilledBy: "ES-INIT-003", Message: "reply 1",
			Defect: onRequests(func(entity *activation, in *request) {
				if entity.service == "" && in.GetCommand() != nil {
					entity.service, entity.id = modelService, in.GetCommand().GetEntityId()
				}
			}),
		},
		{
			Name: "ignores-events-before-init", KilledBy: "ES-INIT-003", Message: "nothing within",
			Defect: ignoring(func(entity *activation, in *request) bool {
				return entity.service == "" && in.GetEvent() != nil
			}),
		},
		{
			Name: "ignores-a-second-init", KilledBy: "ES-INIT-004", Message: "nothing within",
			Defect: ignoring(func(entity *activation, in *request) bool {
				return entity.service != "" && in.GetInit() != nil
			}),
		},
		{
			Name: "serves-any-service", KilledBy: "ES-INIT-005", Message: "nothing within",
			Defect: onRequests(func(_ *activation, in *request) {
				switch in.GetInit().GetServiceName() {
				case modelService, twoService, configuredService:
				default:
					if in.GetInit() != nil {
						in.GetInit().ServiceName = modelService
					}
				}
			}),
		},
		{
			Name: "ignores-the-snapshot", KilledBy: "ES-REPLAY-003", Message: "the snapshot in init was ignored",
			MayAlsoFail: snapshotted(),
			Defect: onRequests(func(entity *activation, in *request) {
				if snapshot := in.GetInit().GetSnapshot(); snapshot != nil {
					entity.sequence = snapshot.GetSnapshotSequence()
					in.GetInit().Snapshot = nil
				}
			}),
		},
		{
			Name: "takes-a-snapshot-of-no-bytes-for-none", KilledBy: "ES-REPLAY-003", Message: "event 6 after 0",
			Defect: onRequests(func(_ *activation, in *request) {
				if snapshot := in.GetInit().GetSnapshot(); snapshot != nil && len(snapshot.GetSnapshot().GetValue()) == 0 {
					in.GetInit().Snapshot = nil
				}
			}),
		},
		{
			Name: "remembers-an-entity", KilledBy: "ES-REPLAY-003", Message: "the state of an earlier activation has survived it",
			Defect: remembering,
		},
		{
			Name: "applies-the-snapshot-last", KilledBy: "ES-REPLAY-003", Message: "the events after the snapshot were ignored",
			MayAlsoFail: snapshotted(),
			Defect:      snapshotLast(),
		},
		{
			Name: "applies-events-in-reverse", KilledBy: "ES-REPLAY-003", Message: "the events were applied in reverse order",
			MayAlsoFail: snapshotted(),
			Defect: bent(func(entity *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					before := entity.state
					out, end := next(in)
					if in.GetEvent() != nil {
						entity.state = entity.state[len(before):] + before
					}
					return out, end
				}
			}),
		},
		{
			Name: "speaks-during-replay", KilledBy: "ES-REPLAY-004", Message: "reply 0",
			MayAlsoFail: anyEntity(),
			Defect: bent(func(entity *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					if in.GetEvent() != nil && !end {
						out = append(out, reply(0, entity.state))
					}
					return out, end
				}
			}),
		},
		{
			Name: "emits-replayed-events-again", KilledBy: "ES-REPLAY-004", Message: `events ["A", "B", "C"]`,
			MayAlsoFail: anyEntity(),
			Defect:      emittingAgain(),
		},
		{
			Name: "skips-unknown-events", KilledBy: "ES-REPLAY-005", Message: "nothing within",
			Defect: ignoring(func(_ *activation, in *request) bool {
				return in.GetEvent() != nil && !in.GetEvent().GetPayload().MessageIs(&tckeventsourcedv1.Persisted{})
			}),
		},
		{
			Name: "skips-unknown-snapshots", KilledBy: "ES-REPLAY-005", Message: "nothing within",
			Defect: onRequests(func(_ *activation, in *request) {
				if !in.GetInit().GetSnapshot().GetSnapshot().MessageIs(&tckeventsourcedv1.Persisted{}) && in.GetInit() != nil {
					in.GetInit().Snapshot = nil
				}
			}),
		},
		{
			Name: "skips-unreadable-events", KilledBy: "ES-REPLAY-011", Message: "nothing within",
			Defect: ignoring(func(_ *activation, in *request) bool {
				return in.GetEvent() != nil && unreadable(in.GetEvent().GetPayload())
			}),
		},
		{
			Name: "skips-unreadable-snapshots", KilledBy: "ES-REPLAY-011", Message: "nothing within",
			Defect: onRequests(func(_ *activation, in *request) {
				if in.GetInit() != nil && unreadable(in.GetInit().GetSnapshot().GetSnapshot()) {
					in.GetInit().Snapshot = nil
				}
			}),
		},
		{
			Name: "ignores-gaps", KilledBy: "ES-REPLAY-006", Message: "nothing within",
			Defect: onRequests(func(entity *activation, in *request) {
				if in.GetEvent() != nil {
					in.GetEvent().Sequence = entity.sequence + 1
				}
			}),
		},
		{
			Name: "takes-events-at-any-time", KilledBy: "ES-REPLAY-006", Message: "nothing within",
			Defect: onRequests(func(entity *activation, in *request) {
				if in.GetEvent() != nil {
					entity.commanded = false
				}
			}),
		},
	}
}

// snapshotted are the cases in which a state is replayed.
func snapshotted() []string {
	return []string{
		"event-sourced/rehydrate/", "event-sourced/replay/", "event-sourced/snapshots/", "event-sourced/failures/after-rehydration",
		"event-sourced/events/of-no-bytes", "core/streams/reset-during-replay", "core/payloads/read",
		"event-sourced/asked/replayed-events", "event-sourced/delete/no-snapshot",
	}
}

// remembering keeps the state of an entity whose stream has ended in order, and
// takes it for what its next stream replays.
func remembering() defect.Instance {
	var mu sync.Mutex
	states := map[string]string{}
	return bending(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			mu.Lock()
			defer mu.Unlock()
			if state, known := states[entity.id]; known && in.GetCommand() != nil && !entity.commanded {
				entity.state = state
			}
			out, end := next(in)
			if in == nil && entity.commanded {
				states[entity.id] = entity.state
			}
			return out, end
		}
	})
}

// snapshotLast holds the snapshot back until the first command: what the events
// have led to is lost.
func snapshotLast() defect.Defect {
	return bent(func(entity *activation, next machine) machine {
		var held *string
		return func(in *request) ([]*response, bool) {
			if in.GetCommand() != nil && held != nil {
				entity.state, held = *held, nil
			}
			out, end := next(in)
			if in.GetInit().GetSnapshot() != nil && !end {
				state := entity.state
				held = &state
			}
			return out, end
		}
	})
}

// emittingAgain adds the events of the replay to the first reply.
func emittingAgain() defect.Defect {
	return bent(func(_ *activation, next machine) machine {
		var replayed []*anypb.Any
		return func(in *request) ([]*response, bool) {
			out, end := next(in)
			if in.GetEvent() != nil {
				replayed = append(replayed, in.GetEvent().GetPayload())
			}
			if in.GetCommand() != nil && len(out) > 0 && out[0].GetReply() != nil {
				out[0].GetReply().Events = slices.Concat(replayed, out[0].GetReply().GetEvents())
				replayed = nil
			}
			return out, end
		}
	})
}

// unreadable says whether a state is of the model's own type, and no such message.
func unreadable(state *anypb.Any) bool {
	var own tckeventsourcedv1.Persisted
	return state.MessageIs(&own) && state.UnmarshalTo(&own) != nil
}
