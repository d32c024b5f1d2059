package crdt_test

import (
	"bytes"
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
)

// everyType is all that an entity can be.
var everyType = []crdt.Type{
	crdt.GCounter, crdt.PNCounter, crdt.GSet, crdt.ORSet, crdt.LWWRegister, crdt.Flag, crdt.ORMap, crdt.Vote,
	crdt.PNCounterMap, crdt.LWWRegisterMap, crdt.ORMultiMap,
}

// node is one proxy with one active entity.
type node struct {
	view crdt.View
	// held is what the proxy holds, shown what its function has been shown, and
	// function the plain value that the function really has.
	held, shown *crdt.State
	function    *crdt.Value
	// learnt and seen are the changes of the model in held and in shown.
	learnt, seen known
	now          int64
}

// sent is one delta on its way, which may be lost, doubled and reordered.
type sent struct {
	bytes   []byte
	changes known
}

// network is some nodes and what is between them.
type network struct {
	of    crdt.Type
	model model
	nodes []*node
	sent  []sent
}

func newNetwork(t *rapid.T, of crdt.Type, size int) *network {
	w := &network{of: of}
	var members []string
	for n := range size {
		members = append(members, fmt.Sprintf("node-%d", n))
	}
	for _, self := range members {
		w.nodes = append(w.nodes, &node{
			view: crdt.View{Self: self, Members: members}, held: &crdt.State{}, shown: &crdt.State{},
			function: fresh(of), learnt: known{}, seen: known{}, now: rapid.Int64Range(-2, 6).Draw(t, "clock"),
		})
	}
	return w
}

// update lets the function of a node change its value.
func (w *network) update(t *rapid.T, n *node) {
	delta := command(t, n.function, 0)
	before := len(w.model.changes)
	(&author{&w.model, n.view.Self, n.now, n.seen}).update("", delta, false)
	change, err := n.shown.Apply(delta, crdt.Author{Replica: n.view.Self, Now: n.now, Maps: true})
	if err != nil {
		t.Fatalf("the update %v of %v: %v", delta, n.function, err)
	}
	receiveOwn(n.function, delta, n.view)
	n.held.Merge(change)
	message := sent{change.Encode(), known{}}
	for c := before; c < len(w.model.changes); c++ {
		message.changes[c], n.learnt[c] = true, true
	}
	w.sent = append(w.sent, message)
}

// receiveOwn does to the function's value what its own command did. Of a vote it
// counts by itself (REP-VOTE-003).
func receiveOwn(value *crdt.Value, delta *replicatedv1.Delta, view crdt.View) {
	switch value.Type {
	case crdt.Vote:
		if self := delta.GetVote().GetSelfVote(); self != value.Self {
			value.Self = self
			value.For += map[bool]int32{true: 1, false: -1}[self]
		}
	case crdt.ORMap:
		receiveOwnMap(value, delta.GetOrmap(), view)
	default:
		receive(value, delta)
	}
}

func receiveOwnMap(value *crdt.Value, delta *replicatedv1.ORMapDelta, view crdt.View) {
	receiveMap(value, &replicatedv1.ORMapDelta{Cleared: delta.GetCleared(), Removed: delta.GetRemoved()})
	for _, entry := range delta.GetUpdated() {
		receiveOwn(value.Entries[payload(entry.GetKey())], entry.GetDelta(), view)
	}
	for _, entry := range delta.GetAdded() {
		added := fresh(crdt.TypeOf(entry.GetDelta()))
		receiveOwn(added, entry.GetDelta(), view)
		value.Entries[payload(entry.GetKey())] = added
	}
}

// deliver merges one of the deltas that were ever sent.
func (w *network) deliver(t *rapid.T, n *node) {
	if len(w.sent) > 0 {
		message := rapid.SampledFrom(w.sent).Draw(t, "delta")
		n.held.Merge(decode(t, message.bytes))
		maps.Copy(n.learnt, message.changes)
	}
}

// exchange merges the whole state of another node, as anti-entropy does.
func (w *network) exchange(t *rapid.T, n, other *node) {
	n.held.Merge(decode(t, other.held.Encode()))
	maps.Copy(n.learnt, other.learnt)
}

// show brings the function up to what its proxy holds: in the proxy's turn.
func (w *network) show(t *rapid.T, n *node) {
	if want := n.shown.Held(n.view); !same(want, n.function) && n.shown.Type() != crdt.Unset {
		t.Fatalf("the proxy believes that the function holds (-), and it holds (+)\n%s", cmp.Diff(want, n.function))
	}
	if delta := crdt.Difference(n.shown.Held(n.view), n.held.Value(n.view)); delta != nil {
		parts, ok := crdt.Split(delta, rapid.SampledFrom([]int{1 << 20, 80}).Draw(t, "size"))
		if !ok {
			t.Fatalf("%v cannot be split", delta)
		}
		for _, part := range parts {
			receive(n.function, part)
		}
	}
	n.shown = n.held.Clone()
	n.shown.Settle()
	n.seen = maps.Clone(n.learnt)
	if want := n.held.Value(n.view); want.Type != crdt.Unset && !same(want, n.function) {
		t.Fatalf("the proxy holds (-), and its function (+)\n%s", cmp.Diff(want, n.function))
	}
}

