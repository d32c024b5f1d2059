package replicated

import (
	"sync"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// updateMutants are wrong about what they send, of whatever type.
func updateMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "forgets-changes-of-the-value", KilledBy: "REP-UPD-001", Message: "got reply 1 gcounter 1",
			MayAlsoFail: anyEntity(),
			Defect: onReplies(func(reply *replicatedv1.ReplicatedReply) {
				if reply.GetStateAction().GetUpdate() != nil {
					reply.StateAction = nil
				}
			}),
		},
		{
			Name: "sends-the-last-of-several-changes", KilledBy: "REP-UPD-001", Message: "update gcounter +3",
			MayAlsoFail: generic(),
			Defect: onUpdates(func(_ *activation, in *request, update *replicatedv1.Delta) {
				for _, asked := range updatesOf(in) {
					if counter := update.GetGcounter(); counter != nil && asked.GetGcounter() != nil {
						counter.Increment = asked.GetGcounter().GetIncrement()
					}
				}
			}),
		},
		{
			Name: "sends-the-changes-of-other-commands", KilledBy: "REP-UPD-001", Message: "update gcounter +6",
			MayAlsoFail: anyEntity(),
			Defect:      accumulating,
		},
		{
			Name: "sends-an-update-for-nothing", KilledBy: "REP-UPD-002", Message: "update gcounter +0",
			MayAlsoFail: anyEntity(),
			Defect: onAnswers(func(entity *activation, in *request, reply *replicatedv1.ReplicatedReply) {
				if entity.value == nil || reply.GetStateAction() != nil || in.GetCommand().GetName() == "Call" || reply.GetClientAction().GetFailure() != nil {
					return
				}
				reply.StateAction = updating(entity.nothing())
			}),
		},
		{
			Name: "ignores-the-write-consistency", KilledBy: "REP-WRITE-001", Message: "MAJORITY, got",
			Defect: onReplies(func(reply *replicatedv1.ReplicatedReply) {
				if reply.GetStateAction() != nil {
					reply.StateAction.WriteConsistency = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_LOCAL
				}
			}),
		},
		{
			Name: "remembers-the-write-consistency", KilledBy: "REP-WRITE-001", Message: "got reply 2 gcounter 4, update gcounter +2 MAJORITY",
			Defect:      stickyConsistency,
			MayAlsoFail: []string{"replicated/write-consistency/"},
		},
		{
			Name: "cancels-at-local", KilledBy: "REP-WRITE-001", Message: "got stream_cancelled_response 1, update gcounter +2",
			Defect: onCancelled(func(answer *replicatedv1.StreamCancelledResponse) {
				if answer.GetStateAction() != nil {
					answer.StateAction.WriteConsistency = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_LOCAL
				}
			}),
		},
		{
			Name: "sends-an-update-for-a-delete", KilledBy: "REP-DEL-001", Message: "got reply 1",
			MayAlsoFail: []string{"replicated/write-consistency/of-a-delete", "replicated/failures/delete"},
			Defect: onAnswers(func(entity *activation, _ *request, reply *replicatedv1.ReplicatedReply) {
				if fresh, err := create(kindOf(entity)); err == nil && reply.GetStateAction().GetDelete() != nil {
					reply.StateAction.Action = &replicatedv1.StateAction_Update{Update: fresh.whole()}
				}
			}),
		},
		{
			Name: "sends-the-update-instead-of-the-delete", KilledBy: "REP-DEL-001", Message: "update gcounter +3",
			MayAlsoFail: []string{"replicated/write-consistency/of-a-delete"},
			Defect: onRequests(func(_ *activation, in *request) {
				asking(in, func(actions []*tckreplicatedv1.RequestAction) []*tckreplicatedv1.RequestAction {
					if len(actions) < 2 {
						return actions
					}
					var kept []*tckreplicatedv1.RequestAction
					for _, action := range actions {
						if action.GetDelete() == nil {
							kept = append(kept, action)
						}
					}
					return kept
				})
			}),
		},
		{
			Name: "keeps-the-value-of-a-deleted-entity", KilledBy: "REP-DEL-002", Message: "the value of the deleted entity has survived",
			MayAlsoFail: deleting(),
			Defect:      undead,
		},
		{
			Name: "ends-the-stream-for-a-delete", KilledBy: "REP-DEL-002", Message: "expected end OK",
			MayAlsoFail: append(deleting(), "replicated/activation/delete-first"),
			Defect: onOutputs(func(_ *activation, in *request, out []*response) []*response {
				if in.GetDelete() != nil {
					return append(out, reply(0, nil))
				}
				return out
			}),
		},
		{
			Name: "takes-few-commands", KilledBy: "REP-TURN-007", Message: `failure "too many commands"`,
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if in.GetCommand().GetId() > 32 {
						return refused(in, "too many commands")
					}
					return next(in)
				}
			}),
		},
		{
			Name: "answers-the-first-of-several-alone", KilledBy: "REP-TURN-007", Message: "nothing within",
			MayAlsoFail: anyEntity(),
			Defect:      ignoring(func(_ *activation, in *request) bool { return in.GetCommand().GetId()%4 == 3 }),
		},
	}
}

// deleting are the cases in which an entity is deleted.
func deleting() []string {
	radius := []string{"replicated/deletion/"}
	for _, label := range labels() {
		radius = append(radius, "replicated/"+label+"/delete")
	}
	return radius
}

// labels are those of the cases of each type.
func labels() []string {
	return []string{"gcounter", "pncounter", "gset", "orset", "lwwregister", "flag", "ormap", "vote"}
}

// onCancelled is the defect that changes the answer to every cancellation.
func onCancelled(change func(answer *replicatedv1.StreamCancelledResponse)) defect.Defect {
	return onOutputs(func(_ *activation, _ *request, out []*response) []*response {
		for _, message := range out {
			if answer := message.GetStreamCancelledResponse(); answer != nil {
				change(answer)
			}
		}
		return out
	})
}

// accumulating sends with each update of a growing counter what other commands of the
// stream have added.
func accumulating() defect.Instance {
	return bending(func(_ *activation, next machine) machine {
		var sum uint64
		return func(in *request) ([]*response, bool) {
			out, end := next(in)
			for _, message := range out {
				if update := message.GetReply().GetStateAction().GetUpdate().GetGcounter(); update != nil {
					update.Increment += sum
					sum = update.GetIncrement()
				}
			}
			return out, end
		}
	})
}

// stickyConsistency sends the strictest write consistency that any update of the stream
// asked for.
func stickyConsistency() defect.Instance {
	return bending(func(_ *activation, next machine) machine {
		var strictest replicatedv1.WriteConsistency
		return func(in *request) ([]*response, bool) {
			out, end := next(in)
			for _, message := range out {
				if action := message.GetReply().GetStateAction(); action != nil {
					strictest = max(strictest, action.GetWriteConsistency())
					action.WriteConsistency = strictest
				}
			}
			return out, end
		}
	})
}

// undead keeps the values of entities that were deleted, and takes them for what their
// next streams start from.
func undead() defect.Instance {
	var mu sync.Mutex
	values := map[string]value{}
	return bending(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			mu.Lock()
			defer mu.Unlock()
			before := entity.value
			out, end := next(in)
			if held := values[entity.id]; held != nil && in.GetInit() != nil && !end {
				entity.value = held
			}
			if in != nil && before != nil && entity.value == nil {
				values[entity.id] = before
			}
			return out, end
		}
	})
}
