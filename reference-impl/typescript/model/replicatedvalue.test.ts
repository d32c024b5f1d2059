// The types, each with what is received and what is sent.
import { Clock } from "../gen/stateward/replicated/v1/replicated_pb.js";
import { Code } from "../sdk/index.js";
import { changed } from "../sdk/sdktest/replicated.js";
import { c, changes, Dialogue, fails, reply, s, transcript } from "./sdktest/replicated.js";

const gcounter = new Dialogue("GCounter-1");
transcript(
  "REP-INIT-008 REP-DELTA-001 REP-GCOUNTER-001 REP-GCOUNTER-002 a counter that grows",
  [gcounter.is(c("gcounter", { increment: 5n }))],
  [gcounter.command(1n), reply(1n, c("gcounter", { value: 5n }))],
  [
    gcounter.update(2n, c("gcounter", { increment: 2n }), c("gcounter", { increment: 1n })),
    reply(2n, c("gcounter", { value: 8n }), changes(c("gcounter", { increment: 3n }))),
  ],
  [changed(c("gcounter", { increment: 10n }))],
  [gcounter.update(3n, c("gcounter", {})), reply(3n, c("gcounter", { value: 18n }))],
);

const most = 2n ** 64n - 1n;
transcript(
  "REP-LIMIT-004 a counter that would leave its range",
  [gcounter.is(c("gcounter", { increment: most }))],
  [gcounter.update(1n, c("gcounter", { increment: 1n })), fails(1n, Code.OUT_OF_RANGE)],
  [gcounter.command(2n), reply(2n, c("gcounter", { value: most }))],
);

const pncounter = new Dialogue("PNCounter-1");
transcript(
  "REP-PNCOUNTER-001 REP-PNCOUNTER-002 a counter",
  [pncounter.is(c("pncounter", { change: -5n }))],
  [
    pncounter.update(1n, c("pncounter", { change: 3n }), c("pncounter", { change: -4n })),
    reply(1n, c("pncounter", { value: -6n }), changes(c("pncounter", { change: -1n }))),
  ],
  [changed(c("pncounter", { change: -10n }))],
  [pncounter.command(2n), reply(2n, c("pncounter", { value: -16n }))],
);

const gset = new Dialogue("GSet-1");
const adds = (add: string) => c("gset", { add });
transcript(
  "REP-GSET-001 REP-GSET-002 a set that grows",
  [gset.is(c("gset", { added: [s("a")] }))],
  [gset.update(1n, adds("a")), reply(1n, c("gset", { elements: ["a"] }))],
  [
    gset.update(2n, adds("b"), adds("b"), adds("a")),
    reply(2n, c("gset", { elements: ["a", "b"] }), changes(c("gset", { added: [s("b")] }))),
  ],
  [changed(c("gset", { added: [s("b"), s("c")] }))],
  [gset.command(3n), reply(3n, c("gset", { elements: ["a", "b", "c"] }))],
);

const orset = new Dialogue("ORSet-1");
const add = (value: string) => c("orset", { action: c("add", value) });
const remove = (value: string) => c("orset", { action: c("remove", value) });
const clear = c("clear", true);
transcript(
  "REP-ORSET-001 to REP-ORSET-004, REP-ORSET-006 a set",
  [orset.is(c("orset", { added: [s("a"), s("b")] }))],
  [
    orset.update(1n, remove("a"), add("c")),
    reply(
      1n,
      c("orset", { elements: ["b", "c"] }),
      changes(c("orset", { removed: [s("a")], added: [s("c")] })),
    ),
  ],
  [orset.update(2n, remove("x")), reply(2n, c("orset", { elements: ["b", "c"] }))],
  [
    orset.update(3n, c("orset", { action: clear }), add("b")),
    reply(3n, c("orset", { elements: ["b"] }), changes(c("orset", { cleared: true, added: [s("b")] }))),
  ],
  [changed(c("orset", { cleared: true, removed: [s("b")], added: [s("d")] }))],
  [orset.command(4n), reply(4n, c("orset", { elements: ["d"] }))],
);

const register = new Dialogue("LWWRegister-1");
const customClockValue = 7n;
transcript(
  "REP-LWW-001 to REP-LWW-004 a register",
  [register.unset()],
  [register.command(1n), reply(1n, c("lwwregister", {}), changes(c("lwwregister", { value: s("") })))],
  [
    register.update(
      2n,
      c("lwwregister", { value: "a", clock: { clockType: Clock.CUSTOM, customClockValue } }),
    ),
    reply(
      2n,
      c("lwwregister", { value: "a" }),
      changes(c("lwwregister", { value: s("a"), clock: Clock.CUSTOM, customClockValue })),
    ),
  ],
  [
    register.update(3n, c("lwwregister", { value: "a" })),
    reply(3n, c("lwwregister", { value: "a" }), changes(c("lwwregister", { value: s("a") }))),
  ],
  [changed(c("lwwregister", { value: s("z") }))],
  [register.command(4n), reply(4n, c("lwwregister", { value: "z" }))],
);

const flag = new Dialogue("Flag-1");
transcript(
  "REP-FLAG-001 REP-FLAG-002 a flag",
  [flag.is(c("flag", {}))],
  [flag.command(1n), reply(1n, c("flag", {}))],
  [
    flag.update(2n, c("flag", {})),
    reply(2n, c("flag", { value: true }), changes(c("flag", { value: true }))),
  ],
  [changed(c("flag", { value: false }))],
  [flag.update(3n, c("flag", {})), reply(3n, c("flag", { value: true }))],
);

const vote = new Dialogue("Vote-1");
const casts = (selfVote: boolean) => c("vote", { selfVote });
transcript(
  "REP-VOTE-001 to REP-VOTE-004 a vote",
  [vote.unset()],
  [vote.command(1n), reply(1n, c("vote", { totalVoters: 1 }))],
  [
    vote.update(2n, casts(true)),
    reply(2n, c("vote", { selfVote: true, votesFor: 1, totalVoters: 1 }), changes(casts(true))),
  ],
  [changed(c("vote", { selfVote: true, votesFor: 3, totalVoters: 4 }))],
  [vote.update(3n, casts(true)), reply(3n, c("vote", { selfVote: true, votesFor: 3, totalVoters: 4 }))],
  [
    vote.update(4n, casts(false)),
    reply(4n, c("vote", { votesFor: 2, totalVoters: 4 }), changes(casts(false))),
  ],
);
