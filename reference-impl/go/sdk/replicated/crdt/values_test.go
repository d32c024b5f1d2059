package crdt

import (
	"errors"
	"math"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// A counter is never taken out of its range by its own proxy (REP-LIMIT-004),
// and wraps where several were (REP-GCOUNTER-002, REP-PNCOUNTER-002).
func TestRanges(t *testing.T) {
	t.Parallel()
	grows, both := NewGCounter(), NewPNCounter()
	apply(t, grows, &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gcounter{Gcounter: &replicatedv1.GCounterDelta{Increment: math.MaxUint64 - 1}}})
	apply(t, both, &replicatedv1.Delta{Delta: &replicatedv1.Delta_Pncounter{Pncounter: &replicatedv1.PNCounterDelta{Change: math.MaxInt64 - 1}}})
	if err := errors.Join(grows.Add(1), both.Add(1)); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"a GCounter": grows.Add(1), "a PNCounter": both.Add(1)} {
		if !errors.Is(err, ErrRange) || status.Code(err) != codes.OutOfRange {
			t.Errorf("%s over the brim: %v", name, err)
		}
	}
	if grows.Value() != math.MaxUint64 || both.Value() != math.MaxInt64 {
		t.Errorf("refused, and now %d and %d", grows.Value(), both.Value())
	}
	says(t, grows, `{"gcounter": {"increment": "1"}}`)
	apply(t, grows, grows.Delta())
	apply(t, both, both.Delta())
	if grows.Value() != 0 || both.Value() != math.MinInt64 {
		t.Errorf("over the brim by others: %d and %d", grows.Value(), both.Value())
	}
	if err := NewPNCounter().Add(math.MinInt64); err != nil {
		t.Errorf("the least that there is: %v", err)
	}
	both = NewPNCounter()
	if err := errors.Join(both.Add(math.MaxInt64), both.Add(-2)); err != nil || !errors.Is(both.Add(math.MaxInt64), ErrRange) {
		t.Errorf("%v, and %d", err, both.Value())
	}
}

// REP-VOTE-001, REP-VOTE-002, REP-VOTE-003, REP-VOTE-004.
func TestVote(t *testing.T) {
	t.Parallel()
	vote := NewVote()
	if vote.Mine() || vote.For() != 0 || vote.Voters() != 1 {
		t.Errorf("a new vote: %v", vote)
	}
	vote.Cast(false) // it is so already
	if vote.Changed() {
		t.Error("nothing was done, and yet it has changed")
	}
	vote.Cast(true)
	if !vote.Mine() || vote.For() != 1 || !vote.Changed() {
		t.Errorf("given: %v", vote)
	}
	says(t, vote, `{"vote": {"selfVote": true}}`)
	vote.Rollback()
	if vote.Mine() || vote.For() != 0 || vote.Changed() {
		t.Errorf("undone: %v", vote)
	}
	vote.Cast(true)
	vote.Commit()
	apply(t, vote, &replicatedv1.Delta{Delta: &replicatedv1.Delta_Vote{Vote: &replicatedv1.VoteDelta{SelfVote: true, VotesFor: 2, TotalVoters: 3}}})
	if vote.For() != 2 || vote.Voters() != 3 || vote.Changed() {
		t.Errorf("received: %v", vote)
	}
	vote.Cast(false)
	vote.Cast(true)
	if vote.Changed() {
		t.Error("withdrawn and given again, it has changed")
	}
	vote.Cast(false)
	if vote.For() != 1 {
		t.Errorf("withdrawn: %v", vote)
	}
	says(t, vote, `{"vote": {}}`)
	vote.Commit()
	apply(t, vote, &replicatedv1.Delta{Delta: &replicatedv1.Delta_Vote{Vote: &replicatedv1.VoteDelta{}}})
	if vote.Mine() || vote.For() != 0 || vote.Voters() != 0 {
		t.Errorf("defaults are values too: %v", vote)
	}
}

