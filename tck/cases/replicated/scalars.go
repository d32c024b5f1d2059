package replicated

import (
	"math"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/tck/engine"
)

// counters are the cases on counters that go beyond those of every type.
func counters() []engine.Case {
	g, p := of("GCounter"), of("PNCounter")
	return []engine.Case{
		{
			ID: "replicated/gcounter/wraps", Requirements: []string{"REP-GCOUNTER-002"},
			Script: []engine.Step{
				g.initFrom(delta.gcounter(math.MaxUint64)), g.barrier(1, value.gcounter(math.MaxUint64)),
				g.delta(delta.gcounter(3)), g.barrier(2, value.gcounter(2)),
			},
		},
		{
			ID: "replicated/gcounter/large-increments", Requirements: []string{"REP-GCOUNTER-001"},
			Script: []engine.Step{
				g.initFrom(delta.gcounter(0)),
				g.process(1, do(ask.gcounter(1<<63))...), g.reply(1, value.gcounter(1<<63), update(delta.gcounter(1<<63))),
				g.process(2, do(ask.gcounter(1<<62), ask.gcounter(1<<62-1))...),
				g.reply(2, value.gcounter(math.MaxUint64), update(delta.gcounter(1<<63-1))),
				g.barrier(3, value.gcounter(math.MaxUint64)),
			},
		},
		{
			ID: "replicated/pncounter/wraps", Requirements: []string{"REP-PNCOUNTER-002"},
			Script: []engine.Step{
				p.initFrom(delta.pncounter(math.MaxInt64)), p.barrier(1, value.pncounter(math.MaxInt64)),
				p.delta(delta.pncounter(1)), p.barrier(2, value.pncounter(math.MinInt64)),
				p.delta(delta.pncounter(-2)), p.barrier(3, value.pncounter(math.MaxInt64-1)),
			},
		},
		{
			ID: "replicated/gcounter/out-of-range", Requirements: []string{"REP-LIMIT-004"}, Level: engine.Should,
			Script: []engine.Step{
				g.initFrom(delta.gcounter(math.MaxUint64 - 1)),
				g.process(1, do(ask.gcounter(2))...), g.failing(1),
				g.goesOn(delta.gcounter(math.MaxUint64-1), value.gcounter(math.MaxUint64-1)),
			},
		},
		{
			ID: "replicated/pncounter/out-of-range", Requirements: []string{"REP-LIMIT-004"}, Level: engine.Should,
			Script: []engine.Step{
				p.initFrom(delta.pncounter(math.MaxInt64)),
				p.process(1, do(ask.pncounter(-1), ask.pncounter(2))...), p.failing(1),
				p.goesOn(delta.pncounter(math.MaxInt64), value.pncounter(math.MaxInt64)),
				p.initFrom(delta.pncounter(math.MinInt64)),
				p.process(1, do(ask.pncounter(-1))...), p.failing(1),
				p.goesOn(delta.pncounter(math.MinInt64), value.pncounter(math.MinInt64)),
			},
		},
	}
}

// registers are the cases on registers that go beyond those of every type.
func registers() []engine.Case {
	s := of("LWWRegister")
	held := delta.lwwregister("a")
	return []engine.Case{
		{
			ID: "replicated/lwwregister/clocks", Requirements: []string{"REP-LWW-002"},
			Cloudstate: []string{"replicated/lwwregister/clocks"},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, do(ask.lwwregisterAt("b", byDefault, 0))...), s.reply(1, value.lwwregister("b"), update(delta.lwwregister("b"))),
				s.process(2, do(ask.lwwregisterAt("c", reverse, 0))...),
				s.reply(2, value.lwwregister("c"), update(delta.lwwregisterAt("c", reverse, 0)), likelier(delta.lwwregister("c"), "the clock was ignored")),
				s.process(3, do(ask.lwwregisterAt("d", custom, 17))...),
				s.reply(3, value.lwwregister("d"), update(delta.lwwregisterAt("d", custom, 17)), likelier(delta.lwwregister("d"), "the clock was ignored")),
				s.process(4, do(ask.lwwregisterAt("e", auto, -3))...), s.reply(4, value.lwwregister("e"), update(delta.lwwregisterAt("e", auto, -3))),
				s.process(5, do(ask.lwwregister("f"))...), s.reply(5, value.lwwregister("f"), update(delta.lwwregister("f"))),
				s.barrier(6, value.lwwregister("f")),
			},
		},
		{
			ID: "replicated/lwwregister/clock-of-the-last-write", Requirements: []string{"REP-LWW-001", "REP-LWW-002"},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, do(ask.lwwregisterAt("b", custom, 9), ask.lwwregisterAt("c", custom, 5))...),
				s.reply(1, value.lwwregister("c"), update(delta.lwwregisterAt("c", custom, 5))),
				s.process(2, do(ask.lwwregisterAt("d", custom, 7), ask.lwwregister("e"))...),
				s.reply(2, value.lwwregister("e"), update(delta.lwwregister("e"))),
				s.barrier(3, value.lwwregister("e")),
			},
		},
		{
			ID: "replicated/lwwregister/same-value-again", Requirements: []string{"REP-LWW-003"},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, do(ask.lwwregister("a"))...), s.reply(1, value.lwwregister("a"), update(held)),
				s.process(2, do(ask.lwwregister("b"), ask.lwwregister("a"))...), s.reply(2, value.lwwregister("a"), update(held)),
				s.barrier(3, value.lwwregister("a")),
			},
		},
		{
			ID: "replicated/lwwregister/created-by-a-write", Requirements: []string{"REP-LWW-001"},
			Script: []engine.Step{
				s.init(), s.process(1, do(ask.lwwregisterAt("a", custom, 4))...),
				s.reply(1, value.lwwregister("a"), update(delta.lwwregisterAt("a", custom, 4))),
				s.barrier(2, value.lwwregister("a")),
			},
		},
		{
			ID: "replicated/lwwregister/takes-what-comes", Requirements: []string{"REP-LWW-004"},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, do(ask.lwwregisterAt("b", custom, math.MaxInt64))...),
				s.reply(1, value.lwwregister("b"), update(delta.lwwregisterAt("b", custom, math.MaxInt64))),
				s.delta(held), s.barrier(2, value.lwwregister("a")),
			},
		},
	}
}

