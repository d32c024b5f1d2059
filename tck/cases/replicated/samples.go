package replicated

import replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"

const total = "the update is the value, and not what the command added"

func gcounterSample() sample {
	return sample{
		name: "GCounter", label: "gcounter", local: []string{"REP-GCOUNTER-001"}, remote: []string{"REP-GCOUNTER-002"},
		empty: value.gcounter(0), creation: mayCreate(delta.gcounter(0)), held: delta.gcounter(0),
		full: value.gcounter(42), shown: delta.gcounter(42),
		changes: []turn{
			{do: asked(ask.gcounter(1)), after: value.gcounter(1), sent: delta.gcounter(1)},
			{
				do: asked(ask.gcounter(2), ask.gcounter(3)), after: value.gcounter(6),
				sent: delta.gcounter(5), says: says(likelier(delta.gcounter(6), total)),
			},
			{after: value.gcounter(6)},
			{do: asked(ask.gcounter(0)), after: value.gcounter(6)},
		},
		mixed: []turn{
			{do: asked(ask.gcounter(2)), after: value.gcounter(2), sent: delta.gcounter(2)},
			{from: delta.gcounter(5)},
			{do: asked(ask.gcounter(1)), after: value.gcounter(8), sent: delta.gcounter(1), says: says(likelier(delta.gcounter(6), echoed))},
			{from: delta.gcounter(10)},
			{from: delta.gcounter(20)},
			{after: value.gcounter(38)},
		},
	}
}

const echoed = "the update repeats what came from elsewhere"

func pncounterSample() sample {
	return sample{
		name: "PNCounter", label: "pncounter", local: []string{"REP-PNCOUNTER-001"}, remote: []string{"REP-PNCOUNTER-002"},
		empty: value.pncounter(0), creation: mayCreate(delta.pncounter(0)), held: delta.pncounter(0),
		full: value.pncounter(-42), shown: delta.pncounter(-42),
		changes: []turn{
			{do: asked(ask.pncounter(1)), after: value.pncounter(1), sent: delta.pncounter(1)},
			{
				do: asked(ask.pncounter(2), ask.pncounter(-5)), after: value.pncounter(-2),
				sent: delta.pncounter(-3), says: says(likelier(delta.pncounter(-2), total)),
			},
			{do: asked(ask.pncounter(7), ask.pncounter(-7)), after: value.pncounter(-2), says: says(orNothing(), or(delta.pncounter(0)))},
			{after: value.pncounter(-2)},
			{do: asked(ask.pncounter(0)), after: value.pncounter(-2)},
		},
		mixed: []turn{
			{do: asked(ask.pncounter(-2)), after: value.pncounter(-2), sent: delta.pncounter(-2)},
			{from: delta.pncounter(5)},
			{do: asked(ask.pncounter(1)), after: value.pncounter(4), sent: delta.pncounter(1), says: says(likelier(delta.pncounter(6), echoed))},
			{from: delta.pncounter(-10)},
			{from: delta.pncounter(-20)},
			{after: value.pncounter(-26)},
		},
	}
}

func gsetSample() sample {
	return sample{
		name: "GSet", label: "gset", local: []string{"REP-GSET-001"}, remote: []string{"REP-GSET-002"},
		empty: value.gset(), creation: mayCreate(delta.gset()), held: delta.gset(),
		full: value.gset("x", "y", "z"), shown: delta.gset("z", "x", "y"),
		changes: []turn{
			{do: asked(ask.gset("b")), after: value.gset("b"), sent: delta.gset("b")},
			{
				do: asked(ask.gset("c"), ask.gset("a")), after: value.gset("a", "b", "c"),
				sent: delta.gset("a", "c"), says: says(likelier(delta.gset("a", "b", "c"), total)),
			},
			{do: asked(ask.gset("b")), after: value.gset("a", "b", "c")},
			{do: asked(ask.gset("d"), ask.gset("a"), ask.gset("d")), after: value.gset("a", "b", "c", "d"), sent: delta.gset("d")},
		},
		mixed: []turn{
			{do: asked(ask.gset("a")), after: value.gset("a"), sent: delta.gset("a")},
			{from: delta.gset("c", "b")},
			{do: asked(ask.gset("c"), ask.gset("d")), after: value.gset("a", "b", "c", "d"), sent: delta.gset("d"), says: says(likelier(delta.gset("b", "c", "d"), echoed))},
			{from: delta.gset("b", "e", "a")},
			{after: value.gset("a", "b", "c", "d", "e")},
		},
	}
}