// REP-LWW-001, REP-LWW-002, REP-LWW-003: the last value that was set, with its clock.
func TestRegister(t *testing.T) {
	t.Parallel()
	register := NewLWWRegister(Message[*wrapperspb.StringValue](), wrapperspb.String("new"))
	const value = `{"lwwregister": {"value": {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": "new"}`
	says(t, register, value+`}}`)
	register.Rollback() // created all the same
	says(t, register, value+`}}`)
	register.Commit()
	for _, c := range []struct {
		clock Clock
		want  string
	}{
		{Clock{}, `}}`},
		{Reverse(), `, "clock": "CLOCK_REVERSE"}}`},
		{Custom(-5), `, "clock": "CLOCK_CUSTOM", "customClockValue": "-5"}}`},
		{CustomAutoIncrement(7), `, "clock": "CLOCK_CUSTOM_AUTO_INCREMENT", "customClockValue": "7"}}`},
	} {
		register.SetAt(wrapperspb.String("old"), CustomAutoIncrement(9))
		register.SetAt(wrapperspb.String("new"), c.clock) // the same as it was
		says(t, register, value+c.want)
		register.Commit()
	}
}

// The table of the specification: what a command on a map of a 5 and z 1 is
// answered with (REP-PNMAP-002, REP-MAP-005, REP-MAP-006, REP-MAP-007).
func TestTableOfPNCounterMap(t *testing.T) {
	t.Parallel()
	const a, b = `{"@type": "type.googleapis.com/google.protobuf.StringValue", "value": "a"}`, `{"@type": "type.googleapis.com/google.protobuf.StringValue", "value": "b"}`
	keyA, keyB := wrapperspb.String("a"), wrapperspb.String("b")
	type counters = PNCounterMap[*wrapperspb.StringValue]
	for name, c := range map[string]struct {
		do   func(m *counters) error
		want string
	}{
		"adds 3 to a, takes 1 from it": {
			func(m *counters) error { return errors.Join(m.Add(keyA, 3), m.Add(keyA, -1)) },
			`{"updated": [{"key": ` + a + `, "change": "2"}]}`,
		},
		"removes a": {
			func(m *counters) error { m.Delete(keyA); return nil },
			`{"removed": [` + a + `]}`,
		},
		"adds 3 to a, removes it": {
			func(m *counters) error { err := m.Add(keyA, 3); m.Delete(keyA); return err },
			`{"removed": [` + a + `]}`,
		},
		"removes a, then adds 3 to a new a": {
			func(m *counters) error { m.Delete(keyA); return m.Add(keyA, 3) },
			`{"removed": [` + a + `], "added": [{"key": ` + a + `, "change": "3"}]}`,
		},
		"adds 3 to a, takes 3 from it": {func(m *counters) error { return errors.Join(m.Add(keyA, 3), m.Add(keyA, -3)) }, `{}`},
		"creates b": {
			func(m *counters) error { return m.Add(keyB, 0) },
			`{"added": [{"key": ` + b + `}]}`,
		},
		"adds 3 to b, which creates it": {
			func(m *counters) error { return m.Add(keyB, 3) },
			`{"added": [{"key": ` + b + `, "change": "3"}]}`,
		},
		"removes every entry, then creates b": {
			func(m *counters) error { m.Clear(); return m.Add(keyB, 0) },
			`{"cleared": true, "added": [{"key": ` + b + `}]}`,
		},
		"removes b, which is not there": {func(m *counters) error { m.Delete(keyB); return nil }, `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := NewPNCounterMap(Message[*wrapperspb.StringValue]())
			if err := errors.Join(m.Add(keyA, 5), m.Add(wrapperspb.String("z"), 1)); err != nil {
				t.Fatal(err)
			}
			m.Commit()
			if err := c.do(m); err != nil {
				t.Fatal(err)
			}
			says(t, m, `{"pncounterMap": `+c.want+`}`)
			if m.Changed() == (c.want == `{}`) {
				t.Errorf("changed: %v", m.Changed())
			}
		})
	}
}

// A delta of another type, or of none, is refused by every value (REP-DELTA-004,
// REP-TYPE-001); a map of one type is none that stands in an ORMap (REP-MAP-017).
func TestDeltasOfAnotherType(t *testing.T) {
	t.Parallel()
	all := makers()
	all["Vote"] = func() Value { return NewVote() }
	for name, newValue := range all {
		for other, another := range all {
			delta := another().Delta()
			if other == "LWWRegister" {
				continue // has a value of its own, below
			}
			if _, err := newValue().Apply(delta); (err == nil) != (name == other) {
				t.Errorf("a %s is given the delta of a %s: %v", name, other, err)
			}
		}
		for _, delta := range []*replicatedv1.Delta{
			nil, {}, {Delta: &replicatedv1.Delta_Lwwregister{Lwwregister: &replicatedv1.LWWRegisterDelta{}}},
		} {
			if _, err := newValue().Apply(delta); err == nil {
				t.Errorf("a %s takes %v", name, delta)
			}
		}
		if _, nests := newValue().(Entry); nests == (name == "PNCounterMap" || name == "LWWRegisterMap" || name == "ORMultiMap") {
			t.Errorf("a %s stands in an ORMap: %v", name, nests)
		}
	}
}

// An entry that lacks its key, or whose delta is of another type, is refused.
func TestEntriesThatCannotBeApplied(t *testing.T) {
	t.Parallel()
	key := String().mustPack("pncounter")
	for name, entry := range map[string]*replicatedv1.ORMapEntryDelta{
		"no key":            {Delta: NewPNCounter().Delta()},
		"no delta":          {Key: key},
		"another type":      {Key: key, Delta: NewGCounter().Delta()},
		"a map of one type": {Key: key, Delta: NewPNCounterMap(String()).Delta()},
	} {
		for _, delta := range []*replicatedv1.ORMapDelta{
			{Added: []*replicatedv1.ORMapEntryDelta{entry}},
			{Updated: []*replicatedv1.ORMapEntryDelta{entry}},
		} {
			m := newMixed()
			m.Ensure("pncounter")
			m.Commit()
			if _, err := m.Apply(&replicatedv1.Delta{Delta: &replicatedv1.Delta_Ormap{Ormap: delta}}); err == nil {
				t.Errorf("%s: %v is taken", name, delta)
			}
		}
	}
}

// What comes for a key that is not there is new, and what is added in place of
// one that is there replaces it (REP-MAP-002).
func TestEntriesFromElsewhere(t *testing.T) {
	t.Parallel()
	key := String().mustPack("pncounter")
	five := &PNCounter{change: 5}
	entry := []*replicatedv1.ORMapEntryDelta{{Key: key, Delta: five.Delta()}}
	m := newMixed()
	for _, delta := range []*replicatedv1.ORMapDelta{{Updated: entry}, {Added: entry}, {Cleared: true, Added: entry}} {
		apply(t, m, &replicatedv1.Delta{Delta: &replicatedv1.Delta_Ormap{Ormap: delta}})
		if counter, _ := m.Get("pncounter"); plain(counter) != int64(5) || m.Len() != 1 {
			t.Errorf("%v leads to %v", delta, plain(m))
		}
	}
}

// What is not there is told apart from what is empty.
func TestGet(t *testing.T) {
	t.Parallel()
	counters, registers, sets := NewPNCounterMap(String()), NewLWWRegisterMap(String(), String()), NewORMultiMap(String(), String())
	if err := counters.Add("a", 0); err != nil {
		t.Fatal(err)
	}
	registers.Set("a", "")
	sets.Ensure("a")
	for key, want := range map[string]bool{"a": true, "b": false} {
		count, counted := counters.Get(key)
		text, written := registers.Get(key)
		set, there := sets.Get(key)
		if counted != want || written != want || there != want || count != 0 || text != "" || (set != nil) != want {
			t.Errorf("%q: %d, %v; %q, %v; %v, %v", key, count, counted, text, written, set, there)
		}
	}
}

// The protocol's clocks are the library's; one that is unknown is the default.
func TestClockOf(t *testing.T) {
	t.Parallel()
	for clock, want := range map[replicatedv1.Clock]Clock{
		replicatedv1.Clock_CLOCK_DEFAULT:               {},
		replicatedv1.Clock_CLOCK_REVERSE:               Reverse(),
		replicatedv1.Clock_CLOCK_CUSTOM:                Custom(7),
		replicatedv1.Clock_CLOCK_CUSTOM_AUTO_INCREMENT: CustomAutoIncrement(7),
		99: {},
	} {
		if got := ClockOf(clock, 7); got != want {
			t.Errorf("%v is %v", clock, got)
		}
	}
	register := NewLWWRegister(Int64(), 1)
	register.SetAt(2, Reverse())
	register.Set(3) // the last write, and its clock
	if got := register.Delta().GetLwwregister(); got.GetClock() != replicatedv1.Clock_CLOCK_DEFAULT || register.Get() != 3 {
		t.Errorf("written by %v", got)
	}
}