// flags are the cases on flags that go beyond those of every type.
func flags() []engine.Case {
	s := of("Flag")
	return []engine.Case{{
		ID: "replicated/flag/set-by-the-first-command", Requirements: []string{"REP-FLAG-001"},
		Script: []engine.Step{
			s.init(), s.process(1, do(ask.flag(), ask.flag())...), s.reply(1, value.flag(true), update(delta.flag(true))),
			s.barrier(2, value.flag(true)),
		},
	}}
}

// votes are the cases on votes that go beyond those of every type.
func votes() []engine.Case {
	s := of("Vote")
	return []engine.Case{
		{
			ID: "replicated/vote/same-vote-again", Requirements: []string{"REP-VOTE-004"},
			Script: []engine.Step{
				s.initFrom(delta.votes(true, 2, 3)),
				s.process(1, do(ask.vote(true))...), s.reply(1, value.vote(true, 2, 3)),
				s.process(2, do(ask.vote(false))...), s.reply(2, value.vote(false, 1, 3), update(delta.vote(false))),
				s.process(3, do(ask.vote(false))...), s.reply(3, value.vote(false, 1, 3)),
				s.barrier(4, value.vote(false, 1, 3)),
			},
		},
		{
			ID: "replicated/vote/own-vote-from-the-proxy", Requirements: []string{"REP-VOTE-002"},
			Script: []engine.Step{
				s.initFrom(delta.votes(true, 1, 2)),
				s.delta(delta.votes(false, 0, 2)), s.barrier(1, value.vote(false, 0, 2)),
				s.delta(delta.votes(true, 2, 2)), s.barrier(2, value.vote(true, 2, 2)),
				s.delta(delta.votes(false, 0, 0)), s.barrier(3, value.vote(false, 0, 0)),
			},
		},
	}
}

