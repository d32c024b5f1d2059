package eventsourced

import (
	"slices"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// unannouncedMutants use a capability that is not in force, or differ where it is.
func unannouncedMutants() []defect.Mutant {
	everything := func(discoveryv1.Capability) bool { return true }
	return []defect.Mutant{
		{
			Name: "uses-what-was-not-announced", KilledBy: "DISC-CAP-006", Message: "delete{retention 1000 ms}",
			Defect: onRequests(func(entity *activation, _ *request) { entity.has = everything }),
		},
		{
			Name: "annotates-events-unannounced", KilledBy: "DISC-CAP-006", Message: `metadata [{x-tck "m"}]`,
			Defect: onRequests(func(entity *activation, _ *request) {
				right := entity.has
				entity.has = func(capability discoveryv1.Capability) bool {
					return capability == discoveryv1.Capability_CAPABILITY_EVENT_METADATA || right(capability)
				}
			}),
		},
		{
			Name: "runs-durable-effects-unannounced", KilledBy: "DISC-CAP-006", Message: "durable]",
			Defect: onRequests(func(entity *activation, _ *request) {
				right := entity.has
				entity.has = func(capability discoveryv1.Capability) bool {
					return capability == discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS || right(capability)
				}
			}),
		},
		{
			Name: "snapshots-always-where-it-may-be-asked", KilledBy: "DISC-CAP-007", Message: `snapshot "A"`,
			MayAlsoFail: []string{"event-sourced/asked/"},
			Defect: onAnswers(func(entity *activation, reply *eventsourcedv1.EventSourcedReply) {
				if entity.can(discoveryv1.Capability_CAPABILITY_SNAPSHOT_REQUEST) && reply.GetDelete() == nil && reply.GetClientAction().GetReply() != nil {
					reply.Snapshot = persisted(entity.state)
				}
			}),
		},
	}
}

// noticeMutants are wrong about a command that is cancelled, or about a passivation.
func noticeMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "drops-a-cancelled-command", KilledBy: "CORE-CANCEL-002", Message: "nothing within",
			MayAlsoFail: []string{"event-sourced/cancel/", "event-sourced/capabilities/no-use-of-them"},
			Defect:      droppingCancelled(),
		},
		{
			Name: "refuses-a-late-cancel", KilledBy: "CORE-CANCEL-004", Message: "no such command",
			MayAlsoFail: []string{"event-sourced/cancel/"},
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if in.GetCancel() != nil {
						return broken("no such command")
					}
					return next(in)
				}
			}),
		},
		{
			Name: "answers-a-cancel", KilledBy: "CORE-CANCEL-005", Message: `failure "cancelled"`,
			MayAlsoFail: []string{"event-sourced/cancel/"},
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if cancel := in.GetCancel(); cancel != nil {
						return []*response{{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{
							CommandId: cancel.GetCommandId(), ClientAction: refusal(cancel.GetCommandId(), "cancelled"),
						}}}}, false
					}
					return next(in)
				}
			}),
		},
		{
			Name: "says-good-bye-when-passivated", KilledBy: "LIFE-PASS-004", Message: "got reply 0",
			MayAlsoFail: []string{"event-sourced/passivation/"},
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					if in.GetPassivate() != nil {
						out = []*response{reply(0, "")}
					}
					return out, end
				}
			}),
		},
		{
			Name: "asks-why-it-is-passivated", KilledBy: "LIFE-PASS-005", Message: "for no reason",
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if passivate := in.GetPassivate(); passivate != nil && entityv1.PassivationReason_name[int32(passivate.GetReason())] == "" {
						return broken("for no reason")
					}
					return next(in)
				}
			}),
		},
		{
			Name: "knows-no-passivation-without-a-reason", KilledBy: "LIFE-PASS-005", Message: "for no reason",
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if passivate := in.GetPassivate(); passivate != nil && passivate.GetReason() == 0 {
						return broken("for no reason")
					}
					return next(in)
				}
			}),
		},
	}
}

// droppingCancelled holds each answer back until the next message, and never gives that of
// a command for which a cancel comes.
func droppingCancelled() defect.Defect {
	return bent(func(entity *activation, next machine) machine {
		var held []*response
		return func(in *request) ([]*response, bool) {
			if in.GetCancel() != nil {
				held = nil
				return nil, false
			}
			out, end := next(in)
			if in.GetCommand() == nil || !entity.can(discoveryv1.Capability_CAPABILITY_CANCEL) {
				return slices.Concat(held, out), end
			}
			held, out = out, held
			return out, end
		}
	})
}