// same compares values; one without elements has none, however it is written.
func same(a, b *crdt.Value) bool { return cmp.Equal(a, b, cmpopts.EquateEmpty()) }

func decode(t *rapid.T, encoded []byte) *crdt.State {
	state, err := crdt.Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if again := state.Encode(); !bytes.Equal(again, encoded) {
		t.Fatalf("%x is encoded again as %x", encoded, again)
	}
	return state
}

// disturb lets the nodes work for a while: apart, or with deltas that are lost,
// doubled and reordered between them.
func (w *network) disturb(t *rapid.T, steps int) {
	for range steps {
		n := rapid.SampledFrom(w.nodes).Draw(t, "node")
		switch rapid.IntRange(0, 9).Draw(t, "step") {
		case 0, 1, 2, 3:
			w.update(t, n)
		case 4, 5, 6:
			w.deliver(t, n)
		case 7:
			w.exchange(t, n, rapid.SampledFrom(w.nodes).Draw(t, "other"))
		default:
			w.show(t, n)
		}
		n.now += rapid.Int64Range(0, 2).Draw(t, "time")
	}
}

// REP-COPY-001, REP-MERGE-001, REP-MERGE-002, REP-MERGE-004, REP-GCOUNTER-003, REP-PNCOUNTER-003, REP-GSET-003,
// REP-ORSET-007, REP-ORSET-008, REP-ORSET-009, REP-LWW-005, REP-LWW-006, REP-LWW-007, REP-LWW-009, REP-FLAG-003,
// REP-MAP-009, REP-MAP-010, REP-MAP-011, REP-MAP-012, REP-MAP-013, REP-MAP-014, REP-MAP-015, REP-VOTE-005,
// REP-VOTE-006, REP-DELTA-005, REP-TURN-003, REP-PNMAP-003, REP-LWWMAP-003, REP-MULTI-003: whatever is lost, doubled,
// reordered or cut off, nodes that have exchanged what they hold have the value of the plain model, and so has each
// function, by its own arithmetic and the deltas that it was sent.
func TestConverge(t *testing.T) {
	t.Parallel()
	for _, of := range everyType {
		t.Run(of.String(), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				w := newNetwork(t, of, rapid.IntRange(1, 3).Draw(t, "nodes"))
				w.disturb(t, rapid.IntRange(1, 40).Draw(t, "steps"))
				w.settle(t)
			})
		})
	}
}

// settle lets every node learn everything, and judges what each comes to.
func (w *network) settle(t *rapid.T) {
	for range 2 {
		for _, n := range w.nodes {
			for _, other := range w.nodes {
				w.exchange(t, n, other)
			}
		}
	}
	all := known{}
	for c := range w.model.changes {
		all[c] = true
	}
	for _, n := range w.nodes {
		w.show(t, n)
		if !bytes.Equal(n.held.Encode(), w.nodes[0].held.Encode()) {
			t.Fatalf("%s holds another state than %s", n.view.Self, w.nodes[0].view.Self)
		}
		want, got := w.model.value(all, "", w.of, n.view), n.held.Value(n.view)
		if got.Type != crdt.Unset && !same(want, got) {
			t.Fatalf("of %s the model has (-), and the state (+)\n%s", n.view.Self, cmp.Diff(want, got))
		}
	}
}

// REP-MERGE-002, REP-COPY-001: merging commutes, associates and is idempotent, of
// states and of deltas.
func TestMergeLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newNetwork(t, rapid.SampledFrom(everyType).Draw(t, "type"), 3)
		w.disturb(t, 25)
		pool := [][]byte{(&crdt.State{}).Encode()}
		for _, n := range w.nodes {
			pool = append(pool, n.held.Encode(), n.shown.Encode())
		}
		for _, message := range w.sent {
			pool = append(pool, message.bytes)
		}
		var abc [3][]byte
		for i := range abc {
			abc[i] = rapid.SampledFrom(pool).Draw(t, "state")
		}
		a, b, c := abc[0], abc[1], abc[2]
		want := merge(t, merge(t, a, b), c)
		for name, got := range map[string][]byte{
			"a (b c)": merge(t, a, merge(t, b, c)), "c (b a)": merge(t, c, merge(t, b, a)), "(b a) c": merge(t, merge(t, b, a), c),
			"((a b) c) b": merge(t, want, b), "itself": merge(t, want, want),
		} {
			if !bytes.Equal(got, want) {
				t.Fatalf("%s is not (a b) c\n%x\n%x\n%x", name, a, b, c)
			}
		}
	})
}

func merge(t *rapid.T, a, b []byte) []byte {
	state := decode(t, a)
	state.Merge(decode(t, b))
	return state.Encode()
}