// equality are the cases on how elements and keys are packed and told apart.
func equality() []engine.Case {
	s, m := of("ORSet"), of("ORMap")
	b := s.named("b")
	another := s.named("another")
	asDefault := &anypb.Any{TypeUrl: stringType, Value: []byte{0x0a, 0}}
	later := &anypb.Any{TypeUrl: stringType, Value: append(packString("later").GetValue(), unknown()...)}
	laterKey := &anypb.Any{TypeUrl: stringType, Value: append(packString("GCounter-later").GetValue(), unknown()...)}
	return []engine.Case{
		{
			ID: "replicated/equality/same-bytes-every-time", Requirements: []string{"REP-EQ-002"},
			Script: []engine.Step{
				b.initFrom(delta.orset()), another.initFrom(delta.orset(added("b"))),
				b.process(1, do(ask.orset(add("b")), ask.orset(add("a")))...),
				b.reply(1, value.orset("a", "b"), update(delta.orset(added("a", "b")))),
				another.process(1, do(ask.orset(add("a")), ask.orset(add("b")))...),
				another.reply(1, value.orset("a", "b"), update(delta.orset(added("a")))),
				b.process(2, do(ask.orset(remove("a")))...), b.reply(2, value.orset("b"), update(delta.orset(removed("a")))),
				b.process(3, do(ask.orset(add("a")))...), b.reply(3, value.orset("a", "b"), update(delta.orset(added("a")))),
				b.barrier(4, value.orset("a", "b")),
			},
		},
		{
			ID: "replicated/equality/unicode-elements", Requirements: []string{"REP-EQ-002"},
			Script: []engine.Step{
				s.initFrom(delta.orset(added("Ω", "ä", "🛒", "a\x00b"))),
				s.barrier(1, value.orset("a\x00b", "ä", "Ω", "🛒")),
				s.process(2, do(ask.orset(add("Ж")), ask.orset(remove("Ω")), ask.orset(add("ä")))...),
				s.reply(2, value.orset("a\x00b", "ä", "Ж", "🛒"), update(delta.orset(removed("Ω"), added("Ж")))),
				s.barrier(3, value.orset("a\x00b", "ä", "Ж", "🛒")),
			},
		},
		{
			ID: "replicated/equality/removed-in-its-own-bytes", Requirements: []string{"REP-EQ-003"},
			Script: []engine.Step{
				s.initFrom(delta.orset(addedAs(later), added("a"))), s.barrier(1, value.orset("a", "later")),
				s.process(2, do(ask.orset(remove("later")))...),
				s.reply(2, value.orset("a"), update(delta.orset(removedAs(later))), likelier(delta.orset(removed("later")), "the element was packed anew")),
				s.barrier(3, value.orset("a")),
			},
		},
		{
			ID: "replicated/equality/key-in-its-own-bytes", Requirements: []string{"REP-EQ-003"},
			Script: []engine.Step{
				m.initFrom(delta.ormap(createdAs(laterKey, delta.gcounter(1)), created("Flag-a", delta.flag(true)))),
				m.process(1, do(ask.ormap(at("GCounter-later", ask.gcounter(2))))...),
				m.reply(1, value.ormap(item{"Flag-a", value.flag(true)}, item{"GCounter-later", value.gcounter(3)}),
					update(delta.ormap(changedAs(laterKey, delta.gcounter(2))))),
				m.process(2, do(ask.ormap(remove("GCounter-later")))...),
				m.reply(2, value.ormap(item{"Flag-a", value.flag(true)}), update(delta.ormap(removedAs(laterKey)))),
				m.barrier(3, value.ormap(item{"Flag-a", value.flag(true)})),
			},
		},
		{
			ID: "replicated/equality/any-order-of-a-list", Requirements: []string{"REP-EQ-004"},
			Script: []engine.Step{
				s.initFrom(delta.orset(added("c", "a", "b", "d"))), s.delta(delta.orset(removed("d", "b"), added("f", "e"))),
				s.barrier(1, value.orset("a", "c", "e", "f")),
				s.initFrom(delta.orset(added("d", "b", "a", "c"))), s.delta(delta.orset(removed("b", "d"), added("e", "f"))),
				s.barrier(1, value.orset("a", "c", "e", "f")),
			},
		},
		{
			ID: "replicated/equality/any-order-of-entries", Requirements: []string{"REP-EQ-004"},
			Script: []engine.Step{
				m.initFrom(delta.ormap(created("Flag-b", delta.flag(true)), created("Flag-a", delta.flag(false)), created("Flag-c", delta.flag(false)))),
				m.delta(delta.ormap(removed("Flag-c", "Flag-b"), changed("Flag-a", delta.flag(true)))),
				m.barrier(1, value.ormap(item{"Flag-a", value.flag(true)})),
				m.initFrom(delta.ormap(created("Flag-c", delta.flag(false)), created("Flag-a", delta.flag(false)), created("Flag-b", delta.flag(true)))),
				m.delta(delta.ormap(removed("Flag-b", "Flag-c"), changed("Flag-a", delta.flag(true)))),
				m.barrier(1, value.ormap(item{"Flag-a", value.flag(true)})),
			},
		},
		{
			ID: "replicated/equality/scalar-prefix", Requirements: []string{"CORE-PAYLOAD-004"}, Level: engine.Should,
			Script: []engine.Step{
				s.initFrom(delta.orset()),
				s.process(1, do(ask.orset(add("a")))...), s.reply(1, value.orset("a"), update(delta.orset(added("a")))),
				s.barrier(2, value.orset("a")),
			},
		},
		{
			ID: "replicated/equality/default-is-read-from-two-encodings", Requirements: []string{"CORE-PAYLOAD-005"},
			Script: []engine.Step{
				s.initFrom(delta.orset(added("", "a"))), s.barrier(1, value.orset("", "a")),
				s.initFrom(delta.orset(addedAs(asDefault), added("a"))), s.barrier(1, value.orset("", "a")),
			},
		},
		{
			ID: "replicated/equality/default-is-packed-as-no-bytes", Requirements: []string{"CORE-PAYLOAD-006"},
			Script: []engine.Step{
				s.initFrom(delta.orset()),
				s.process(1, do(ask.orset(add("")))...), s.reply(1, value.orset(""), update(delta.orset(added("")))),
				s.barrier(2, value.orset("")),
			},
		},
	}
}
