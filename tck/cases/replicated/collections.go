package replicated

import (
	"slices"
	"strings"

	"github.com/stateward/stateward/tck/engine"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// sets are the cases on sets that go beyond those of every type.
func sets() []engine.Case {
	g, s := of("GSet"), of("ORSet")
	held := delta.orset(added("a", "b"))
	return []engine.Case{
		{
			ID: "replicated/gset/added-once", Requirements: []string{"REP-GSET-001"},
			Script: []engine.Step{
				g.init(), g.process(1, do(ask.gset("a"), ask.gset("a"))...), g.reply(1, value.gset("a"), update(delta.gset("a"))),
				g.barrier(2, value.gset("a")),
			},
		},
		{
			ID: "replicated/gset/received-twice", Requirements: []string{"REP-GSET-002"},
			Script: []engine.Step{
				g.initFrom(delta.gset("a")), g.delta(delta.gset("a", "b")), g.delta(delta.gset("b")),
				g.barrier(1, value.gset("a", "b")),
			},
		},
		{
			ID: "replicated/orset/cleared-then-removed-then-added", Requirements: []string{"REP-ORSET-001"},
			Script: []engine.Step{
				s.initFrom(held),
				s.delta(delta.orset(cleared(), added("b", "c"))), s.barrier(1, value.orset("b", "c")),
				s.delta(delta.orset(removed("b"), added("b", "d"))), s.barrier(2, value.orset("b", "c", "d")),
				s.delta(delta.orset(cleared())), s.barrier(3, value.orset()),
			},
		},
		{
			ID: "replicated/orset/clear", Requirements: []string{"REP-ORSET-002", "REP-ORSET-003"},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, do(ask.orset(empty()))...),
				s.reply(1, value.orset(), update(delta.orset(cleared())), or(delta.orset(removed("a", "b")))),
				s.barrier(2, value.orset()),
			},
		},
		{
			ID: "replicated/orset/remove-the-last", Requirements: []string{"REP-ORSET-002", "REP-ORSET-003"},
			Script: []engine.Step{
				s.initFrom(delta.orset(added("a"))),
				s.process(1, do(ask.orset(remove("a")))...),
				s.reply(1, value.orset(), update(delta.orset(removed("a"))), or(delta.orset(cleared()))),
				s.barrier(2, value.orset()),
			},
		},
		{
			ID: "replicated/orset/clear-then-add", Requirements: []string{"REP-ORSET-002", "REP-ORSET-003", "REP-ORSET-004"},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, do(ask.orset(empty()), ask.orset(add("b")), ask.orset(add("c")))...),
				s.reply(1, value.orset("b", "c"),
					update(delta.orset(cleared(), added("b", "c"))), or(delta.orset(removed("a"), added("c"))),
					likelier(delta.orset(cleared(), added("c")), "what the clear removed was not added again")),
				s.barrier(2, value.orset("b", "c")),
			},
		},
		{
			ID: "replicated/orset/add-then-clear", Requirements: []string{"REP-ORSET-002", "REP-ORSET-003", "REP-ORSET-004"},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, do(ask.orset(add("c")), ask.orset(empty()))...),
				s.reply(1, value.orset(), update(delta.orset(cleared())), or(delta.orset(removed("a", "b"))),
					likelier(delta.orset(cleared(), added("c")), "the clear was put before the add")),
				s.barrier(2, value.orset()),
			},
		},
		{
			ID: "replicated/orset/remove-then-add-again", Requirements: []string{"REP-ORSET-003", "REP-ORSET-004"},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, do(ask.orset(remove("a")), ask.orset(add("a")))...),
				s.reply(1, value.orset("a", "b"), orNothing(), or(delta.orset())),
				s.process(2, do(ask.orset(add("c")), ask.orset(remove("c")))...),
				s.reply(2, value.orset("a", "b"), orNothing(), or(delta.orset())),
				s.barrier(3, value.orset("a", "b")),
			},
		},
		{
			ID: "replicated/orset/nothing-to-remove", Requirements: []string{"REP-ORSET-006"},
			Script: []engine.Step{
				s.initFrom(delta.orset()),
				s.process(1, do(ask.orset(remove("a")))...), s.reply(1, value.orset()),
				s.process(2, do(ask.orset(empty()))...), s.reply(2, value.orset()),
				s.process(3, do(ask.orset(add("a")))...), s.reply(3, value.orset("a"), update(delta.orset(added("a")))),
				s.process(4, do(ask.orset(remove("b")))...), s.reply(4, value.orset("a")),
				s.barrier(5, value.orset("a")),
			},
		},
	}
}

