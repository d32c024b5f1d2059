package crdt_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
)

var rewrite = flag.Bool("rewrite", false, "write the encodings that the code gives into testdata")

// golden are states of each sort, whose bytes may never change while their version is 1.
func golden(tb testing.TB) map[string]*crdt.State {
	tb.Helper()
	states := map[string]*crdt.State{"unset": {}, "deleted": (&crdt.State{}).Delete()}
	for name, updates := range map[string][]*replicatedv1.Delta{
		"gcounter":         ds(gcounter(0), gcounter(5), gcounter(300)),
		"pncounter":        ds(pncounter(5), pncounter(-300)),
		"gset":             ds(gset(text("a"), text("b"))),
		"orset":            ds(add("a", "b", "c"), remove("b"), add("b")),
		"lwwregister":      ds(custom("tea", -1), custom("mate", 7)),
		"flag":             ds(flagged(true)),
		"vote":             ds(vote(true)),
		"pncounter_map":    ds(oneType(crdt.PNCounterMap, &replicatedv1.ORMapDelta{Added: lines{entry("k", pncounter(-1))}})),
		"lwwregister_map":  ds(oneType(crdt.LWWRegisterMap, &replicatedv1.ORMapDelta{Added: lines{entry("k", custom("tea", 1))}})),
		"ormulti_map":      ds(oneType(crdt.ORMultiMap, &replicatedv1.ORMapDelta{Added: lines{entry("k", add("x"))}})),
		"ormap":            ds(added("k", gcounter(1)), added("l", add("x")), added("m", added("n", flagged(false))), gone("k")),
		"an_empty_counter": ds(gcounter(0)),
	} {
		state := &crdt.State{}
		for i, update := range updates {
			apply(tb, state, []string{"node-1", "node-2"}[i%2], update)
		}
		states[name] = state
	}
	hidden := both(tb).does("A", added("k", add("x"))).does("B", added("k", gcounter(2)))
	hidden.meet()
	states["two_types_of_one_entry"] = hidden.a
	last := &crdt.State{}
	for range 3 {
		states["a_delta"] = apply(tb, last, "node-1", add("x"))
	}
	return states
}

// The bytes of each state are those of testdata, and the bytes of testdata are read as
// the state. After a change of the format, which needs a new version, run with -rewrite.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, state := range golden(t) {
		path := filepath.Join("testdata", "golden", name+".hex")
		got := hex.Dump(state.Encode())
		if *rewrite {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != got {
			t.Errorf("%s is encoded as\n%s, want\n%s", name, got, want)
		}
		read, err := crdt.Decode(undump(t, string(want)))
		if err != nil || read.Type() != state.Type() || read.Deleted() != state.Deleted() || !bytes.Equal(read.Encode(), state.Encode()) {
			t.Errorf("%s is read as another state: %v", name, err)
		}
		view := crdt.View{Self: "node-1", Members: []string{"node-1"}}
		if show(read.Value(view)) != show(state.Value(view)) {
			t.Errorf("%s is read as %s", name, show(read.Value(view)))
		}
	}
}

// undump reads what hex.Dump has written.
func undump(t *testing.T, dump string) []byte {
	t.Helper()
	var all []byte
	for line := range strings.Lines(dump) {
		line, _, _ = strings.Cut(line[8:], "|")
		bytes, err := hex.DecodeString(strings.Join(strings.Fields(line), ""))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, bytes...)
	}
	return all
}

