package crdt

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// names are few, so that changes meet.
var names = []string{"", "a", "b", "c"}

// makers make an empty value of each type. A vote's deltas do not say the same
// in both directions, and has its own tests.
func makers() map[string]func() Value {
	return map[string]func() Value{
		"GCounter":       func() Value { return NewGCounter() },
		"PNCounter":      func() Value { return NewPNCounter() },
		"GSet":           func() Value { return NewGSet(String()) },
		"ORSet":          func() Value { return NewORSet(String()) },
		"LWWRegister":    func() Value { return NewLWWRegister(String(), "") },
		"Flag":           func() Value { return NewFlag() },
		"ORMap":          func() Value { return newMixed() },
		"PNCounterMap":   func() Value { return NewPNCounterMap(String()) },
		"LWWRegisterMap": func() Value { return NewLWWRegisterMap(String(), String()) },
		"ORMultiMap":     func() Value { return NewORMultiMap(String(), String()) },
	}
}

// newMixed returns a map whose values are of the type that their key names.
func newMixed() *ORMap[string, Entry] {
	return NewORMap(String(), func(key string) Entry {
		switch key {
		case "gcounter":
			return NewGCounter()
		case "pncounter":
			return NewPNCounter()
		case "gset":
			return NewGSet(String())
		case "orset":
			return NewORSet(String())
		case "register":
			return NewLWWRegister(String(), "")
		case "flag":
			return NewFlag()
		default:
			return newMixed()
		}
	})
}

var mixedKeys = []string{"gcounter", "pncounter", "gset", "orset", "register", "flag", "map"}

// act does one thing to the value, as a handler does.
func act(t *rapid.T, value Value) {
	name := rapid.SampledFrom(names).Draw(t, "name")
	switch value := value.(type) {
	case *GCounter:
		accept(t, value.Add(rapid.Uint64Range(0, 2).Draw(t, "n")))
	case *PNCounter:
		accept(t, value.Add(rapid.Int64Range(-2, 2).Draw(t, "n")))
	case *GSet[string]:
		value.Add(name)
	case *ORSet[string]:
		edit(t, value, name, func() { value.Add(name) })
	case *LWWRegister[string]:
		value.SetAt(name, Custom(rapid.Int64Range(0, 9).Draw(t, "time")))
	case *Flag:
		if name == "a" {
			value.Set()
		}
	case *ORMap[string, Entry]:
		key := rapid.SampledFrom(mixedKeys).Draw(t, "key")
		edit(t, value, key, func() { act(t, value.Ensure(key)) })
	case *PNCounterMap[string]:
		edit(t, value, name, func() { accept(t, value.Add(name, rapid.Int64Range(-2, 2).Draw(t, "n"))) })
	case *LWWRegisterMap[string, string]:
		edit(t, value, name, func() { value.Set(name, rapid.SampledFrom(names).Draw(t, "value")) })
	case *ORMultiMap[string, string]:
		edit(t, value, name, func() { act(t, value.Ensure(name)) })
	default:
		t.Fatalf("nothing is known to do to a %T", value)
	}
}

// edit removes the key, or everything, or does what it is given.
func edit(t *rapid.T, value interface {
	Delete(key string) bool
	Clear()
}, key string, put func(),
) {
	switch rapid.IntRange(0, 5).Draw(t, "edit") {
	case 0:
		value.Clear()
	case 1, 2:
		value.Delete(key)
	default:
		put()
	}
}

func accept(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

// plain returns the value in Go's own types: an independent picture, to compare.
func plain(value Value) any {
	switch value := value.(type) {
	case *GCounter:
		return value.Value()
	case *PNCounter:
		return value.Value()
	case *GSet[string]:
		return collect(value.All())
	case *ORSet[string]:
		return collect(value.All())
	case *LWWRegister[string]:
		return value.Get()
	case *Flag:
		return value.Value()
	case *ORMap[string, Entry]:
		return collectMap(value.All(), func(v Entry) any { return plain(v) })
	case *PNCounterMap[string]:
		return collectMap(value.All(), func(v int64) any { return v })
	case *LWWRegisterMap[string, string]:
		return collectMap(value.All(), func(v string) any { return v })
	case *ORMultiMap[string, string]:
		return collectMap(value.All(), func(v *ORSet[string]) any { return plain(v) })
	default:
		panic(fmt.Sprintf("a %T", value))
	}
}

func collect(all func(func(string) bool)) map[string]any {
	set := map[string]any{}
	for element := range all {
		set[element] = true
	}
	return set
}

func collectMap[V any](all func(func(string, V) bool), of func(V) any) map[string]any {
	entries := map[string]any{}
	for key, value := range all {
		entries[key] = of(value)
	}
	return entries
}

// A collection knows its size, and what it has.
func TestLenAndHas(t *testing.T) {
	t.Parallel()
	for name, newValue := range makers() {
		collection, is := newValue().(interface {
			Value
			Len() int
			Has(key string) bool
		})
		if !is {
			continue
		}
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			for range rapid.IntRange(0, 12).Draw(t, "acts") {
				act(t, collection)
			}
			keys, _ := plain(collection).(map[string]any)
			if collection.Len() != len(keys) {
				t.Fatalf("%d of %v", collection.Len(), keys)
			}
			for _, key := range append(names, mixedKeys...) {
				if _, there := keys[key]; collection.Has(key) != there {
					t.Fatalf("has %q: %v, of %v", key, !there, keys)
				}
			}
		}))
	}
}

// A range that is left early ends.
func TestRangesAreLeft(t *testing.T) {
	t.Parallel()
	set, counters, registers, sets := NewORSet(String()), NewPNCounterMap(String()), NewLWWRegisterMap(String(), Int64()), NewORMultiMap(String(), String())
	for _, name := range names {
		set.Add(name)
		_ = counters.Add(name, 1)
		registers.Set(name, 1)
		sets.Ensure(name)
	}
	seen := strings.Builder{}
	for range set.All() {
		seen.WriteString("s")
		break
	}
	for range counters.All() {
		seen.WriteString("c")
		break
	}
	for range registers.All() {
		seen.WriteString("r")
		break
	}
	for range sets.All() {
		seen.WriteString("m")
		break
	}
	if seen.String() != "scrm" {
		t.Errorf("ranged %q", seen.String())
	}
}
