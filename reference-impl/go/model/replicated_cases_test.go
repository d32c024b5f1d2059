package main

import (
	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
)

// replicatedValues are the types, each with what is received and what is sent.
func replicatedValues() []replicatedTranscript {
	const gcounter, pncounter, gset, orset = dialogue("GCounter-1"), dialogue("PNCounter-1"), dialogue("GSet-1"), dialogue("ORSet-1")
	const register, flag, ormap, vote = dialogue("LWWRegister-1"), dialogue("Flag-1"), dialogue("ORMap-1"), dialogue("Vote-1")
	const counters, registers, sets = dialogue("PNCounterMap-1"), dialogue("LWWRegisterMap-1"), dialogue("ORMultiMap-1")
	return []replicatedTranscript{
		{"REP-INIT-008 REP-DELTA-001 REP-GCOUNTER-001 REP-GCOUNTER-002 a counter that grows", []replicatedLine{
			gcounter.is("gcounter {increment: 5}"),
			brings(gcounter.command(1), reply(1, "gcounter {value: 5}", "")),
			brings(gcounter.command(2, "update {gcounter {increment: 2}}", "update {gcounter {increment: 1}}"),
				reply(2, "gcounter {value: 8}", changes("gcounter {increment: 3}"))),
			brings(elsewhere("gcounter {increment: 10}")),
			brings(gcounter.command(3, "update {gcounter {}}"), reply(3, "gcounter {value: 18}", "")),
		}},
		{"REP-PNCOUNTER-001 REP-PNCOUNTER-002 a counter", []replicatedLine{
			pncounter.is("pncounter {change: -5}"),
			brings(pncounter.command(1, "update {pncounter {change: 3}}", "update {pncounter {change: -4}}"),
				reply(1, "pncounter {value: -6}", changes("pncounter {change: -1}"))),
			brings(elsewhere("pncounter {change: -10}")),
			brings(pncounter.command(2), reply(2, "pncounter {value: -16}", "")),
		}},
		{"REP-LIMIT-004 a counter that would leave its range", []replicatedLine{
			gcounter.is("gcounter {increment: 18446744073709551615}"),
			brings(gcounter.command(1, "update {gcounter {increment: 1}}"), fails(1, codes.OutOfRange, "")),
			brings(gcounter.command(2), reply(2, "gcounter {value: 18446744073709551615}", "")),
		}},
		{"REP-GSET-001 REP-GSET-002 a set that grows", []replicatedLine{
			gset.is("gset {added: @a}"),
			brings(gset.command(1, `update {gset {add: "a"}}`), reply(1, `gset {elements: "a"}`, "")),
			brings(gset.command(2, `update {gset {add: "b"}}`, `update {gset {add: "b"}}`, `update {gset {add: "a"}}`),
				reply(2, `gset {elements: "a" elements: "b"}`, changes("gset {added: @b}"))),
			brings(elsewhere("gset {added: @b added: @c}")),
			brings(gset.command(3), reply(3, `gset {elements: "a" elements: "b" elements: "c"}`, "")),
		}},
		{"REP-ORSET-001 to REP-ORSET-004, REP-ORSET-006 a set", []replicatedLine{
			orset.is("orset {added: @a added: @b}"),
			brings(orset.command(1, `update {orset {remove: "a"}}`, `update {orset {add: "c"}}`),
				reply(1, `orset {elements: "b" elements: "c"}`, changes("orset {removed: @a added: @c}"))),
			brings(orset.command(2, `update {orset {remove: "x"}}`), reply(2, `orset {elements: "b" elements: "c"}`, "")),
			brings(orset.command(3, "update {orset {clear: true}}", `update {orset {add: "b"}}`),
				reply(3, `orset {elements: "b"}`, changes("orset {cleared: true added: @b}"))),
			brings(elsewhere("orset {cleared: true removed: @b added: @d}")),
			brings(orset.command(4), reply(4, `orset {elements: "d"}`, "")),
		}},
		{"REP-LWW-001 to REP-LWW-004 a register", []replicatedLine{
			register.unset(),
			brings(register.command(1), reply(1, "lwwregister {}", changes(`lwwregister {value {type_url: "p.cloudstate.io/string"}}`))),
			brings(register.command(2, `update {lwwregister {value: "a" clock {clock_type: CLOCK_CUSTOM custom_clock_value: 7}}}`),
				reply(2, `lwwregister {value: "a"}`, changes("lwwregister {value: @a clock: CLOCK_CUSTOM custom_clock_value: 7}"))),
			brings(register.command(3, `update {lwwregister {value: "a"}}`), reply(3, `lwwregister {value: "a"}`, changes("lwwregister {value: @a}"))),
			brings(elsewhere("lwwregister {value: @z}")),
			brings(register.command(4), reply(4, `lwwregister {value: "z"}`, "")),
		}},
		{"REP-FLAG-001 REP-FLAG-002 a flag", []replicatedLine{
			flag.is("flag {}"),
			brings(flag.command(1), reply(1, "flag {}", "")),
			brings(flag.command(2, "update {flag {}}"), reply(2, "flag {value: true}", changes("flag {value: true}"))),
			brings(elsewhere("flag {value: false}")),
			brings(flag.command(3, "update {flag {}}"), reply(3, "flag {value: true}", "")),
		}},
		{"REP-VOTE-001 to REP-VOTE-004 a vote", []replicatedLine{
			vote.unset(),
			brings(vote.command(1), reply(1, "vote {total_voters: 1}", "")),
			brings(vote.command(2, "update {vote {self_vote: true}}"), reply(2, "vote {self_vote: true votes_for: 1 total_voters: 1}", changes("vote {self_vote: true}"))),
			brings(elsewhere("vote {self_vote: true votes_for: 3 total_voters: 4}")),
			brings(vote.command(3, "update {vote {self_vote: true}}"), reply(3, "vote {self_vote: true votes_for: 3 total_voters: 4}", "")),
			brings(vote.command(4, "update {vote {}}"), reply(4, "vote {votes_for: 2 total_voters: 4}", changes("vote {}"))),
		}},
		{"REP-MAP-001 to REP-MAP-007, REP-TYPE-001 a map", []replicatedLine{
			ormap.unset(),
			brings(ormap.command(1, `update {ormap {add: "ORSet"}}`, `update {ormap {update {key: "GCounter" update {gcounter {increment: 2}}}}}`),
				reply(1, `ormap {entries {key: "GCounter" value {gcounter {value: 2}}} entries {key: "ORSet" value {orset {}}}}`,
					changes("ormap {added {key: @ORSet delta {orset {}}} added {key: @GCounter delta {gcounter {increment: 2}}}}"))),
			brings(elsewhere("ormap {removed: @ORSet updated {key: @GCounter delta {gcounter {increment: 3}}} added {key: @Flag delta {flag {value: true}}}}")),
			brings(ormap.command(2, `update {ormap {update {key: "GCounter" update {gcounter {increment: 1}}}}}`, `update {ormap {remove: "Flag"}}`, `update {ormap {add: "Flag"}}`),
				reply(2, `ormap {entries {key: "Flag" value {flag {}}} entries {key: "GCounter" value {gcounter {value: 6}}}}`,
					changes("ormap {removed: @Flag updated {key: @GCounter delta {gcounter {increment: 1}}} added {key: @Flag delta {flag {}}}}"))),
			brings(ormap.command(3, `update {ormap {add: "Flag"}}`, `update {ormap {remove: "Vote"}}`),
				reply(3, `ormap {entries {key: "Flag" value {flag {}}} entries {key: "GCounter" value {gcounter {value: 6}}}}`, "")),
			brings(ormap.command(4, "update {ormap {clear: true}}"), reply(4, "ormap {}", changes("ormap {cleared: true}"))),
			brings(ormap.command(5, `update {ormap {add: "Nothing"}}`), fails(5, codes.InvalidArgument, "")),
		}},
		{"REP-PNMAP-001 REP-PNMAP-002 REP-MAP-017 a map of counters", []replicatedLine{
			counters.is("pncounter_map {added {key: @a change: 5}}"),
			brings(counters.command(1, `update {pncounter_map {update {key: "a" counter {change: -7}}}}`, `update {pncounter_map {add: "b"}}`),
				reply(1, `pncounter_map {entries {key: "a" counter {value: -2}} entries {key: "b" counter {}}}`,
					changes("pncounter_map {updated {key: @a change: -7} added {key: @b}}"))),
		}},
		{"REP-LWWMAP-001 REP-LWWMAP-002 a map of registers", []replicatedLine{
			registers.is("lwwregister_map {added {key: @a register {value: @x}}}"),
			brings(registers.command(1, `update {lwwregister_map {update {key: "a" register {value: "x" clock {clock_type: CLOCK_REVERSE}}}}}`),
				reply(1, `lwwregister_map {entries {key: "a" register {value: "x"}}}`,
					changes("lwwregister_map {updated {key: @a register {value: @x clock: CLOCK_REVERSE}}}"))),
			brings(registers.command(2, `update {lwwregister_map {add: "a"}}`, `update {lwwregister_map {remove: "b"}}`),
				reply(2, `lwwregister_map {entries {key: "a" register {value: "x"}}}`, "")),
		}},
		{"REP-MULTI-001 REP-MULTI-002 a map of sets", []replicatedLine{
			sets.is("ormulti_map {added {key: @a set {added: @x}}}"),
			brings(sets.command(1, `update {ormulti_map {update {key: "a" set {remove: "x"}}}}`),
				reply(1, `ormulti_map {entries {key: "a" set {}}}`, changes("ormulti_map {updated {key: @a set {removed: @x}}}"))),
			brings(elsewhere("ormulti_map {updated {key: @a set {added: @y}}}")),
			brings(sets.command(2, `update {ormulti_map {remove: "a"}}`), reply(2, "ormulti_map {}", changes("ormulti_map {removed: @a}"))),
		}},
	}
}

