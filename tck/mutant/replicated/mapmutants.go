package replicated

import (
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// onMaps is the defect that changes every update of an ORMap.
func onMaps(change func(entity *activation, in *request, update *replicatedv1.ORMapDelta)) defect.Defect {
	return onUpdates(func(entity *activation, in *request, update *replicatedv1.Delta) {
		if update.GetOrmap() != nil {
			change(entity, in, update.GetOrmap())
		}
	})
}

// mapMutants are wrong about maps.
func mapMutants() []defect.Mutant {
	return append(ormapMutants(), oneTypeMutants()...)
}

func ormapMutants() []defect.Mutant {
	radius := typed("ormap")
	return []defect.Mutant{
		{
			Name: "sends-pncounters-as-gcounters", KilledBy: "REP-TYPE-001", Message: "gcounter +1",
			MayAlsoFail: typed("pncounter"),
			Defect: onUpdates(func(_ *activation, _ *request, update *replicatedv1.Delta) {
				mistype(update)
				for _, entry := range slices.Concat(update.GetOrmap().GetUpdated(), update.GetOrmap().GetAdded()) {
					mistype(entry.GetDelta())
				}
			}),
		},
		{
			Name: "takes-updates-of-another-type", KilledBy: "REP-TYPE-001", Message: "expected a failure for command 1, got reply 1",
			MayAlsoFail: []string{"replicated/streamed/fails", "replicated/activation/type-follows"},
			Defect:      takingAnyUpdate(),
		},
		{
			Name: "map-has-entries-without-a-delta", KilledBy: "REP-MAP-001", Message: "no delta",
			MayAlsoFail: radius,
			Defect: onMaps(func(_ *activation, _ *request, update *replicatedv1.ORMapDelta) {
				for _, entry := range update.GetAdded() {
					if isEmpty(entry) {
						entry.Delta = nil
					}
				}
			}),
		},
		{
			Name: "map-adds-before-it-removes", KilledBy: "REP-MAP-002", Message: "got reply 1 ormap",
			MayAlsoFail: radius,
			Defect: onReceived(func(_ *activation, delta *replicatedv1.Delta) {
				if change := delta.GetOrmap(); change != nil {
					change.Added = slices.DeleteFunc(change.GetAdded(), func(entry *replicatedv1.ORMapEntryDelta) bool {
						return change.GetCleared() || names(change.GetRemoved(), entry.GetKey())
					})
				}
			}),
		},
		{
			Name: "map-forgets-removes", KilledBy: "REP-MAP-003", Message: "got reply",
			MayAlsoFail: radius,
			Defect:      onMaps(func(_ *activation, _ *request, update *replicatedv1.ORMapDelta) { update.Removed = nil }),
		},
		{
			Name: "map-removes-twice", KilledBy: "REP-MAP-004", Message: `-["GCounter-n", "GCounter-n"]`,
			MayAlsoFail: radius,
			Defect: onMaps(func(_ *activation, _ *request, update *replicatedv1.ORMapDelta) {
				update.Removed = slices.Repeat(update.GetRemoved(), 2)
			}),
		},
		{
			Name: "map-names-untouched-entries", KilledBy: "REP-MAP-005", Message: "ormap ~[",
			MayAlsoFail: radius,
			Defect: onAnswers(func(entity *activation, in *request, reply *replicatedv1.ReplicatedReply) {
				held, is := entity.value.(*ormap)
				if !is || len(held.entries) == 0 || reply.GetStateAction() != nil || len(updatesOf(in)) == 0 || reply.GetClientAction().GetFailure() != nil {
					return
				}
				key := held.keys()[0]
				if fresh, err := create(typeOf(key)); err == nil {
					reply.StateAction = updating(ormapDelta(&replicatedv1.ORMapDelta{
						Updated: []*replicatedv1.ORMapEntryDelta{{Key: held.entries[key].key, Delta: fresh.whole()}},
					}))
				}
			}),
		},
		{
			Name: "map-replaces-without-a-word", KilledBy: "REP-MAP-006", Message: "got reply 1 ormap",
			MayAlsoFail: radius,
			Defect: onMaps(func(_ *activation, _ *request, update *replicatedv1.ORMapDelta) {
				update.Removed = slices.DeleteFunc(update.GetRemoved(), func(key *anypb.Any) bool {
					return slices.ContainsFunc(update.GetAdded(), func(entry *replicatedv1.ORMapEntryDelta) bool {
						return names([]*anypb.Any{key}, entry.GetKey())
					})
				})
			}),
		},
		{
			Name: "map-loses-empty-entries", KilledBy: "REP-MAP-007", Message: "got reply 1 ormap",
			MayAlsoFail: radius,
			Defect: onMaps(func(_ *activation, _ *request, update *replicatedv1.ORMapDelta) {
				update.Added = slices.DeleteFunc(update.GetAdded(), isEmpty)
			}),
		},
		{
			Name: "map-takes-maps-of-one-type", KilledBy: "REP-MAP-017", Message: "got reply 1",
			Defect: onFailures(func(_ *activation, in *request, reply *replicatedv1.ReplicatedReply) {
				for _, update := range updatesOf(in) {
					fresh, err := create(typeOf(update.GetOrmap().GetAdd()))
					if err == nil && isMapOfOne(typeOf(update.GetOrmap().GetAdd())) {
						reply.StateAction = updating(ormapDelta(&replicatedv1.ORMapDelta{Added: []*replicatedv1.ORMapEntryDelta{{
							Key: packString(update.GetOrmap().GetAdd()), Delta: fresh.whole(),
						}}}))
						reply.ClientAction = nil
					}
				}
			}),
		},
	}
}

// mistype gives the delta of a counter that shrinks too the case of one that grows.
func mistype(delta *replicatedv1.Delta) {
	if counter := delta.GetPncounter(); counter != nil {
		delta.Delta = &replicatedv1.Delta_Gcounter{Gcounter: &replicatedv1.GCounterDelta{Increment: uint64(counter.GetChange())}}
	}
}

// takingAnyUpdate answers a command with an update of another type as if it did nothing.
func takingAnyUpdate() defect.Defect {
	return onFailures(func(entity *activation, in *request, answer *replicatedv1.ReplicatedReply) {
		updates := updatesOf(in)
		if len(updates) > 0 && entity.value != nil && updates[len(updates)-1].GetPncounter() != nil && kindOf(entity) == "GCounter" {
			answer.ClientAction = reply(0, entity.value.state()).GetReply().GetClientAction()
		}
	})
}

// names reports whether a list has the key.
func names(list []*anypb.Any, key *anypb.Any) bool {
	return slices.ContainsFunc(list, func(one *anypb.Any) bool { return proto.Equal(one, key) })
}

// isEmpty reports whether an entry is added with an empty value.
func isEmpty(entry *replicatedv1.ORMapEntryDelta) bool {
	key, err := unpackString(entry.GetKey())
	if err != nil {
		return false
	}
	fresh, err := create(typeOf(key))
	return err == nil && proto.Equal(fresh.whole(), entry.GetDelta())
}

// oneTypeMutants are wrong about one of the maps of one type.
func oneTypeMutants() []defect.Mutant {
	var all []defect.Mutant
	for _, m := range []struct{ name, label, received, sent string }{
		{"PNCounterMap", "pncountermap", "REP-PNMAP-001", "REP-PNMAP-002"},
		{"LWWRegisterMap", "lwwregistermap", "REP-LWWMAP-001", "REP-LWWMAP-002"},
		{"ORMultiMap", "ormultimap", "REP-MULTI-001", "REP-MULTI-002"},
	} {
		radius := []string{"replicated-maps/" + m.label + "/"}
		all = append(all,
			defect.Mutant{
				Name: m.label + "-ignores-updates", KilledBy: m.received, Message: "got reply",
				MayAlsoFail: radius,
				Defect: onReceived(func(entity *activation, delta *replicatedv1.Delta) {
					if kindOf(entity) == m.name {
						withoutUpdated(delta)
					}
				}),
			},
			defect.Mutant{
				Name: m.label + "-forgets-updates", KilledBy: m.sent, Message: "got reply 3",
				MayAlsoFail: radius,
				Defect: onUpdates(func(entity *activation, _ *request, update *replicatedv1.Delta) {
					if kindOf(entity) == m.name {
						withoutUpdated(update)
					}
				}),
			},
			defect.Mutant{
				Name: m.label + "-announces-itself-twice", KilledBy: m.sent, Message: "got reply 2",
				MayAlsoFail: radius,
				Defect: onAnswers(func(entity *activation, _ *request, reply *replicatedv1.ReplicatedReply) {
					if fresh, err := create(m.name); err == nil && kindOf(entity) == m.name && reply.GetStateAction() == nil {
						reply.StateAction = updating(fresh.whole())
					}
				}),
			})
	}
	return all
}

// withoutUpdated takes the list updated out of the delta of a map of one type.
func withoutUpdated(delta *replicatedv1.Delta) {
	switch change := delta.GetDelta().(type) {
	case *replicatedv1.Delta_PncounterMap:
		change.PncounterMap.Updated = nil
	case *replicatedv1.Delta_LwwregisterMap:
		change.LwwregisterMap.Updated = nil
	case *replicatedv1.Delta_OrmultiMap:
		change.OrmultiMap.Updated = nil
	}
}
