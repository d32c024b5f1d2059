package crdt

import (
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/anypb"
	"pgregory.net/rapid"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// Two values that tell each other their deltas stay equal, whichever is changed
// (REP-UPD-001, REP-DELTA-001, REP-ORSET-002, REP-MAP-003, REP-GCOUNTER-002,
// REP-PNCOUNTER-002, REP-LWW-004, REP-FLAG-002); a delta holds nothing that was
// received (REP-DELTA-003), leads from the empty value to the same
// (REP-INIT-008), and is undone without a trace (REP-FAIL-003).
func TestDeltas(t *testing.T) {
	t.Parallel()
	for name, newValue := range makers() {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			here, there := newValue(), newValue()
			tell(t, here, there) // a register is created with a value
			for range rapid.IntRange(1, 5).Draw(t, "commands") {
				before := plain(here)
				for range rapid.IntRange(0, 6).Draw(t, "acts") {
					act(t, here)
				}
				if rapid.IntRange(0, 3).Draw(t, "fails") == 0 {
					here.Rollback()
					same(t, "rolled back", before, plain(here))
				}
				tell(t, here, there)
				here, there = there, here
			}
		}))
	}
}

// tell commits what was done to one value, and applies it to the other.
func tell(t *rapid.T, from, to Value) {
	before := plain(from)
	delta := from.Delta()
	same(t, "asked for its delta", before, plain(from))
	same(t, "asked again", delta, from.Delta())
	if empty := proto.Size(inner(delta)) == 0; empty == from.Changed() {
		t.Fatalf("changed: %v, with %v", from.Changed(), delta)
	}
	held := plain(to)
	changed, err := to.Apply(shuffled(t, delta))
	switch {
	case !from.Changed():
		if err == nil && changed {
			t.Fatal("an empty delta has changed something")
		}
	case err != nil:
		t.Fatal(err)
	case !changed && !cmp.Equal(held, plain(to)):
		t.Fatalf("%v has changed it in silence", delta)
	}
	same(t, "told", plain(from), plain(to))
	if to.Changed() {
		t.Fatalf("what was received is to be sent: %v", to.Delta())
	}
	from.Commit()
	if from.Changed() {
		t.Fatalf("what was sent is to be sent again: %v", from.Delta())
	}
}

func same(t *rapid.T, when string, want, got any) {
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", when, diff)
	}
}

// inner returns the message in the case that is set.
func inner(delta *replicatedv1.Delta) (message proto.Message) {
	delta.ProtoReflect().Range(func(_ protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		message = value.Message().Interface()
		return true
	})
	return message
}

// shuffled returns the delta with each of its lists in another order
// (REP-EQ-004).
func shuffled(t *rapid.T, delta *replicatedv1.Delta) *replicatedv1.Delta {
	delta = proto.CloneOf(delta)
	set, or, entries := delta.GetGset(), delta.GetOrset(), delta.GetOrmap()
	if set != nil {
		set.Added = permuted(t, set.GetAdded())
	}
	if or != nil {
		or.Removed, or.Added = permuted(t, or.GetRemoved()), permuted(t, or.GetAdded())
	}
	if entries != nil {
		entries.Removed = permuted(t, entries.GetRemoved())
		entries.Updated, entries.Added = permuted(t, entries.GetUpdated()), permuted(t, entries.GetAdded())
	}
	return delta
}

func permuted[T any](t *rapid.T, list []T) []T {
	if len(list) < 2 {
		return list
	}
	return rapid.Permutation(list).Draw(t, "order")
}

// The lists of a set's update are what came and what went, once each
// (REP-ORSET-003, REP-ORSET-004, REP-ORSET-006); a clear names what is there
// afterwards, and nothing of what went (REP-ORSET-005).
func TestListsOfASet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		set, before := begin(t, NewORSet(String()))
		for range rapid.IntRange(0, 8).Draw(t, "acts") {
			act(t, set)
		}
		after := collect(set.All())
		delta := set.Delta().GetOrset()
		if delta.GetCleared() {
			if len(before) == 0 {
				t.Fatal("an empty set is cleared")
			}
			named(t, "added, cleared", delta.GetAdded(), after, nil)
			named(t, "removed, cleared", delta.GetRemoved(), nil, nil)
			return
		}
		named(t, "added", delta.GetAdded(), after, before)
		named(t, "removed", delta.GetRemoved(), before, after)
	})
}

// begin returns the collection with something in it, committed.
func begin[C interface {
	Value
	All() iter.Seq[string]
}](t *rapid.T, set C) (C, map[string]any) {
	for range rapid.IntRange(0, 5).Draw(t, "before") {
		act(t, set)
	}
	set.Commit()
	return set, collect(set.All())
}