// replicatedCommands are what commands bring besides the change of a value.
func replicatedCommands() []replicatedTranscript {
	const c, s = dialogue("GCounter-1"), dialogue("ORSet-1")
	return []replicatedTranscript{
		{"REP-UPD-001 REP-DELTA-003 nothing that others did", []replicatedLine{
			s.is("orset {added: @a}"),
			brings(s.command(1, `update {orset {add: "b"}}`), reply(1, `orset {elements: "a" elements: "b"}`, changes("orset {added: @b}"))),
			brings(elsewhere("orset {added: @c}")),
			brings(s.command(2, `update {orset {add: "d"}}`),
				reply(2, `orset {elements: "a" elements: "b" elements: "c" elements: "d"}`, changes("orset {added: @d}"))),
		}},
		{"REP-UPD-002 REP-UPD-003 REP-DELTA-002 what is unset stays so, until a delta or a change", []replicatedLine{
			c.unset(),
			brings(c.command(1), reply(1, "gcounter {}", "")),
			brings(elsewhere("gcounter {increment: 4}")),
			brings(c.command(2), reply(2, "gcounter {value: 4}", "")),
		}},
		{"REP-UPD-004 FX-FWD-001 a forward with an update", []replicatedLine{
			c.unset(),
			brings(c.command(1, "update {gcounter {increment: 1}}", `forward {id: "other"}`, "update {gcounter {increment: 1}}"),
				forwards(1, "other", changes("gcounter {increment: 2}"))),
			brings(c.command(2), reply(2, "gcounter {value: 2}", "")),
		}},
		{"FX-EFF-001 FX-EFF-002 side effects in their order", []replicatedLine{
			c.unset(),
			brings(c.command(1, `effect {id: "a"}`, "update {gcounter {increment: 1}}", `effect {id: "b" synchronous: true}`),
				reply(1, "gcounter {value: 1}", changes("gcounter {increment: 1}")+calls("a", false)+calls("b", true))),
		}},
		{"REP-WRITE-001 the write consistency of the last update", []replicatedLine{
			c.unset(),
			brings(c.command(1, "update {gcounter {increment: 1} write_consistency: WRITE_CONSISTENCY_ALL}", "update {gcounter {increment: 1} write_consistency: WRITE_CONSISTENCY_MAJORITY}"),
				reply(1, "gcounter {value: 2}", "state_action {update {gcounter {increment: 2}} write_consistency: WRITE_CONSISTENCY_MAJORITY}")),
			brings(c.command(2, "update {gcounter {increment: 1}}"), reply(2, "gcounter {value: 3}", changes("gcounter {increment: 1}"))),
		}},
		{"REP-FAIL-003 REP-FAIL-004 FX-EFF-003 a failure undoes, and the entity lives on", []replicatedLine{
			s.is("orset {added: @a}"),
			brings(s.command(1, `update {orset {remove: "a"}}`, `update {orset {add: "b"}}`, `effect {id: "x"}`, "delete {}", `fail {message: "50% off"}`),
				fails(1, codes.Unknown, "50% off")),
			brings(s.command(2), reply(2, `orset {elements: "a"}`, "")),
			brings(s.command(3, "update {gcounter {increment: 1}}"), fails(3, codes.InvalidArgument, "")),
			brings(s.command(4, ""), fails(4, codes.InvalidArgument, "")),
		}},
		{"REP-DEL-001 REP-DEL-002 a delete, and no update", []replicatedLine{
			c.is("gcounter {increment: 1}"),
			brings(c.command(1, "update {gcounter {increment: 1} write_consistency: WRITE_CONSISTENCY_ALL}", "delete {}"),
				reply(1, "gcounter {value: 2}", "state_action {delete {} write_consistency: WRITE_CONSISTENCY_ALL}")),
			brings(c.command(2), fails(2, codes.NotFound, "")),
			brings(c.leaves(3), left(3, "")),
		}},
		{"REP-DEL-002 a delete from elsewhere", []replicatedLine{
			c.is("gcounter {increment: 1}"),
			brings(c.watch(1, ""), opened(1, "gcounter {value: 1}", "")),
			brings(sdktest.ReplicatedDelete()),
		}},
		{"REP-DEL-002 and the next stream starts from its init", []replicatedLine{
			c.unset(),
			brings(c.command(1), reply(1, "gcounter {}", "")),
		}},
		{"REP-TYPE-005 an id that names no type", []replicatedLine{
			dialogue("Nothing-1").unset(),
			brings(dialogue("Nothing-1").command(1), fails(1, codes.InvalidArgument, "")),
			brings(dialogue("Nothing-1").watch(2, ""), fails(2, codes.InvalidArgument, "")),
		}},
		{"REP-CANCEL-003 CORE-CMD-003 CORE-CMD-005 what is asked for in vain", []replicatedLine{
			c.unset(),
			brings(sdktest.ReplicatedCommand(string(c), 1, "Proceed", nil), fails(1, codes.Unimplemented, "")),
			brings(sdktest.ReplicatedCommand(string(c), 2, "Process", nil), fails(2, codes.InvalidArgument, "")),
			brings(c.leaves(2), left(2, "")),
		}},
	}
}

