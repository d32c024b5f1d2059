import { create, type MessageInitShape } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Clock as Kind,
  type Delta,
  DeltaSchema,
} from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { newMixed, plain } from "../../sdktest/values.js";
import { Clock } from "./clock.js";
import { codec } from "./codec.js";
import { GCounter } from "./gcounter.js";
import { LWWRegisterMap } from "./lwwregistermap.js";
import { ORMultiMap } from "./ormultimap.js";
import { PNCounter } from "./pncounter.js";
import { PNCounterMap } from "./pncountermap.js";
import { received } from "./value.js";

type DeltaInit = NonNullable<MessageInitShape<typeof DeltaSchema>["delta"]>;

function deltaOf(delta: DeltaInit): Delta {
  return create(DeltaSchema, { delta });
}

// The table of the specification: what a command on a map of a 5 and z 1 is answered with
// (REP-PNMAP-002, REP-MAP-005, REP-MAP-006, REP-MAP-007).
const [a, b] = [codec.string.pack("a"), codec.string.pack("b")];
for (const [name, command, want] of [
  ["adds 3 to a, takes 1", (m) => m.add("a", 3).add("a", -1), { updated: [{ key: a, change: 2n }] }],
  ["removes a", (m) => m.delete("a"), { removed: [a] }],
  ["adds 3 to a, removes it", (m) => m.add("a", 3).delete("a"), { removed: [a] }],
  [
    "removes a, adds 3 to a new a",
    (m) => [m.delete("a"), m.add("a", 3)],
    { removed: [a], added: [{ key: a, change: 3n }] },
  ],
  ["adds 3 to a, takes 3", (m) => m.add("a", 3).add("a", -3), {}],
  ["creates b", (m) => m.add("b", 0), { added: [{ key: b }] }],
  ["adds 3 to b, which creates it", (m) => m.add("b", 3), { added: [{ key: b, change: 3n }] }],
  [
    "removes every entry, creates b",
    (m) => {
      m.clear();
      m.add("b", 0);
    },
    { cleared: true, added: [{ key: b }] },
  ],
  ["removes b, which is not there", (m) => m.delete("b"), {}],
] as [
  string,
  (map: PNCounterMap<string>) => unknown,
  Extract<DeltaInit, { case: "pncounterMap" }>["value"],
][]) {
  test(`a map of counters ${name}`, () => {
    const map = new PNCounterMap(codec.string);
    map.add("a", 5);
    map.add("z", 1);
    map.commit();
    command(map);
    assert.deepEqual(map.delta(), deltaOf({ case: "pncounterMap", value: want }));
    assert.equal(map.changed, Object.keys(want).length > 0);
  });
}
// An entry that lacks its key, or whose delta is of another type, is refused; a map of one
// type is none that stands in an ORMap (REP-MAP-017).
test("entries that cannot be applied", () => {
  const key = codec.string.pack("pncounter");
  for (const entry of [
    { delta: new PNCounter().delta() },
    { key },
    { key, delta: new GCounter().delta() },
    { key, delta: new PNCounterMap(codec.string).delta() },
  ]) {
    for (const value of [{ added: [entry] }, { updated: [entry] }]) {
      const map = newMixed();
      map.ensure("pncounter");
      map.commit();
      assert.throws(() => map.apply(deltaOf({ case: "ormap", value })), /REP-/);
    }
  }
  assert.throws(() =>
    new LWWRegisterMap(codec.string, codec.string).apply(
      deltaOf({ case: "lwwregisterMap", value: { added: [{ key }] } }),
    ),
  );
  assert.throws(() =>
    new ORMultiMap(codec.string, codec.string).apply(
      deltaOf({ case: "ormultiMap", value: { updated: [{ key }] } }),
    ),
  );
});

// What comes for a key that is not there is new, and what is added in the place of one that
// is there replaces it (REP-MAP-002).
test("entries from elsewhere", () => {
  const entries = [
    { key: codec.string.pack("pncounter"), delta: deltaOf({ case: "pncounter", value: { change: 5n } }) },
  ];
  const map = newMixed();
  for (const value of [{ updated: entries }, { added: entries }, { cleared: true, added: entries }]) {
    assert.ok(map.apply(deltaOf({ case: "ormap", value })));
    assert.deepEqual(plain(map), new Map([["pncounter", 5n]]));
  }
});

// What is not there is told apart from what is empty, and a write that cannot travel makes no entry.
test("maps of one type read as maps", () => {
  const counters = new PNCounterMap(codec.string);
  const registers = new LWWRegisterMap(codec.string, codec.string);
  const sets = new ORMultiMap(codec.string, codec.string);
  counters.add("a", 0);
  registers.set("a", "");
  assert.equal(sets.ensure("a").size, 0);
  assert.deepEqual([counters.get("a"), registers.get("a"), sets.get("a")?.size], [0n, "", 0]);
  assert.deepEqual([counters.get("b"), registers.get("b"), sets.get("b")], [undefined, undefined, undefined]);
  assert.throws(() => registers.set("b", "\ud800"), TypeError);
  assert.equal(registers.has("b"), false);
  registers.clear();
  registers.set("a", "x", Clock.custom(1)).set("a", "y"); // the last write, and its clock
  const [entry] = received(registers.delta(), "lwwregisterMap").added;
  assert.deepEqual([entry?.register?.clock, registers.get("a")], [Kind.DEFAULT, "y"]);
});