func orsetSample() sample {
	return sample{
		name: "ORSet", label: "orset", local: []string{"REP-ORSET-002", "REP-ORSET-003", "REP-ORSET-004"}, remote: []string{"REP-ORSET-001"},
		empty: value.orset(), creation: mayCreate(delta.orset()), held: delta.orset(),
		full: value.orset("x", "y", "z"), shown: delta.orset(added("z", "x", "y")),
		changes: []turn{
			{do: asked(ask.orset(add("b"))), after: value.orset("b"), sent: delta.orset(added("b"))},
			{
				do: asked(ask.orset(add("c")), ask.orset(add("a"))), after: value.orset("a", "b", "c"),
				sent: delta.orset(added("a", "c")), says: says(likelier(delta.orset(added("a", "b", "c")), total)),
			},
			{do: asked(ask.orset(remove("b"))), after: value.orset("a", "c"), sent: delta.orset(removed("b"))},
			{
				do: asked(ask.orset(add("d")), ask.orset(remove("a"))), after: value.orset("c", "d"),
				sent: delta.orset(removed("a"), added("d")),
			},
			{do: asked(ask.orset(add("d")), ask.orset(add("e"))), after: value.orset("c", "d", "e"), sent: delta.orset(added("e"))},
		},
		mixed: []turn{
			{do: asked(ask.orset(add("a"))), after: value.orset("a"), sent: delta.orset(added("a"))},
			{from: delta.orset(added("b", "c"))},
			{
				do: asked(ask.orset(remove("b")), ask.orset(add("d"))), after: value.orset("a", "c", "d"),
				sent: delta.orset(removed("b"), added("d")),
			},
			{from: delta.orset(removed("a", "d"), added("e"))},
			{do: asked(ask.orset(add("a"))), after: value.orset("a", "c", "e"), sent: delta.orset(added("a"))},
			{from: delta.orset(cleared(), added("f"))},
			{after: value.orset("f")},
		},
	}
}

func lwwregisterSample() sample {
	return sample{
		name: "LWWRegister", label: "lwwregister", local: []string{"REP-LWW-001"}, remote: []string{"REP-LWW-004"},
		empty: value.lwwregister(""), creation: says(update(delta.lwwregister(""))), held: delta.lwwregister(""),
		full: value.lwwregister("xyz"), shown: delta.lwwregister("xyz"),
		changes: []turn{
			{do: asked(ask.lwwregister("a")), after: value.lwwregister("a"), sent: delta.lwwregister("a")},
			{
				do: asked(ask.lwwregister("b"), ask.lwwregister("c")), after: value.lwwregister("c"),
				sent: delta.lwwregister("c"), says: says(likelier(delta.lwwregister("b"), "the first of two writes was sent")),
			},
			{after: value.lwwregister("c")},
			{do: asked(ask.lwwregister("")), after: value.lwwregister(""), sent: delta.lwwregister("")},
		},
		mixed: []turn{
			{do: asked(ask.lwwregister("a")), after: value.lwwregister("a"), sent: delta.lwwregister("a")},
			{from: delta.lwwregister("b")},
			{after: value.lwwregister("b")},
			{do: asked(ask.lwwregister("c")), after: value.lwwregister("c"), sent: delta.lwwregister("c")},
			{from: delta.lwwregister("d")},
			{from: delta.lwwregister("")},
			{after: value.lwwregister("")},
		},
	}
}

func flagSample() sample {
	return sample{
		name: "Flag", label: "flag", local: []string{"REP-FLAG-001"}, remote: []string{"REP-FLAG-002"},
		empty: value.flag(false), creation: mayCreate(delta.flag(false)), held: delta.flag(false),
		full: value.flag(true), shown: delta.flag(true),
		changes: []turn{
			{do: asked(ask.flag()), after: value.flag(true), sent: delta.flag(true)},
			{do: asked(ask.flag()), after: value.flag(true)},
			{after: value.flag(true)},
		},
		mixed: []turn{
			{after: value.flag(false)},
			{from: delta.flag(false)},
			{after: value.flag(false)},
			{from: delta.flag(true)},
			{do: asked(ask.flag()), after: value.flag(true)},
			{from: delta.flag(false)},
			{after: value.flag(true)},
		},
	}
}