// replicatedStreams are streamed calls.
func replicatedStreams() []replicatedTranscript {
	const c = dialogue("PNCounter-1")
	addOne, one := c.command(2, "update {pncounter {change: 1}}"), reply(2, "pncounter {value: 6}", changes("pncounter {change: 1}"))
	addTwo, two := c.command(3, "update {pncounter {change: 2}}"), reply(3, "pncounter {value: 8}", changes("pncounter {change: 2}"))
	return []replicatedTranscript{
		{"REP-STREAM-001 REP-STREAM-002 news of every change, in order, after the answer", []replicatedLine{
			c.is("pncounter {change: 5}"),
			brings(c.watch(1, ""), opened(1, "pncounter {value: 5}", "")),
			brings(addOne, one, news(1, "pncounter {value: 6}", "")),
			brings(c.command(9), reply(9, "pncounter {value: 6}", "")),
			brings(elsewhere("pncounter {change: 10}"), news(1, "pncounter {value: 16}", "")),
			brings(elsewhere("pncounter {}")),
			brings(c.command(10, "update {pncounter {change: 1}}", `fail {message: "no"}`), fails(10, codes.Unknown, "no")),
		}},
		{"REP-STREAM-004 the last message ends the call", []replicatedLine{
			c.is("pncounter {change: 5}"),
			brings(c.watch(1, "end_state {pncounter {value: 6}}"), opened(1, "pncounter {value: 5}", "")),
			brings(addOne, one, news(1, "pncounter {value: 6}", "end_stream: true")),
			brings(addTwo, two),
			brings(c.leaves(1), left(1, "")),
		}},
		{"REP-STREAM-002 a reply with what the command changed itself, and several calls", []replicatedLine{
			c.is("pncounter {change: 4}"),
			brings(c.watch(1, "initial_update {pncounter {change: 1}}"), opened(1, "pncounter {value: 5}", changes("pncounter {change: 1}"))),
			brings(c.watch(7, "initial_update {pncounter {}}"), opened(7, "pncounter {value: 5}", "")),
			brings(addOne, one, news(1, "pncounter {value: 6}", ""), news(7, "pncounter {value: 6}", "")),
		}},
		{"REP-STREAM-003 a streamed method whose caller takes one answer", []replicatedLine{
			c.is("pncounter {change: 5}"),
			brings(unstreamed(c.watch(1, "")), closed(opened(1, "pncounter {value: 5}", ""))),
			brings(addOne, one),
		}},
		{"REP-STREAM-001 effects in messages without answers", []replicatedLine{
			c.is("pncounter {change: 5}"),
			brings(c.watch(1, `empty: true effects {id: "a"} effects {id: "b" synchronous: true}`), opened(1, "", "")),
			brings(addOne, one, news(1, "", calls("a", false)+calls("b", true))),
		}},
		{"REP-STREAM-001 nothing to say", []replicatedLine{
			c.is("pncounter {change: 5}"),
			brings(c.watch(1, "empty: true end_state {pncounter {value: 8}}"), opened(1, "", "")),
			brings(addOne, one),
			brings(addTwo, two, news(1, "", "end_stream: true")),
		}},
		{"REP-CANCEL-003 REP-CANCEL-004 REP-CANCEL-005 REP-CANCEL-011 the caller leaves", []replicatedLine{
			c.is("pncounter {change: 5}"),
			brings(c.watch(1, "cancel_update {pncounter {change: 1} write_consistency: WRITE_CONSISTENCY_MAJORITY}"), opened(1, "pncounter {value: 5}", "")),
			brings(c.watch(7, ""), opened(7, "pncounter {value: 5}", "")),
			brings(c.leaves(1),
				left(1, "state_action {update {pncounter {change: 1}} write_consistency: WRITE_CONSISTENCY_MAJORITY}"),
				news(7, "pncounter {value: 6}", "")),
			brings(elsewhere("pncounter {change: 1}"), news(7, "pncounter {value: 7}", "")),
			brings(c.leaves(7), left(7, "")),
			brings(elsewhere("pncounter {change: 1}")),
		}},
	}
}

