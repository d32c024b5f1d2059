package replicated

import (
	"math"
	"slices"

	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// typeMutants are wrong about one of the simple types.
func typeMutants() []defect.Mutant {
	return slices.Concat(counterMutants(), setMutants(), registerMutants(), flagAndVoteMutants(), encodingMutants())
}

func counterMutants() []defect.Mutant {
	const total = "the update is the value, and not what the command added"
	return []defect.Mutant{
		{
			Name: "gcounter-sends-its-total", KilledBy: "REP-GCOUNTER-001", Message: total,
			MayAlsoFail: generic(),
			Defect: onUpdates(func(entity *activation, _ *request, update *replicatedv1.Delta) {
				if counter, is := entity.value.(*gcounter); is {
					update.GetGcounter().Increment = counter.n
				}
			}),
		},
		{
			Name: "gcounter-stops-at-its-end", KilledBy: "REP-GCOUNTER-002", Message: "got reply 2 gcounter 18446744073709551615",
			Defect: onReceived(func(entity *activation, delta *replicatedv1.Delta) {
				if counter, is := entity.value.(*gcounter); is && delta.GetGcounter() != nil {
					delta.GetGcounter().Increment = min(delta.GetGcounter().GetIncrement(), math.MaxUint64-counter.n)
				}
			}),
		},
		{
			Name: "gcounter-takes-the-increment-for-the-value", KilledBy: "REP-GCOUNTER-002", Message: "got reply",
			MayAlsoFail: anyEntity(),
			Defect: onReceived(func(entity *activation, delta *replicatedv1.Delta) {
				if counter, is := entity.value.(*gcounter); is && delta.GetGcounter() != nil {
					delta.GetGcounter().Increment -= counter.n
				}
			}),
		},
		{
			Name: "pncounter-sends-its-total", KilledBy: "REP-PNCOUNTER-001", Message: total,
			MayAlsoFail: typed("pncounter"),
			Defect: onUpdates(func(entity *activation, _ *request, update *replicatedv1.Delta) {
				if counter, is := entity.value.(*pncounter); is {
					update.GetPncounter().Change = counter.n
				}
			}),
		},
		{
			Name: "pncounter-stops-at-its-end", KilledBy: "REP-PNCOUNTER-002", Message: "got reply 2 pncounter 9223372036854775807",
			Defect: onReceived(func(entity *activation, delta *replicatedv1.Delta) {
				if counter, is := entity.value.(*pncounter); is && counter.n == math.MaxInt64 && delta.GetPncounter().GetChange() > 0 {
					delta.GetPncounter().Change = 0
				}
			}),
		},
		{
			Name: "counters-leave-their-range", KilledBy: "REP-LIMIT-004", Message: "expected reply 1 failure, got reply 1",
			Defect: wrapping,
		},
	}
}

// wrapping lets counters of commands pass their ranges.
func wrapping() defect.Instance {
	return bending(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			before := entity.value
			out, end := next(in)
			if answer := first(out).GetReply(); answer.GetClientAction().GetFailure().GetDescription() == errRange.Error() && before != nil {
				wrapped := before.copy()
				switch counter := wrapped.(type) {
				case *gcounter:
					counter.n += increments(updatesOf(in))
				case *pncounter:
					for _, update := range updatesOf(in) {
						counter.n += update.GetPncounter().GetChange()
					}
				}
				entity.value = wrapped
				return []*response{reply(answer.GetCommandId(), wrapped.state())}, end
			}
			return out, end
		}
	})
}

func setMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "gset-sends-all-of-it", KilledBy: "REP-GSET-001", Message: "the update is the value",
			MayAlsoFail: typed("gset"),
			Defect: onUpdates(func(entity *activation, _ *request, update *replicatedv1.Delta) {
				if set, is := entity.value.(*gset); is {
					update.GetGset().Added = set.without(nil)
				}
			}),
		},
		{
			Name: "gset-sends-elements-twice", KilledBy: "REP-GSET-001", Message: `gset +["a", "a"]`,
			MayAlsoFail: typed("gset"),
			Defect: onUpdates(func(_ *activation, _ *request, update *replicatedv1.Delta) {
				if set := update.GetGset(); set != nil {
					set.Added = slices.Repeat(set.GetAdded(), 2)
				}
			}),
		},
		{
			Name: "gset-loses-what-comes-twice", KilledBy: "REP-GSET-002", Message: `got reply 1 gset ["a"]`,
			MayAlsoFail: typed("gset"),
			Defect: onRequests(func(entity *activation, in *request) {
				if set, is := entity.value.(*gset); is {
					for _, one := range in.GetDelta().GetGset().GetAdded() {
						if text, err := unpackString(one); err == nil && set.elements[text] != nil && text != "a" {
							in.GetDelta().GetGset().Added = nil
							delete(set.elements, text)
							return
						}
					}
				}
			}),
		},
		{
			Name: "orset-adds-before-it-removes", KilledBy: "REP-ORSET-001", Message: "got reply",
			MayAlsoFail: append(typed("orset"), "replicated-maps/ormultimap/"),
			Defect: onReceived(func(_ *activation, delta *replicatedv1.Delta) {
				if set := delta.GetOrset(); set != nil {
					set.Added = slices.DeleteFunc(set.GetAdded(), func(one *anypb.Any) bool {
						return set.GetCleared() || slices.ContainsFunc(set.GetRemoved(), func(gone *anypb.Any) bool {
							return string(gone.GetValue()) == string(one.GetValue())
						})
					})
				}
			}),
		},
		{
			Name: "orset-forgets-removes", KilledBy: "REP-ORSET-002", Message: "got reply",
			MayAlsoFail: typed("orset"),
			Defect: onUpdates(func(_ *activation, _ *request, update *replicatedv1.Delta) {
				if set := update.GetOrset(); set != nil {
					set.Removed = nil
				}
			}),
		},
		{
			Name: "orset-clears-and-removes", KilledBy: "REP-ORSET-003", Message: "cleared -[",
			MayAlsoFail: typed("orset"),
			Defect: clearing(func(entity *activation, update *replicatedv1.ORSetDelta, before *orset) {
				update.Removed = before.without(entity.value.(*orset).elements) //nolint:forcetypeassert // an update of its type
			}),
		},
		{
			Name: "orset-clears-what-it-added", KilledBy: "REP-ORSET-004", Message: "what the clear removed was not added again",
			MayAlsoFail: typed("orset"),
			Defect: clearing(func(entity *activation, update *replicatedv1.ORSetDelta, before *orset) {
				update.Added = entity.value.(*orset).without(before.elements) //nolint:forcetypeassert // an update of its type
			}),
		},
		{
			Name: "orset-clears-after-the-add", KilledBy: "REP-ORSET-002", Message: "the clear was put before the add",
			MayAlsoFail: typed("orset"),
			Defect: clearing(func(_ *activation, update *replicatedv1.ORSetDelta, _ *orset) {
				update.Added = append(update.GetAdded(), packString("c"))
			}),
		},
		{
			Name: "orset-removes-what-is-not-there", KilledBy: "REP-ORSET-006", Message: `update orset -["a"]`,
			MayAlsoFail: typed("orset"),
			Defect: onAnswers(func(entity *activation, in *request, reply *replicatedv1.ReplicatedReply) {
				for _, update := range updatesOf(in) {
					gone := update.GetOrset().GetRemove()
					if _, is := entity.value.(*orset); is && gone != "" && reply.GetStateAction() == nil {
						reply.StateAction = updating(orsetDelta(&replicatedv1.ORSetDelta{Removed: []*anypb.Any{packString(gone)}}))
					}
				}
			}),
		},
	}
}

// clearing is the defect of the updates of sets that were cleared by their commands.
func clearing(change func(entity *activation, update *replicatedv1.ORSetDelta, before *orset)) defect.Defect {
	return bent(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			entity.style.clears = true
			before, is := entity.value.(*orset)
			out, end := next(in)
			for _, message := range out {
				if update := message.GetReply().GetStateAction().GetUpdate().GetOrset(); is && update.GetCleared() {
					change(entity, update, before)
				}
			}
			return out, end
		}
	})
}
