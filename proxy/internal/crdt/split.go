package crdt

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// Split returns deltas that do one after another what the delta does, each of so many
// bytes at most; the delta itself where it is no larger (REP-TURN-003, REP-INIT-004).
// It is not ok where one element, or one register, alone is larger.
func Split(delta *replicatedv1.Delta, most int) (parts []*replicatedv1.Delta, ok bool) {
	if proto.Size(delta) <= most {
		return []*replicatedv1.Delta{delta}, true
	}
	first, second := halve(delta)
	if first == nil {
		return nil, false
	}
	for _, half := range []*replicatedv1.Delta{first, second} {
		pieces, ok := Split(half, most)
		if !ok {
			return nil, false
		}
		parts = append(parts, pieces...)
	}
	return parts, true
}

// halve returns two deltas that do one after the other what the delta does; nothing
// where it is one thing alone.
func halve(delta *replicatedv1.Delta) (first, second *replicatedv1.Delta) {
	switch given := delta.GetDelta().(type) {
	case *replicatedv1.Delta_Gset:
		added := given.Gset.GetAdded()
		if len(added) < 2 {
			return nil, nil
		}
		return grow(added[:len(added)/2]), grow(added[len(added)/2:])
	case *replicatedv1.Delta_Orset:
		return halveSet(given.Orset)
	case *replicatedv1.Delta_Ormap, *replicatedv1.Delta_PncounterMap, *replicatedv1.Delta_LwwregisterMap, *replicatedv1.Delta_OrmultiMap:
		first, second := halveMap(standsFor(delta))
		if first == nil {
			return nil, nil
		}
		return inWordsOf(TypeOf(delta), first), inWordsOf(TypeOf(delta), second)
	default:
		return nil, nil
	}
}

func grow(added []*anypb.Any) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gset{Gset: &replicatedv1.GSetDelta{Added: added}}}
}

func halveSet(whole *replicatedv1.ORSetDelta) (first, second *replicatedv1.Delta) {
	removed, added := whole.GetRemoved(), whole.GetAdded()
	middle := (len(removed) + len(added)) / 2
	if middle == 0 {
		return nil, nil
	}
	var one, two replicatedv1.ORSetDelta
	one.Removed, two.Removed, middle = cut(removed, middle)
	one.Added, two.Added, _ = cut(added, middle)
	one.Cleared = whole.GetCleared()
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Orset{Orset: &one}},
		&replicatedv1.Delta{Delta: &replicatedv1.Delta_Orset{Orset: &two}}
}

// cut cuts the list at the place, and returns how many places are left behind it.
func cut[T any](list []T, at int) (first, second []T, left int) {
	here := min(at, len(list))
	return list[:here:here], list[here:], at - here
}

// halveMap halves the lists of the change, in their order, and where they hold one
// entry alone, that entry.
func halveMap(whole *replicatedv1.ORMapDelta) (first, second *replicatedv1.ORMapDelta) {
	removed, updated, added := whole.GetRemoved(), whole.GetUpdated(), whole.GetAdded()
	middle := (len(removed) + len(updated) + len(added)) / 2
	if middle == 0 {
		return halveEntry(whole)
	}
	first, second = &replicatedv1.ORMapDelta{Cleared: whole.GetCleared()}, &replicatedv1.ORMapDelta{}
	first.Removed, second.Removed, middle = cut(removed, middle)
	first.Updated, second.Updated, middle = cut(updated, middle)
	first.Added, second.Added, _ = cut(added, middle)
	return first, second
}

// halveEntry halves the value of the one entry: what is added in the first half is
// updated in the second.
func halveEntry(whole *replicatedv1.ORMapDelta) (first, second *replicatedv1.ORMapDelta) {
	entries, isNew := whole.GetAdded(), true
	if len(entries) == 0 {
		entries, isNew = whole.GetUpdated(), false
	}
	if len(entries) == 0 {
		return nil, nil
	}
	one, two := halve(entries[0].GetDelta())
	if one == nil {
		return nil, nil
	}
	begun := []*replicatedv1.ORMapEntryDelta{{Key: entries[0].GetKey(), Delta: one}}
	rest := []*replicatedv1.ORMapEntryDelta{{Key: entries[0].GetKey(), Delta: two}}
	if isNew {
		return &replicatedv1.ORMapDelta{Cleared: whole.GetCleared(), Added: begun}, &replicatedv1.ORMapDelta{Updated: rest}
	}
	return &replicatedv1.ORMapDelta{Cleared: whole.GetCleared(), Updated: begun}, &replicatedv1.ORMapDelta{Updated: rest}
}