// replicatedBreaches are what no correct proxy sends.
func replicatedBreaches() []replicatedTranscript {
	const c = dialogue("GCounter-1")
	return []replicatedTranscript{
		{"REP-INIT-005 a command before init", []replicatedLine{brings(c.command(1), ends(1))}},
		{"REP-INIT-005 a delta before init", []replicatedLine{brings(elsewhere("gcounter {}"), ends(0))}},
		{"REP-INIT-006 a second init", []replicatedLine{c.unset(), brings(c.unset().say, ends(0))}},
		{"REP-INIT-007 an init for another service", []replicatedLine{brings(sdktest.ReplicatedInit("nobody", "GCounter-1", nil), ends(0))}},
		{"CORE-KEY-001 an init without an entity id", []replicatedLine{brings(sdktest.ReplicatedInit(replicatedModel, "", nil), ends(0))}},
		{"REP-INIT-009 an init of another type", []replicatedLine{brings(c.is("pncounter {}").say, ends(0))}},
		{"REP-DELTA-004 a delta of another type", []replicatedLine{c.unset(), brings(elsewhere("flag {}"), ends(0))}},
		{"REP-DELTA-004 a delta without a case", []replicatedLine{c.unset(), brings(elsewhere(""), ends(0))}},
		{"REP-CMD-001 a command for another entity", []replicatedLine{c.unset(), brings(dialogue("GCounter-2").command(1), ends(1))}},
		{"REP-CMD-001 the end of another entity's call", []replicatedLine{c.unset(), brings(dialogue("GCounter-2").leaves(1), ends(0))}},
		{"CORE-STREAM-004 a message without a case", []replicatedLine{brings(&sdktest.ReplicatedRequest{}, ends(0))}},
		{"CORE-STREAM-004 the same after init", []replicatedLine{c.unset(), brings(&sdktest.ReplicatedRequest{}, ends(0))}},
		{"REP-DEL-002 a delta after delete", []replicatedLine{c.unset(), brings(sdktest.ReplicatedDelete()), brings(elsewhere("gcounter {}"), ends(0))}},
	}
}
