package replicated

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/types/known/anypb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// ormap is a map of values.
type ormap struct {
	entries map[string]mapped
	// typeOf is the type of the value under a key.
	typeOf func(key string) string
	// births is how many entries there have ever been: one that was removed and added
	// again is another.
	births int
	// emptied says that a command has left the map without entries.
	emptied bool
}

// mapped is one entry: its key in the bytes in which it came, and its value.
type mapped struct {
	key   *anypb.Any
	value value
	birth int
}

func newMap(typeOf func(key string) string) *ormap {
	return &ormap{entries: map[string]mapped{}, typeOf: typeOf}
}

func (m *ormap) receive(delta *replicatedv1.Delta) error {
	if delta.GetOrmap() == nil {
		return foreign(delta)
	}
	return m.take(delta.GetOrmap())
}

// take changes the map as a delta says.
func (m *ormap) take(change *replicatedv1.ORMapDelta) error {
	if change.GetCleared() {
		clear(m.entries)
	}
	for _, one := range change.GetRemoved() {
		key, err := unpackString(one)
		if err != nil {
			return err
		}
		delete(m.entries, key)
	}
	for _, entry := range change.GetUpdated() {
		key, err := unpackString(entry.GetKey())
		if err != nil {
			return err
		}
		old, there := m.entries[key]
		if !there {
			return fmt.Errorf("no entry %q", key)
		}
		if err := old.value.receive(entry.GetDelta()); err != nil {
			return err
		}
	}
	for _, entry := range change.GetAdded() {
		key, err := unpackString(entry.GetKey())
		if err != nil {
			return err
		}
		if err := m.add(key, entry.GetKey()); err != nil {
			return err
		}
		added := m.entries[key].value.copy()
		if err := added.receive(entry.GetDelta()); err != nil {
			return err
		}
		m.entries[key] = mapped{entry.GetKey(), added, m.births}
	}
	return nil
}

// add puts an empty value under the key, in the place of any other.
func (m *ormap) add(key string, packed *anypb.Any) error {
	name := m.typeOf(key)
	if isMapOfOne(name) {
		return fmt.Errorf("no %s in a map", name)
	}
	added, err := create(name)
	if err != nil {
		return err
	}
	m.births++
	m.entries[key] = mapped{packed, added, m.births}
	return nil
}

func (m *ormap) perform(update *tckreplicatedv1.Update) (bool, error) {
	if update.GetOrmap() == nil {
		return false, foreign(update)
	}
	return m.change(update.GetOrmap())
}

// change changes the map as a command asks.
func (m *ormap) change(update *tckreplicatedv1.ORMapUpdate) (did bool, err error) {
	size := len(m.entries)
	switch action := update.GetAction().(type) {
	case *tckreplicatedv1.ORMapUpdate_Add:
		if _, there := m.entries[action.Add]; there {
			return false, nil
		}
		return true, m.add(action.Add, packString(action.Add))
	case *tckreplicatedv1.ORMapUpdate_Update:
		key := action.Update.GetKey()
		_, there := m.entries[key]
		if !there {
			if err := m.add(key, packString(key)); err != nil {
				return false, err
			}
		}
		did, err := m.entries[key].value.perform(action.Update.GetUpdate())
		return did || !there, err
	case *tckreplicatedv1.ORMapUpdate_Remove:
		delete(m.entries, action.Remove)
	case *tckreplicatedv1.ORMapUpdate_Clear:
		if action.Clear {
			clear(m.entries)
		}
	}
	did = len(m.entries) != size
	m.emptied = m.emptied || did && len(m.entries) == 0
	return did, nil
}

func (m *ormap) since(before value, style style) *replicatedv1.Delta {
	change := m.difference(before.(*ormap), style) //nolint:forcetypeassert // a value is copied as its own type
	if change == nil {
		return nil
	}
	return ormapDelta(change)
}

// difference is the change from the map that this one was copied from; nil where there
// is none.
func (m *ormap) difference(old *ormap, style style) *replicatedv1.ORMapDelta {
	change := &replicatedv1.ORMapDelta{Cleared: style.clears && m.emptied}
	for _, key := range old.keys() {
		if m.entries[key].birth != old.entries[key].birth && !change.GetCleared() {
			change.Removed = append(change.GetRemoved(), old.entries[key].key)
		}
	}
	for _, key := range m.keys() {
		now, then := m.entries[key], old.entries[key]
		if now.birth != then.birth {
			change.Added = append(change.GetAdded(), &replicatedv1.ORMapEntryDelta{Key: now.key, Delta: now.value.whole()})
		} else if delta := now.value.since(then.value, style); delta != nil {
			change.Updated = append(change.GetUpdated(), &replicatedv1.ORMapEntryDelta{Key: now.key, Delta: delta})
		}
	}
	if !change.GetCleared() && len(change.GetRemoved())+len(change.GetUpdated())+len(change.GetAdded()) == 0 {
		return nil
	}
	return change
}

func (m *ormap) whole() *replicatedv1.Delta { return ormapDelta(m.entire()) }

// entire is the change from the empty map.
func (m *ormap) entire() *replicatedv1.ORMapDelta {
	if change := m.difference(newMap(nil), style{}); change != nil {
		return change
	}
	return &replicatedv1.ORMapDelta{}
}

func ormapDelta(change *replicatedv1.ORMapDelta) *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Ormap{Ormap: change}}
}

func (m *ormap) keys() []string { return slices.Sorted(maps.Keys(m.entries)) }

func (m *ormap) state() *tckreplicatedv1.State {
	shown := &tckreplicatedv1.ORMapValue{}
	for _, key := range m.keys() {
		shown.Entries = append(shown.GetEntries(), &tckreplicatedv1.ORMapEntryValue{Key: key, Value: m.entries[key].value.state()})
	}
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Ormap{Ormap: shown}}
}

func (m *ormap) copy() value { return m.clone() }

func (m *ormap) clone() *ormap {
	same := &ormap{entries: map[string]mapped{}, typeOf: m.typeOf, births: m.births}
	for key, entry := range m.entries {
		same.entries[key] = mapped{entry.key, entry.value.copy(), entry.birth}
	}
	return same
}