// Bytes that are no encoding are refused: cut off, with more behind them, of a newer
// version, or with what no writer writes.
func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for name, state := range golden(t) {
		encoded := state.Encode()
		for n := range encoded {
			if _, err := crdt.Decode(encoded[:n]); !errors.Is(err, crdt.ErrCorrupt) {
				t.Errorf("%s, cut off behind %d bytes: %v", name, n, err)
			}
		}
		if _, err := crdt.Decode(append(bytes.Clone(encoded), 0)); !errors.Is(err, crdt.ErrCorrupt) {
			t.Errorf("%s, with a byte behind it: %v", name, err)
		}
		encoded[0]++
		if _, err := crdt.Decode(encoded); !errors.Is(err, crdt.ErrNewer) {
			t.Errorf("%s, of a newer version: %v", name, err)
		}
	}
	// Names are "a" and "b"; node a has made the changes 1 and 2.
	const head, context = "0101" + "02" + "0161" + "0162", "01" + "00" + "01" + "01" + "01"
	for name, encoded := range map[string]string{
		"version 0":                     "0000",
		"an unknown sort":               "0103",
		"names out of order":            "0100" + "02" + "0162" + "0161" + "00",
		"a name twice":                  "0100" + "02" + "0161" + "0161" + "00",
		"more names than bytes":         "0100" + "ffffff7f",
		"a number that does not end":    "0100" + "ffffffffffffffffffffff",
		"a replica that has no name":    "0100" + "00" + "01" + "00" + "01" + "0100",
		"a replica twice":               "0100" + "010161" + "02" + "00" + "010100" + "00" + "010100",
		"a replica without changes":     "0100" + "010161" + "01" + "00" + "00",
		"change 0":                      "0100" + "010161" + "01" + "00" + "010000",
		"runs that touch":               "0100" + "010161" + "01" + "00" + "02" + "0100" + "0100",
		"a run that has no end":         "0100" + "010161" + "01" + "00" + "01" + "01ffffffffffffffffff01",
		"no type":                       head + context + "00",
		"an unknown type":               head + context + "0c",
		"a change that is not known":    head + context + "01" + "01" + "0003" + "0500",
		"a change of another replica":   head + context + "01" + "01" + "0101" + "0500",
		"changes out of order":          head + context + "01" + "02" + "0002" + "0500" + "0001" + "0500",
		"a change twice":                head + context + "06" + "02" + "0001" + "01" + "0001" + "01",
		"2 in the place of a bit":       head + context + "06" + "01" + "0001" + "02",
		"an element that nobody added":  head + context + "04" + "00" + "01" + "00" + "0178" + "00",
		"elements out of order":         head + context + "04" + "00" + "02" + "00" + "0179" + "010001" + "00" + "0178" + "010002",
		"an entry without a value":      head + context + "07" + "00" + "01" + "00" + "0178" + "00",
		"an entry without changes":      head + context + "07" + "00" + "01" + "00" + "0178" + "01" + "0100",
		"an entry's types out of order": head + context + "07" + "00" + "01" + "00" + "0178" + "02" + "0401" + "0001" + "00" + "0101" + "0002" + "0000",
		"a map of one type in an ORMap": head + context + "07" + "00" + "01" + "00" + "0178" + "01" + "0901" + "0001" + "00",
		"a set in a map of counters":    head + context + "09" + "00" + "01" + "00" + "0178" + "01" + "0401" + "0001" + "00",
		"keys out of order":             head + context + "07" + "00" + "02" + "00" + "0179" + "01" + "0101" + "0001" + "0000" + "00" + "0178" + "01" + "0101" + "0002" + "0000",
		"maps deeper than they may be":  head + context + strings.Repeat("07"+"01"+"0001"+"01"+"00"+"0178"+"01", 20) + "0101" + "0001" + "0000",
	} {
		bytes, err := hex.DecodeString(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := crdt.Decode(bytes); !errors.Is(err, crdt.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzDecode gives the decoder whatever bytes there are. What it takes can be merged and
// shown, and is written again as it was read.
func FuzzDecode(f *testing.F) {
	for _, state := range golden(f) {
		f.Add(state.Encode(), []byte{})
		f.Add(state.Encode(), state.Clone().Encode())
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		state, err := crdt.Decode(first)
		if err != nil {
			return
		}
		encoded := state.Encode()
		again, err := crdt.Decode(encoded)
		if err != nil || !bytes.Equal(again.Encode(), encoded) {
			t.Fatalf("%x is written as %x: %v", first, encoded, err)
		}
		other, err := crdt.Decode(second)
		if err != nil {
			other = again
		}
		one, two := state.Clone(), other.Clone()
		one.Merge(other)
		two.Merge(state)
		if !bytes.Equal(one.Encode(), two.Encode()) {
			t.Fatalf("%x and %x merge to %x, and the other way about to %x", first, second, one.Encode(), two.Encode())
		}
		view := crdt.View{Self: "node-1", Members: []string{"node-1", "B"}}
		if delta := crdt.Difference(&crdt.Value{}, one.Value(view)); delta != nil {
			value := &crdt.Value{}
			receive(value, delta)
			if !same(value, one.Value(view)) {
				t.Fatalf("of %s a function gets %s", show(one.Value(view)), show(value))
			}
		}
	})
}

// BenchmarkApply adds one element to a set of so many.
func BenchmarkApply(b *testing.B) {
	for _, size := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("elements=%d", size), func(b *testing.B) {
			state := large(b, size)
			update := add("0")
			b.ReportAllocs()
			for b.Loop() {
				apply(b, state, "A", update)
			}
		})
	}
}

// BenchmarkMerge merges a delta of one element into a set of so many.
func BenchmarkMerge(b *testing.B) {
	for _, size := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("elements=%d", size), func(b *testing.B) {
			state := large(b, size)
			change := apply(b, state.Clone(), "B", add("0"))
			b.ReportAllocs()
			for b.Loop() {
				state.Merge(change)
			}
		})
	}
}

// BenchmarkEncode writes, and reads again, a set of so many elements.
func BenchmarkEncode(b *testing.B) {
	for _, size := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("elements=%d", size), func(b *testing.B) {
			state := large(b, size)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := crdt.Decode(state.Encode()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(state.Encode()))/float64(size), "bytes/element")
		})
	}
}

// BenchmarkDifference tells a function of one element of so many.
func BenchmarkDifference(b *testing.B) {
	before := large(b, 10_000)
	after := before.Clone()
	apply(b, after, "B", add("new"))
	b.ReportAllocs()
	for b.Loop() {
		if crdt.Difference(before.Value(crdt.View{}), after.Value(crdt.View{})) == nil {
			b.Fatal("no difference")
		}
	}
}

func large(b *testing.B, size int) *crdt.State {
	b.Helper()
	state := &crdt.State{}
	names := make([]string, size)
	for n := range names {
		names[n] = strconv.Itoa(n)
	}
	apply(b, state, "A", add(names...))
	return state
}
