package replicated

import (
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

func registerMutants() []defect.Mutant {
	radius := typed("lwwregister")
	onWrites := func(change func(entity *activation, in *request, write *replicatedv1.LWWRegisterDelta)) defect.Defect {
		return onUpdates(func(entity *activation, in *request, update *replicatedv1.Delta) {
			if write := update.GetLwwregister(); write != nil {
				change(entity, in, write)
			}
		})
	}
	return []defect.Mutant{
		{
			Name: "register-sends-its-first-write", KilledBy: "REP-LWW-001", Message: "the first of two writes was sent",
			MayAlsoFail: radius,
			Defect: onWrites(func(_ *activation, in *request, write *replicatedv1.LWWRegisterDelta) {
				if asked := updatesOf(in); len(asked) > 0 {
					write.Value = packString(asked[0].GetLwwregister().GetValue())
				}
			}),
		},
		{
			Name: "register-is-created-in-silence", KilledBy: "REP-UPD-002", Message: `got reply 1 lwwregister ""`,
			MayAlsoFail: radius,
			Defect: bent(func(entity *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					unset := entity.value == nil
					out, end := next(in)
					if update := first(out).GetReply().GetStateAction().GetUpdate(); unset && update.GetLwwregister() != nil {
						first(out).GetReply().StateAction = nil
					}
					return out, end
				}
			}),
		},
		{
			Name: "register-ignores-the-clock", KilledBy: "REP-LWW-002", Message: "the clock was ignored",
			MayAlsoFail: append(radius, "replicated-maps/lwwregistermap/"),
			Defect: onWrites(func(_ *activation, _ *request, write *replicatedv1.LWWRegisterDelta) {
				write.Clock = replicatedv1.Clock_CLOCK_DEFAULT
			}),
		},
		{
			Name: "register-keeps-quiet-when-nothing-is-new", KilledBy: "REP-LWW-003", Message: `got reply 1 lwwregister "a"`,
			MayAlsoFail: radius,
			Defect: bent(func(entity *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					before, is := entity.value.(*register)
					out, end := next(in)
					reply := first(out).GetReply()
					if write := reply.GetStateAction().GetUpdate().GetLwwregister(); is && write != nil &&
						string(write.GetValue().GetValue()) == string(before.last.GetValue().GetValue()) {
						reply.StateAction = nil
					}
					return out, end
				}
			}),
		},
		{
			Name: "register-compares-times", KilledBy: "REP-LWW-004", Message: `got reply 2 lwwregister "b"`,
			MayAlsoFail: radius,
			Defect: ignoring(func(entity *activation, in *request) bool {
				held, is := entity.value.(*register)
				return is && in.GetDelta() != nil && held.last.GetCustomClockValue() > 0
			}),
		},
	}
}

func flagAndVoteMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "flag-unsets-itself", KilledBy: "REP-FLAG-001", Message: "update flag false",
			MayAlsoFail: typed("flag"),
			Defect: onUpdates(func(_ *activation, _ *request, update *replicatedv1.Delta) {
				if update.GetFlag() != nil {
					update.GetFlag().Value = false
				}
			}),
		},
		{
			Name: "flag-is-unset-from-elsewhere", KilledBy: "REP-FLAG-002", Message: "got reply 4 flag false",
			MayAlsoFail: typed("flag"),
			Defect: onReceived(func(entity *activation, delta *replicatedv1.Delta) {
				if held, is := entity.value.(*flag); is && delta.GetFlag() != nil && !delta.GetFlag().GetValue() {
					held.set = false
				}
			}),
		},
		{
			Name: "vote-sends-all-of-it", KilledBy: "REP-VOTE-001", Message: "update vote true, 1 of 1",
			MayAlsoFail: typed("vote"),
			Defect: onUpdates(func(entity *activation, _ *request, update *replicatedv1.Delta) {
				if held, is := entity.value.(*vote); is && update.GetVote() != nil {
					update.GetVote().VotesFor, update.GetVote().TotalVoters = held.votesFor, held.voters
				}
			}),
		},
		{
			Name: "vote-takes-no-zeros", KilledBy: "REP-VOTE-002", Message: "got reply",
			MayAlsoFail: typed("vote"),
			Defect: onReceived(func(entity *activation, delta *replicatedv1.Delta) {
				if held, is := entity.value.(*vote); is && delta.GetVote() != nil {
					shown := delta.GetVote()
					shown.SelfVote = shown.GetSelfVote() || held.self
					if shown.GetVotesFor() == 0 {
						shown.VotesFor = held.votesFor
					}
				}
			}),
		},
		{
			Name: "vote-does-not-count-itself", KilledBy: "REP-VOTE-003", Message: "got reply 1 vote true, 0 of 1",
			MayAlsoFail: typed("vote"),
			Defect:      uncounted,
		},
		{
			Name: "vote-says-it-again", KilledBy: "REP-VOTE-004", Message: "update vote true",
			MayAlsoFail: typed("vote"),
			Defect: onAnswers(func(entity *activation, in *request, reply *replicatedv1.ReplicatedReply) {
				if held, is := entity.value.(*vote); is && len(updatesOf(in)) > 0 && reply.GetStateAction() == nil && reply.GetClientAction().GetFailure() == nil {
					reply.StateAction = updating(held.whole())
				}
			}),
		},
	}
}

// uncounted leaves the number of votes to the proxy.
func uncounted() defect.Instance {
	return bending(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			before, known := entity.value.(*vote)
			out, end := next(in)
			if now, is := entity.value.(*vote); is && known && in.GetCommand() != nil && now.self != before.self {
				now.votesFor = before.votesFor
				for _, message := range out {
					if message.GetReply() != nil {
						message.GetReply().ClientAction = reply(0, now.state()).GetReply().GetClientAction()
					}
				}
			}
			return out, end
		}
	})
}
