package replicated

import (
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// mapOfOneType is all that the cases need to know of one of the maps.
type mapOfOneType struct {
	name, label string
	// received and sent are the requirements on deltas from the proxy and on updates.
	received, sent string
	ask            func(wish) *tckreplicatedv1.Update
	delta          func(...list) *replicatedv1.Delta
	value          func(...item) *tckreplicatedv1.State
	// one and other are changes of an empty value, with the values after them; both is
	// that after both. A value that is created by add is none.
	one, other, none made
	both             made
}

// made is a value in a map: what a command asks, and what that comes to.
type made struct {
	ask   *tckreplicatedv1.Update
	delta *replicatedv1.Delta
	value *tckreplicatedv1.State
}

// mapsOfOne are the three maps.
func mapsOfOne() []mapOfOneType {
	return []mapOfOneType{
		{
			name: "PNCounterMap", label: "pncountermap", received: "REP-PNMAP-001", sent: "REP-PNMAP-002",
			ask: ask.pncounterMap, delta: delta.pncounterMap, value: value.pncounterMap,
			none:  made{nil, delta.pncounter(0), value.pncounter(0)},
			one:   made{ask.pncounter(3), delta.pncounter(3), value.pncounter(3)},
			other: made{ask.pncounter(-1), delta.pncounter(-1), value.pncounter(-1)},
			both:  made{nil, delta.pncounter(2), value.pncounter(2)},
		},
		{
			name: "LWWRegisterMap", label: "lwwregistermap", received: "REP-LWWMAP-001", sent: "REP-LWWMAP-002",
			ask: ask.lwwregisterMap, delta: delta.lwwregisterMap, value: value.lwwregisterMap,
			none:  made{nil, delta.lwwregister(""), value.lwwregister("")},
			one:   made{ask.lwwregister("x"), delta.lwwregister("x"), value.lwwregister("x")},
			other: made{ask.lwwregisterAt("y", custom, 7), delta.lwwregisterAt("y", custom, 7), value.lwwregister("y")},
			both:  made{nil, delta.lwwregisterAt("y", custom, 7), value.lwwregister("y")},
		},
		{
			name: "ORMultiMap", label: "ormultimap", received: "REP-MULTI-001", sent: "REP-MULTI-002",
			ask: ask.ormultiMap, delta: delta.ormultiMap, value: value.ormultiMap,
			none:  made{nil, delta.orset(), value.orset()},
			one:   made{ask.orset(add("x")), delta.orset(added("x")), value.orset("x")},
			other: made{ask.orset(add("y")), delta.orset(added("y")), value.orset("y")},
			both:  made{nil, delta.orset(added("x", "y")), value.orset("x", "y")},
		},
	}
}

// mapsOfOneType are the cases on the three maps. They are played on a connection on
// which their capability is in force.
func mapsOfOneType() []engine.Case {
	var cases []engine.Case
	for _, m := range mapsOfOne() {
		cases = append(cases, m.cases()...)
	}
	cases = append(cases, counterMapCases()...)
	cases = append(cases, multiMapCases()...)
	cases = append(cases, engine.Case{
		ID: "replicated-maps/ormap/takes-none-of-them", Requirements: []string{"REP-MAP-017"},
		Script: noMapOfOneTypeInAMap(),
	})
	for i := range cases {
		inForce := discovery.Announce(discoveryv1.Capability_CAPABILITY_REPLICATED_MAPS)
		cases[i].Script = append([]engine.Step{inForce}, cases[i].Script...)
	}
	return cases
}

// cases are those of one of the maps.
func (m mapOfOneType) cases() []engine.Case {
	s := of(m.name)
	id := "replicated-maps/" + m.label + "/"
	nothing := m.delta()
	held := m.delta(created("a", m.one.delta), created("b", m.other.delta))
	full := m.value(item{"a", m.one.value}, item{"b", m.other.value})
	return []engine.Case{
		{
			ID: id + "empty-state", Requirements: []string{m.sent},
			Script: []engine.Step{s.init(), s.barrier(1, m.value(), mayCreate(nothing)...), s.barrier(2, m.value())},
		},
		{
			ID: id + "entries", Requirements: []string{m.sent},
			Script: []engine.Step{
				s.initFrom(nothing),
				s.process(1, change(m.ask(add("n")))),
				s.reply(1, m.value(item{"n", m.none.value}), update(m.delta(created("n", m.none.delta)))),
				s.process(2, change(m.ask(at("a", m.one.ask))), change(m.ask(at("a", m.other.ask)))),
				s.reply(2, m.value(item{"a", m.both.value}, item{"n", m.none.value}), update(m.delta(created("a", m.both.delta)))),
				s.process(3, change(m.ask(at("n", m.one.ask)))),
				s.reply(3, m.value(item{"a", m.both.value}, item{"n", m.one.value}), update(m.delta(changed("n", m.one.delta)))),
				s.process(4, change(m.ask(add("n"))), change(m.ask(remove("x")))),
				s.reply(4, m.value(item{"a", m.both.value}, item{"n", m.one.value})),
				s.process(5, change(m.ask(remove("a")))),
				s.reply(5, m.value(item{"n", m.one.value}), update(m.delta(removed("a")))),
				s.barrier(6, m.value(item{"n", m.one.value})),
			},
		},
		{
			ID: id + "remove-then-add-again", Requirements: []string{m.sent},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, change(m.ask(remove("a"))), change(m.ask(at("a", m.one.ask)))),
				s.reply(1, full, update(m.delta(removed("a"), created("a", m.one.delta)))),
				s.process(2, change(m.ask(empty())), change(m.ask(at("b", m.one.ask)))),
				s.reply(2, m.value(item{"b", m.one.value}),
					update(m.delta(cleared(), created("b", m.one.delta))), or(m.delta(removed("a", "b"), created("b", m.one.delta)))),
				s.barrier(3, m.value(item{"b", m.one.value})),
			},
		},
		{
			ID: id + "initial-delta", Requirements: []string{m.received},
			Script: []engine.Step{
				s.initFrom(held), s.barrier(1, full),
				s.passivated(),
				s.init(), s.delta(held), s.barrier(1, full),
			},
		},
		{
			ID: id + "cleared-removed-updated-added", Requirements: []string{m.received},
			Script: []engine.Step{
				s.initFrom(held),
				s.delta(m.delta(removed("b"), changed("a", m.other.delta), created("b", m.one.delta))),
				s.barrier(1, m.value(item{"a", m.both.value}, item{"b", m.one.value})),
				s.delta(m.delta(cleared(), created("a", m.none.delta))), s.barrier(2, m.value(item{"a", m.none.value})),
			},
		},
		{
			ID: id + "local-and-remote-changes", Requirements: []string{m.received, m.sent},
			Script: []engine.Step{
				s.initFrom(nothing), s.delta(held),
				s.process(1, change(m.ask(at("a", m.other.ask)))),
				s.reply(1, m.value(item{"a", m.both.value}, item{"b", m.other.value}), update(m.delta(changed("a", m.other.delta)))),
				s.delta(m.delta(removed("a"))), s.barrier(2, m.value(item{"b", m.other.value})),
			},
		},
	}
}