func voteSample() sample {
	return sample{
		name: "Vote", label: "vote", local: []string{"REP-VOTE-001", "REP-VOTE-003"}, remote: []string{"REP-VOTE-002"},
		empty: value.vote(false, 0, 1), creation: mayCreate(delta.vote(false)), held: delta.votes(false, 0, 1),
		full: value.vote(true, 2, 3), shown: delta.votes(true, 2, 3),
		changes: []turn{
			{do: asked(ask.vote(true)), after: value.vote(true, 1, 1), sent: delta.vote(true)},
			{do: asked(ask.vote(false)), after: value.vote(false, 0, 1), sent: delta.vote(false)},
			{after: value.vote(false, 0, 1)},
			{do: asked(ask.vote(true), ask.vote(false)), after: value.vote(false, 0, 1), says: says(orNothing(), or(delta.vote(false)))},
		},
		mixed: []turn{
			{from: delta.votes(false, 2, 4)},
			{do: asked(ask.vote(true)), after: value.vote(true, 3, 4), sent: delta.vote(true)},
			{from: delta.votes(true, 1, 2)},
			{do: asked(ask.vote(false)), after: value.vote(false, 0, 2), sent: delta.vote(false)},
			{from: delta.votes(false, 4, 5)},
			{from: delta.votes(false, 0, 5)},
			{after: value.vote(false, 0, 5)},
		},
	}
}

func ormapSample() sample {
	const count, set = "GCounter-n", "ORSet-s"
	return sample{
		name: "ORMap", label: "ormap", local: []string{"REP-MAP-001", "REP-MAP-003", "REP-MAP-004"}, remote: []string{"REP-MAP-002"},
		empty: value.ormap(), creation: mayCreate(delta.ormap()), held: delta.ormap(),
		full:  value.ormap(item{count, value.gcounter(42)}, item{set, value.orset("x", "y")}),
		shown: delta.ormap(created(set, delta.orset(added("y", "x"))), created(count, delta.gcounter(42))),
		changes: []turn{
			{
				do: asked(ask.ormap(at(count, ask.gcounter(1)))), after: value.ormap(item{count, value.gcounter(1)}),
				sent: delta.ormap(created(count, delta.gcounter(1))),
			},
			{
				do:    asked(ask.ormap(at(count, ask.gcounter(2))), ask.ormap(at(set, ask.orset(add("a")))), ask.ormap(at(count, ask.gcounter(3)))),
				after: value.ormap(item{count, value.gcounter(6)}, item{set, value.orset("a")}),
				sent:  delta.ormap(changed(count, delta.gcounter(5)), created(set, delta.orset(added("a")))),
			},
			{
				do:    asked(ask.ormap(remove(count))),
				after: value.ormap(item{set, value.orset("a")}),
				sent:  delta.ormap(removed(count)),
			},
			{after: value.ormap(item{set, value.orset("a")})},
		},
		mixed: []turn{
			{
				do: asked(ask.ormap(at(count, ask.gcounter(1)))), after: value.ormap(item{count, value.gcounter(1)}),
				sent: delta.ormap(created(count, delta.gcounter(1))),
			},
			{from: delta.ormap(changed(count, delta.gcounter(5)), created(set, delta.orset(added("x"))))},
			{
				do:    asked(ask.ormap(at(count, ask.gcounter(2))), ask.ormap(at(set, ask.orset(add("y"))))),
				after: value.ormap(item{count, value.gcounter(8)}, item{set, value.orset("x", "y")}),
				sent:  delta.ormap(changed(count, delta.gcounter(2)), changed(set, delta.orset(added("y")))),
			},
			{from: delta.ormap(removed(count), changed(set, delta.orset(removed("x"))))},
			{after: value.ormap(item{set, value.orset("y")})},
		},
	}
}

// The clocks of registers.
const (
	byDefault = replicatedv1.Clock_CLOCK_DEFAULT
	reverse   = replicatedv1.Clock_CLOCK_REVERSE
	custom    = replicatedv1.Clock_CLOCK_CUSTOM
	auto      = replicatedv1.Clock_CLOCK_CUSTOM_AUTO_INCREMENT
)