// everyType is a map with a value of each type under the keys that the model has for
// them, as it is created by commands that add them.
func everyType() ([]*tckreplicatedv1.Update, []list, []item) {
	var updates []*tckreplicatedv1.Update
	var lists []list
	var items []item
	for _, t := range samples() {
		key := t.name + "-k"
		updates = append(updates, ask.ormap(add(key)))
		held := t.held
		if held.GetVote() != nil {
			held = delta.vote(false) // as the function says it
		}
		lists, items = append(lists, created(key, held)), append(items, item{key, t.empty})
	}
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.key, b.key) })
	return updates, lists, items
}

// maps are the cases on maps that go beyond those of every type.
func maps() []engine.Case {
	s := of("ORMap")
	const n, set, register = "GCounter-n", "ORSet-s", "LWWRegister-r"
	held := delta.ormap(created(n, delta.gcounter(5)), created(set, delta.orset(added("x"))))
	both := value.ormap(item{n, value.gcounter(5)}, item{set, value.orset("x")})
	adds, news, items := everyType()
	return []engine.Case{
		{
			ID: "replicated/ormap/new-entries-are-empty", Requirements: []string{"REP-MAP-001", "REP-MAP-007"},
			Script: []engine.Step{
				s.initFrom(delta.ormap()),
				s.process(1, do(adds...)...), s.reply(1, value.ormap(items...), update(delta.ormap(news...))),
				s.barrier(2, value.ormap(items...)),
			},
		},
		{
			ID: "replicated/ormap/values-of-each-type", Requirements: []string{"REP-TYPE-001"},
			Script: valuesOfEachType(),
		},
		{
			ID: "replicated/ormap/a-map-in-a-map", Requirements: []string{"REP-MAP-003"},
			Script: []engine.Step{
				s.initFrom(delta.ormap()),
				s.process(1, do(ask.ormap(at("ORMap-m", ask.ormap(at(n, ask.gcounter(2))))))...),
				s.reply(1, value.ormap(item{"ORMap-m", value.ormap(item{n, value.gcounter(2)})}),
					update(delta.ormap(created("ORMap-m", delta.ormap(created(n, delta.gcounter(2))))))),
				s.delta(delta.ormap(changed("ORMap-m", delta.ormap(changed(n, delta.gcounter(3)))))),
				s.process(2, do(ask.ormap(at("ORMap-m", ask.ormap(at(n, ask.gcounter(4))))))...),
				s.reply(2, value.ormap(item{"ORMap-m", value.ormap(item{n, value.gcounter(9)})}),
					update(delta.ormap(changed("ORMap-m", delta.ormap(changed(n, delta.gcounter(4))))))),
				s.barrier(3, value.ormap(item{"ORMap-m", value.ormap(item{n, value.gcounter(9)})})),
			},
		},
		{
			ID: "replicated/ormap/cleared-removed-updated-added", Requirements: []string{"REP-MAP-002"},
			Script: []engine.Step{
				s.initFrom(held),
				s.delta(delta.ormap(removed(n), changed(set, delta.orset(added("y"))), created(n, delta.gcounter(1)))),
				s.barrier(1, value.ormap(item{n, value.gcounter(1)}, item{set, value.orset("x", "y")})),
				s.delta(delta.ormap(cleared(), created(set, delta.orset(added("z"))))),
				s.barrier(2, value.ormap(item{set, value.orset("z")})),
			},
		},
		{
			ID: "replicated/ormap/remove-then-add-again", Requirements: []string{"REP-MAP-004", "REP-MAP-006"},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, do(ask.ormap(remove(n)), ask.ormap(at(n, ask.gcounter(3))))...),
				s.reply(1, value.ormap(item{n, value.gcounter(3)}, item{set, value.orset("x")}),
					update(delta.ormap(removed(n), created(n, delta.gcounter(3))))),
				s.barrier(2, value.ormap(item{n, value.gcounter(3)}, item{set, value.orset("x")})),
			},
		},
		{
			ID: "replicated/ormap/replaced-by-its-equal", Requirements: []string{"REP-MAP-006"},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, do(ask.ormap(remove(n)), ask.ormap(at(n, ask.gcounter(5))))...),
				s.reply(1, both, update(delta.ormap(removed(n), created(n, delta.gcounter(5))))),
				s.barrier(2, both),
			},
		},
		{
			ID: "replicated/ormap/change-then-remove", Requirements: []string{"REP-MAP-004"},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, do(ask.ormap(at(n, ask.gcounter(3))), ask.ormap(remove(n)))...),
				s.reply(1, value.ormap(item{set, value.orset("x")}), update(delta.ormap(removed(n)))),
				s.barrier(2, value.ormap(item{set, value.orset("x")})),
			},
		},
		{
			ID: "replicated/ormap/clear", Requirements: []string{"REP-MAP-003", "REP-MAP-004"},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, do(ask.ormap(empty()))...),
				s.reply(1, value.ormap(), update(delta.ormap(cleared())), or(delta.ormap(removed(n, set)))),
				s.barrier(2, value.ormap()),
			},
		},
		{
			ID: "replicated/ormap/clear-then-add", Requirements: []string{"REP-MAP-003", "REP-MAP-004", "REP-MAP-006"},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, do(ask.ormap(empty()), ask.ormap(at(n, ask.gcounter(2))))...),
				s.reply(1, value.ormap(item{n, value.gcounter(2)}),
					update(delta.ormap(cleared(), created(n, delta.gcounter(2)))), or(delta.ormap(removed(n, set), created(n, delta.gcounter(2))))),
				s.barrier(2, value.ormap(item{n, value.gcounter(2)})),
			},
		},
		{
			ID: "replicated/ormap/nothing-done", Requirements: []string{"REP-MAP-005"},
			Script: []engine.Step{
				s.initFrom(delta.ormap()),
				s.process(1, do(ask.ormap(remove(n)))...), s.reply(1, value.ormap()),
				s.process(2, do(ask.ormap(empty()))...), s.reply(2, value.ormap()),
				s.initFrom(held),
				s.process(1, do(ask.ormap(add(n)))...), s.reply(1, both),
				s.process(2, do(ask.ormap(at(n, ask.gcounter(0))), ask.ormap(at(set, ask.orset(add("x")))))...), s.reply(2, both),
				s.process(3, do(ask.ormap(at(n, ask.gcounter(1))), ask.ormap(at(set, ask.orset(add("x")))))...),
				s.reply(3, value.ormap(item{n, value.gcounter(6)}, item{set, value.orset("x")}), update(delta.ormap(changed(n, delta.gcounter(1))))),
				s.barrier(4, value.ormap(item{n, value.gcounter(6)}, item{set, value.orset("x")})),
			},
		},
		{
			ID: "replicated/ormap/clock-of-a-register", Requirements: []string{"REP-LWW-002"},
			Script: []engine.Step{
				s.initFrom(delta.ormap()),
				s.process(1, do(ask.ormap(at(register, ask.lwwregisterAt("a", custom, 3))))...),
				s.reply(1, value.ormap(item{register, value.lwwregister("a")}), update(delta.ormap(created(register, delta.lwwregisterAt("a", custom, 3))))),
				s.process(2, do(ask.ormap(at(register, ask.lwwregister("a"))))...),
				s.reply(2, value.ormap(item{register, value.lwwregister("a")}), update(delta.ormap(changed(register, delta.lwwregister("a"))))),
				s.barrier(3, value.ormap(item{register, value.lwwregister("a")})),
			},
		},
		{
			ID: "replicated/ormap/unicode-keys", Requirements: []string{"REP-EQ-002"},
			Script: []engine.Step{
				s.initFrom(delta.ormap(created("Flag-Ω", delta.flag(false)))),
				s.process(1, do(ask.ormap(add("Flag-ä/🛒")), ask.ormap(at("Flag-Ω", ask.flag())))...),
				s.reply(1, value.ormap(item{"Flag-ä/🛒", value.flag(false)}, item{"Flag-Ω", value.flag(true)}),
					update(delta.ormap(created("Flag-ä/🛒", delta.flag(false)), changed("Flag-Ω", delta.flag(true))))),
				s.barrier(2, value.ormap(item{"Flag-ä/🛒", value.flag(false)}, item{"Flag-Ω", value.flag(true)})),
			},
		},
		{
			ID: "replicated/ormap/update-of-another-type", Requirements: []string{"REP-TYPE-001"},
			Script: []engine.Step{
				s.initFrom(held),
				s.process(1, do(ask.ormap(at(n, ask.pncounter(1))))...), s.refused(1), s.goesOn(held, both),
			},
		},
	}
}

// valuesOfEachType has a map with an entry of each type, one after another, which is
// changed as an entity of the type is.
func valuesOfEachType() []engine.Step {
	s := of("ORMap")
	var script []engine.Step
	for _, t := range samples() {
		key, first := t.name+"-k", t.changes[0]
		script = append(script,
			s.initFrom(delta.ormap(created(key, t.held))),
			s.process(1, do(ask.ormap(at(key, first.do[0])))...),
			s.reply(1, value.ormap(item{key, first.after}), update(delta.ormap(changed(key, first.sent)))),
			s.barrier(2, value.ormap(item{key, first.after})),
		)
	}
	return script
}