// multiMapCases are those on sets that become empty.
func multiMapCases() []engine.Case {
	s := of("ORMultiMap")
	held := delta.ormultiMap(created("a", delta.orset(added("x", "y"))))
	return []engine.Case{
		{
			ID: "replicated-maps/ormultimap/last-element", Requirements: []string{"REP-MULTI-002"},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, change(ask.ormultiMap(at("a", ask.orset(remove("x")))))),
				s.reply(1, value.ormultiMap(item{"a", value.orset("y")}), update(delta.ormultiMap(changed("a", delta.orset(removed("x")))))),
				s.process(2, change(ask.ormultiMap(at("a", ask.orset(empty()))))),
				s.reply(2, value.ormultiMap(item{"a", value.orset()}),
					update(delta.ormultiMap(changed("a", delta.orset(cleared())))), or(delta.ormultiMap(changed("a", delta.orset(removed("y")))))),
				s.barrier(3, value.ormultiMap(item{"a", value.orset()})),
			},
		},
		{
			ID: "replicated-maps/ormultimap/empty-set-from-elsewhere", Requirements: []string{"REP-MULTI-001"},
			Script: []engine.Step{
				s.initFrom(held), s.delta(delta.ormultiMap(changed("a", delta.orset(cleared())))),
				s.barrier(1, value.ormultiMap(item{"a", value.orset()})),
			},
		},
	}
}

// noMapOfOneTypeInAMap asks an ORMap for values of the three types.
func noMapOfOneTypeInAMap() []engine.Step {
	s := of("ORMap")
	held := delta.ormap(created("Flag-a", delta.flag(true)))
	script := []engine.Step{s.initFrom(held)}
	for _, m := range mapsOfOne() {
		script = append(script, s.refusedNext(ask.ormap(add(m.name+"-k"))), s.goesOn(held, value.ormap(item{"Flag-a", value.flag(true)})))
	}
	return script
}

// refusedNext sends a command with the id that is next on the stream, and expects it to
// be answered by a failure.
func (s stream) refusedNext(asked *tckreplicatedv1.Update) step {
	text := s.label() + "→command Process{" + updateNotation(asked) + "} by the next id ←a failure for it"
	return step{text: text, play: func(sc *scene) error {
		id := sc.activation(s).sent + 1
		return sequence(s.process(id, change(asked)), s.refused(id)).play(sc)
	}}
}