// named checks that the list names what is in one set and not in the other, each
// once.
func named(t *rapid.T, what string, list []*anypb.Any, in, notIn map[string]any) {
	var want, got []string
	for key := range in {
		if _, is := notIn[key]; !is {
			want = append(want, key)
		}
	}
	for _, form := range list {
		key, err := String().unpack(form)
		accept(t, err)
		got = append(got, key)
	}
	slices.Sort(want)
	slices.Sort(got)
	same(t, what, want, got)
}

// The lists of a map's update (REP-MAP-001, REP-MAP-004 to REP-MAP-008), against a
// reference that notes what the command did to each key.
func TestListsOfAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := NewPNCounterMap(String())
		for range rapid.IntRange(0, 5).Draw(t, "before") {
			act(t, m)
		}
		m.Commit()
		there, gone, isNew, changes, cleared := plain(m).(map[string]any), map[string]any{}, map[string]any{}, map[string]int64{}, false
		was := plain(m).(map[string]any)
		remove := func(key string) {
			if _, is := there[key]; is {
				if _, had := was[key]; had {
					gone[key] = true
				}
				delete(there, key)
				delete(isNew, key)
				delete(changes, key)
			}
		}
		for range rapid.IntRange(0, 10).Draw(t, "acts") {
			key := rapid.SampledFrom(names).Draw(t, "key")
			switch rapid.IntRange(0, 4).Draw(t, "act") {
			case 0:
				m.Clear()
				cleared = cleared || (len(there) > 0 && len(was) > 0)
				for _, key := range names {
					remove(key)
				}
			case 1:
				m.Delete(key)
				remove(key)
			default:
				n := rapid.Int64Range(-1, 1).Draw(t, "n")
				accept(t, m.Add(key, n))
				if _, is := there[key]; !is {
					isNew[key] = true
				}
				there[key] = true
				changes[key] += n
			}
		}
		delta := m.Delta().GetPncounterMap()
		if delta.GetCleared() != cleared {
			t.Fatalf("cleared: %v", delta)
		}
		if cleared {
			gone = nil
		}
		named(t, "removed", delta.GetRemoved(), gone, nil)
		named(t, "added", keysOf(delta.GetAdded()), isNew, nil)
		updated := map[string]any{}
		for key, n := range changes {
			if _, is := isNew[key]; !is && n != 0 {
				updated[key] = true
			}
		}
		named(t, "updated", keysOf(delta.GetUpdated()), updated, nil)
		for _, entry := range append(delta.GetUpdated(), delta.GetAdded()...) {
			if key, _ := String().unpack(entry.GetKey()); entry.GetChange() != changes[key] {
				t.Fatalf("%q changes by %d, not %d", key, entry.GetChange(), changes[key])
			}
		}
	})
}

func keysOf[E interface{ GetKey() *anypb.Any }](entries []E) []*anypb.Any {
	return each(entries, func(entry E) *anypb.Any { return entry.GetKey() })
}

// An update of a map of one type stands for that of an ORMap with the same
// values, to which the same was done (REP-PNMAP-002, REP-LWWMAP-002,
// REP-MULTI-002), and one that is received as well (REP-PNMAP-001,
// REP-LWWMAP-001, REP-MULTI-001).
func TestMapsOfOneTypeStandForAnORMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		short := NewORMultiMap(String(), String())
		long := NewORMap(String(), func(string) *ORSet[string] { return NewORSet(String()) })
		for range 2 {
			for range rapid.IntRange(0, 8).Draw(t, "acts") {
				key := rapid.SampledFrom(names).Draw(t, "key")
				element := rapid.SampledFrom(names).Draw(t, "element")
				switch rapid.IntRange(0, 5).Draw(t, "act") {
				case 0:
					short.Clear()
					long.Clear()
				case 1:
					short.Delete(key)
					long.Delete(key)
				case 2:
					short.Ensure(key).Delete(element)
					long.Ensure(key).Delete(element)
				default:
					short.Ensure(key).Add(element)
					long.Ensure(key).Add(element)
				}
			}
			is, stands := short.Delta().GetOrmultiMap(), long.Delta().GetOrmap()
			same(t, "cleared", stands.GetCleared(), is.GetCleared())
			same(t, "removed", stands.GetRemoved(), is.GetRemoved())
			same(t, "updated", each(stands.GetUpdated(), shortSet), is.GetUpdated())
			same(t, "added", each(stands.GetAdded(), shortSet), is.GetAdded())
			short.Commit()
			long.Commit()
		}
	})
}

func shortSet(entry *replicatedv1.ORMapEntryDelta) *replicatedv1.ORMultiMapEntryDelta {
	return &replicatedv1.ORMultiMapEntryDelta{Key: entry.GetKey(), Set: entry.GetDelta().GetOrset()}
}
