package eventsourced

import (
	"slices"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// requestMutants are wrong about a snapshot that the proxy asks for.
func requestMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "ignores-snapshot-requests", KilledBy: "ES-ASK-003", Message: "nothing within",
			MayAlsoFail: []string{"event-sourced/asked/"},
			Defect:      ignoring(func(_ *activation, in *request) bool { return in.GetSnapshotRequest() != nil }),
		},
		{
			Name: "answers-snapshot-requests-twice", KilledBy: "ES-ASK-003", Message: "got snapshot response",
			MayAlsoFail: []string{"event-sourced/asked/"},
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					if in.GetSnapshotRequest() != nil {
						out = defect.Twice(out)
					}
					return out, end
				}
			}),
		},
		{
			Name: "gives-the-state-of-the-replay", KilledBy: "ES-ASK-005", Message: `got snapshot response ""`,
			MayAlsoFail: []string{"event-sourced/asked/answered-once"},
			Defect:      staleSnapshots(),
		},
		{
			Name: "gives-no-replayed-events", KilledBy: "ES-ASK-005", Message: `got snapshot response`,
			Defect: bent(func(entity *activation, next machine) machine {
				replayed := ""
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					if !entity.commanded {
						replayed = entity.state
					}
					if in.GetSnapshotRequest() != nil {
						out = []*response{snapshotResponse(entity.state[len(replayed):])}
					}
					return out, end
				}
			}),
		},
		{
			Name: "invents-a-state", KilledBy: "ES-ASK-005", Message: `got snapshot response "?"`,
			Defect: bent(func(entity *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if in.GetSnapshotRequest() != nil && entity.state == "" {
						return []*response{snapshotResponse("?")}, false
					}
					return next(in)
				}
			}),
		},
	}
}

// extraMutants are wrong about what a reply carries where a capability is in force.
func extraMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "skips-events-without-metadata", KilledBy: "ES-EVENT-003", Message: "metadata [",
			Defect: onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
				reply.EventMetadata = slices.DeleteFunc(reply.GetEventMetadata(), func(m *entityv1.Metadata) bool { return len(m.GetEntries()) == 0 })
			}),
		},
		{
			Name: "loses-metadata-of-events", KilledBy: "ES-EVENT-003", Message: `events ["A"]`,
			MayAlsoFail: []string{"event-sourced/metadata/"},
			Defect:      onReplies(func(reply *eventsourcedv1.EventSourcedReply) { reply.EventMetadata = nil }),
		},
		{
			Name: "deletes-nothing", KilledBy: "ES-DEL-001", Message: `reply 1 ""`,
			MayAlsoFail: []string{"event-sourced/delete/"},
			Defect:      onReplies(func(reply *eventsourcedv1.EventSourcedReply) { reply.Delete = nil }),
		},
		{
			Name: "deletes-although-it-failed", KilledBy: "ES-DEL-002", Message: "delete{retention 0 ms}",
			MayAlsoFail: []string{"event-sourced/delete/", "event-sourced/capabilities/no-use-of-them"},
			Defect: onAnswers(func(entity *activation, reply *eventsourcedv1.EventSourcedReply) {
				if reply.GetClientAction().GetFailure() != nil && entity.can(discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE) {
					reply.Delete = &eventsourcedv1.Delete{}
				}
			}),
		},
		{
			Name: "deletes-with-every-command", KilledBy: "ES-DEL-002", Message: "delete{retention 0 ms}",
			MayAlsoFail: []string{"event-sourced/delete/", "event-sourced/capabilities/no-use-of-them"},
			Defect: onAnswers(func(entity *activation, reply *eventsourcedv1.EventSourcedReply) {
				if reply.GetClientAction().GetFailure() == nil && reply.GetDelete() == nil && entity.can(discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE) {
					reply.Delete = &eventsourcedv1.Delete{}
				}
			}),
		},
		{
			Name: "keeps-events-for-a-day-at-most", KilledBy: "ES-DEL-005", Message: "delete{retention 86400000 ms}",
			MayAlsoFail: []string{"event-sourced/delete/"},
			Defect: onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
				if reply.GetDelete().GetRetention() > 86_400_000 {
					reply.Delete.Retention = 86_400_000
				}
			}),
		},
		{
			Name: "takes-any-retention", KilledBy: "ES-DEL-005", Message: "delete{retention -1 ms}",
			Defect: onAnswers(func(_ *activation, reply *eventsourcedv1.EventSourcedReply) {
				if failure := reply.GetClientAction().GetFailure(); failure.GetDescription() == "it cannot be deleted so" {
					reply.ClientAction = replyWith(&tckeventsourcedv1.ProcessResponse{})
					reply.Delete = &eventsourcedv1.Delete{Retention: -1}
				}
			}),
			MayAlsoFail: []string{"event-sourced/capabilities/unannounced-delete"},
		},
		{
			Name: "snapshots-what-it-deletes", KilledBy: "ES-DEL-010", Message: `snapshot "ABCDEFGHIJ"`,
			MayAlsoFail: []string{"event-sourced/delete/"},
			Defect: onAnswers(func(entity *activation, reply *eventsourcedv1.EventSourcedReply) {
				if reply.GetDelete() != nil {
					reply.Snapshot = persisted(entity.state)
				}
			}),
		},
		{
			Name: "forgets-which-effects-are-durable", KilledBy: "FX-DUR-002", Message: `ProcessRequest "x"`,
			Defect: onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
				for _, effect := range reply.GetSideEffects() {
					effect.Durable = false
				}
			}),
		},
		{
			Name: "makes-every-effect-durable", KilledBy: "FX-DUR-002", Message: "durable",
			MayAlsoFail: []string{"event-sourced/capabilities/no-use-of-them"},
			Defect: onAnswers(func(entity *activation, reply *eventsourcedv1.EventSourcedReply) {
				for _, effect := range reply.GetSideEffects() {
					effect.Durable = entity.can(discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS)
				}
			}),
		},
	}
}

// staleSnapshots gives the state that the replay has led to, whatever came after.
func staleSnapshots() defect.Defect {
	return bent(func(entity *activation, next machine) machine {
		replayed := ""
		return func(in *request) ([]*response, bool) {
			if in.GetCommand() != nil && !entity.commanded {
				replayed = entity.state
			}
			out, end := next(in)
			if in.GetSnapshotRequest() != nil {
				out = []*response{snapshotResponse(replayed)}
			}
			return out, end
		}
	})
}
