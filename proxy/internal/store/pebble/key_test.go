package pebble

import (
	"bytes"
	"cmp"
	"strings"
	"testing"

	"github.com/stateward/stateward/proxy/internal/store"
)

// FuzzPrefix checks that no entity's keys are another's, nor between another's,
// and that entities sort by persistence id and then by key.
func FuzzPrefix(f *testing.F) {
	f.Add("a", "b", "a", "b")
	f.Add("a", "b", "ab", "")
	f.Add("a\x00", "b", "a", "\x00b")
	f.Add("a", "\x00\x01b", "a\x00\x01", "b")
	f.Add("", "", "", "\xff")
	f.Fuzz(func(t *testing.T, persistenceA, keyA, persistenceB, keyB string) {
		a := appendPrefix(nil, store.ID{Persistence: persistenceA, Entity: keyA})
		b := appendPrefix(nil, store.ID{Persistence: persistenceB, Entity: keyB})
		want := cmp.Or(strings.Compare(persistenceA, persistenceB), strings.Compare(keyA, keyB))
		if got := bytes.Compare(a, b); got != want {
			t.Errorf("%x and %x compare as %d, want %d", a, b, got, want)
		}
		if want != 0 && bytes.HasPrefix(b, a) {
			t.Errorf("%x is a prefix of %x", a, b)
		}
		if last := recordKey(a, kindEnd); want < 0 && bytes.Compare(last, b) >= 0 {
			t.Errorf("the last key %x of one entity is not before %x", last, b)
		}
	})
}

func TestKeysSortByKindAndSequence(t *testing.T) {
	t.Parallel()
	prefix := appendPrefix(nil, store.ID{Persistence: "p", Entity: "e"})
	keys := [][]byte{
		recordKey(prefix, kindHead), recordKey(prefix, kindSnapshot),
		eventKey(prefix, 1), eventKey(prefix, 2), eventKey(prefix, 255), eventKey(prefix, 256), eventKey(prefix, 1<<62),
		recordKey(prefix, kindEnd),
	}
	for i := range len(keys) - 1 {
		if bytes.Compare(keys[i], keys[i+1]) >= 0 {
			t.Errorf("%x is not before %x", keys[i], keys[i+1])
		}
	}
}

// TestKeyBytes holds the keys to FORMAT.md.
func TestKeyBytes(t *testing.T) {
	t.Parallel()
	prefix := appendPrefix(nil, store.ID{Persistence: "ab", Entity: "\x00"})
	want := []byte{0x01, 'a', 'b', 0x00, 0x01, 0x00, 0xff, 0x00, 0x01, 0x04, 0, 0, 0, 0, 0, 0, 0x01, 0x02}
	if got := eventKey(prefix, 258); !bytes.Equal(got, want) {
		t.Errorf("the key is % x, want % x", got, want)
	}
}

func FuzzParseSuffix(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{kindHead})
	f.Add([]byte{kindSnapshot})
	f.Add(eventKey(nil, 1))
	f.Add([]byte{kindEvent, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{kindEvent, 0xff, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{kindOldEvent, 0, 0, 0, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, suffix []byte) {
		kind, sequence, err := parseSuffix(suffix)
		if err != nil {
			return
		}
		again := recordKey(nil, kind)
		if kind == kindEvent || kind == kindOldEvent {
			again = append([]byte{kind}, eventKey(nil, sequence)[1:]...)
		}
		if !bytes.Equal(again, suffix) {
			t.Errorf("% x is read as kind %d and sequence %d, which is % x", suffix, kind, sequence, again)
		}
	})
}
