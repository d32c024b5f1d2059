// The maps, each with what is received and what is sent.
import { Clock } from "../gen/stateward/replicated/v1/replicated_pb.js";
import { Code } from "../sdk/index.js";
import { changed } from "../sdk/sdktest/replicated.js";
import { c, changes, Dialogue, fails, reply, s, transcript } from "./sdktest/replicated.js";

const clear = c("clear", true);
const counters = new Dialogue("PNCounterMap-1");
transcript(
  "REP-PNMAP-001 REP-PNMAP-002 a map of counters",
  [counters.is(c("pncounterMap", { added: [{ key: s("a"), change: 5n }] }))],
  [
    counters.update(
      1n,
      c("pncounterMap", { action: c("update", { key: "a", counter: { change: -7n } }) }),
      c("pncounterMap", { action: c("add", "b") }),
    ),
    reply(
      1n,
      c("pncounterMap", {
        entries: [
          { key: "a", counter: { value: -2n } },
          { key: "b", counter: {} },
        ],
      }),
      changes(c("pncounterMap", { updated: [{ key: s("a"), change: -7n }], added: [{ key: s("b") }] })),
    ),
  ],
);

const registers = new Dialogue("LWWRegisterMap-1");
const holds = c("lwwregisterMap", { entries: [{ key: "a", register: { value: "x" } }] });
transcript(
  "REP-LWWMAP-001 REP-LWWMAP-002 a map of registers",
  [registers.is(c("lwwregisterMap", { added: [{ key: s("a"), register: { value: s("x") } }] }))],
  [
    registers.update(
      1n,
      c("lwwregisterMap", {
        action: c("update", { key: "a", register: { value: "x", clock: { clockType: Clock.REVERSE } } }),
      }),
    ),
    reply(
      1n,
      { ...holds, value: { entries: [...holds.value.entries] } },
      changes(
        c("lwwregisterMap", {
          updated: [{ key: s("a"), register: { value: s("x"), clock: Clock.REVERSE } }],
        }),
      ),
    ),
  ],
  [
    registers.update(
      2n,
      c("lwwregisterMap", { action: c("add", "a") }),
      c("lwwregisterMap", { action: c("remove", "b") }),
    ),
    reply(2n, { ...holds, value: { entries: [...holds.value.entries] } }),
  ],
);

const sets = new Dialogue("ORMultiMap-1");
transcript(
  "REP-MULTI-001 REP-MULTI-002 a map of sets",
  [sets.is(c("ormultiMap", { added: [{ key: s("a"), set: { added: [s("x")] } }] }))],
  [
    sets.update(
      1n,
      c("ormultiMap", {
        action: c("update", { key: "a", set: { action: c("remove", "x") } }),
      }),
    ),
    reply(
      1n,
      c("ormultiMap", { entries: [{ key: "a", set: {} }] }),
      changes(c("ormultiMap", { updated: [{ key: s("a"), set: { removed: [s("x")] } }] })),
    ),
  ],
  [changed(c("ormultiMap", { updated: [{ key: s("a"), set: { added: [s("y")] } }] }))],
  [
    sets.update(2n, c("ormultiMap", { action: c("remove", "a") })),
    reply(2n, c("ormultiMap", {}), changes(c("ormultiMap", { removed: [s("a")] }))),
  ],
);

const ormap = new Dialogue("ORMap-1");
const one = (n: bigint) => ({
  key: "GCounter",
  value: { value: c("gcounter", { value: n }) },
});
const unsetFlag = { key: "Flag", value: { value: c("flag", {}) } };
const grows = (increment: bigint) => ({ delta: c("gcounter", { increment }) });
const does = (kind: "add" | "remove", key: string) => c("ormap", { action: { case: kind, value: key } });
const counts = (increment: bigint) =>
  c("ormap", {
    action: c("update", { key: "GCounter", update: { update: c("gcounter", { increment }) } }),
  });
transcript(
  "REP-MAP-001 to REP-MAP-007, REP-TYPE-001 a map",
  [ormap.unset()],
  [
    ormap.update(1n, does("add", "ORSet"), counts(2n)),
    reply(
      1n,
      c("ormap", { entries: [one(2n), { key: "ORSet", value: { value: c("orset", {}) } }] }),
      changes(
        c("ormap", {
          added: [
            { key: s("ORSet"), delta: { delta: c("orset", {}) } },
            { key: s("GCounter"), delta: grows(2n) },
          ],
        }),
      ),
    ),
  ],
  [
    changed(
      c("ormap", {
        removed: [s("ORSet")],
        updated: [{ key: s("GCounter"), delta: grows(3n) }],
        added: [{ key: s("Flag"), delta: { delta: c("flag", { value: true }) } }],
      }),
    ),
  ],
  [
    ormap.update(2n, counts(1n), does("remove", "Flag"), does("add", "Flag")),
    reply(
      2n,
      c("ormap", { entries: [unsetFlag, one(6n)] }),
      changes(
        c("ormap", {
          removed: [s("Flag")],
          updated: [{ key: s("GCounter"), delta: grows(1n) }],
          added: [{ key: s("Flag"), delta: { delta: c("flag", {}) } }],
        }),
      ),
    ),
  ],
  [
    ormap.update(3n, does("add", "Flag"), does("remove", "Vote")),
    reply(3n, c("ormap", { entries: [unsetFlag, one(6n)] })),
  ],
  [
    ormap.update(4n, c("ormap", { action: clear })),
    reply(4n, c("ormap", {}), changes(c("ormap", { cleared: true }))),
  ],
  [ormap.update(5n, does("add", "Nothing")), fails(5n, Code.INVALID_ARGUMENT)],
);
