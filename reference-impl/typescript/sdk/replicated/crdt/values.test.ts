import { create, fromBinary, isMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Clock as Kind,
  type Delta,
  DeltaSchema,
} from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { Code, Refusal } from "../../refusal.js";
import { Clock } from "./clock.js";
import { codec } from "./codec.js";
import { Flag } from "./flag.js";
import { GCounter } from "./gcounter.js";
import { LWWRegister } from "./lwwregister.js";
import { LWWRegisterMap } from "./lwwregistermap.js";
import { ORMultiMap } from "./ormultimap.js";
import { PNCounter } from "./pncounter.js";
import { PNCounterMap } from "./pncountermap.js";
import { act, acts, makers, newMixed, plain } from "../../sdktest/values.js";
import { received, type Value } from "./value.js";
import { Vote } from "./vote.js";

type DeltaInit = NonNullable<MessageInitShape<typeof DeltaSchema>["delta"]>;

function deltaOf(delta: DeltaInit): Delta {
  return create(DeltaSchema, { delta });
}

const [max64, maxInt64] = [2n ** 64n - 1n, 2n ** 63n - 1n];

// A counter is never taken out of its range by its own proxy (REP-LIMIT-004), and wraps
// where several were (REP-GCOUNTER-002, REP-PNCOUNTER-002).
test("counters keep their range", () => {
  const [grows, both] = [new GCounter(), new PNCounter()];
  grows.apply(deltaOf({ case: "gcounter", value: { increment: max64 - 1n } }));
  both.apply(deltaOf({ case: "pncounter", value: { change: maxInt64 - 1n } }));
  for (const counter of [grows, both]) {
    counter.add(1);
    assert.throws(
      () => counter.add(1),
      (error) => error instanceof Refusal && error.code === Code.OUT_OF_RANGE,
    );
  }
  assert.throws(() => grows.add(-1), Refusal);
  assert.deepEqual([grows.value, both.value], [max64, maxInt64], "refused");
  assert.equal(received(grows.delta(), "gcounter").increment, 1n);
  grows.apply(grows.delta());
  both.apply(both.delta());
  assert.deepEqual([grows.value, both.value], [0n, -maxInt64 - 1n], "over the brim by others");

  const least = new PNCounter();
  least.add(-maxInt64 - 1n);
  const wide = new PNCounter();
  wide.apply(deltaOf({ case: "pncounter", value: { change: -2n } }));
  wide.add(maxInt64);
  assert.throws(() => wide.add(1), Refusal, "more than one delta can say");
});

// REP-VOTE-001, REP-VOTE-002, REP-VOTE-003, REP-VOTE-004.
test("a vote", () => {
  const vote = new Vote();
  const reads = (mine: boolean, votes: number, voters: number, changed: boolean): void => {
    assert.deepEqual([vote.mine, vote.for, vote.voters, vote.changed], [mine, votes, voters, changed]);
  };
  reads(false, 0, 1, false);
  vote.cast(false); // it is so already
  reads(false, 0, 1, false);
  vote.cast(true);
  reads(true, 1, 1, true);
  assert.deepEqual(vote.delta(), deltaOf({ case: "vote", value: { selfVote: true } }));
  vote.rollback();
  reads(false, 0, 1, false);
  vote.cast(true);
  vote.commit();
  assert.ok(vote.apply(deltaOf({ case: "vote", value: { selfVote: true, votesFor: 2, totalVoters: 3 } })));
  reads(true, 2, 3, false);
  vote.cast(false);
  vote.cast(true);
  reads(true, 2, 3, false); // withdrawn, and given again
  vote.cast(false);
  reads(false, 1, 3, true);
  assert.deepEqual(vote.delta(), deltaOf({ case: "vote", value: {} }));
  vote.commit();
  vote.apply(deltaOf({ case: "vote", value: {} }));
  reads(false, 0, 0, false); // defaults are values too
});

// REP-LWW-001, REP-LWW-002, REP-LWW-003: the last value that was set, with its clock.
test("a register tells its last write", () => {
  const register = new LWWRegister(codec.string, "new");
  const write = { value: codec.string.pack("new") };
  const says = (more: { clock?: Kind; customClockValue?: bigint }): void => {
    assert.deepEqual(register.delta(), deltaOf({ case: "lwwregister", value: { ...write, ...more } }));
  };
  says({});
  register.rollback(); // created all the same
  says({});
  register.commit();
  for (const [clock, more] of [
    [Clock.system, {}],
    [Clock.reverse, { clock: Kind.REVERSE }],
    [Clock.custom(-5), { clock: Kind.CUSTOM, customClockValue: -5n }],
    [Clock.customAutoIncrement(7n), { clock: Kind.CUSTOM_AUTO_INCREMENT, customClockValue: 7n }],
  ] as const) {
    register.set("old", Clock.customAutoIncrement(9));
    register.set("new", clock); // the same as it was
    says(more);
    register.commit();
  }
});

// The protocol's clocks are the library's; one that is unknown is the proxy's.
test("clocks by their names", () => {
  const told = ({ kind, time }: Clock): unknown[] => [kind, time];
  for (const kind of [Kind.DEFAULT, Kind.REVERSE]) assert.deepEqual(told(Clock.of(kind, 7n)), [kind, 0n]);
  for (const kind of [Kind.CUSTOM, Kind.CUSTOM_AUTO_INCREMENT]) {
    assert.deepEqual(told(Clock.of(kind, 7n)), [kind, 7n]);
  }
  assert.deepEqual(told(Clock.of(JSON.parse("99") as Kind, 7n)), told(Clock.system));
  assert.throws(() => Clock.custom(2n ** 63n), RangeError);
});

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

// A delta of another type, or of none, is refused by every value (REP-DELTA-004,
// REP-TYPE-001).
test("deltas of another type", () => {
  const all: Record<string, () => Value> = { ...makers, vote: () => new Vote() };
  for (const [type, make] of Object.entries(all)) {
    for (const [other, another] of Object.entries(all)) {
      if (other === type) make().apply(another().delta());
      else assert.throws(() => make().apply(another().delta()), /REP-DELTA-004/, `${type} and ${other}`);
    }
    assert.throws(() => make().apply(create(DeltaSchema)), /REP-DELTA-004/);
    assert.throws(() => make().apply(deltaOf({ case: "lwwregister", value: {} })), Error);
  }
});

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

// A flag that is set already says nothing (REP-FLAG-001).
test("a flag is set once", () => {
  const flag = new Flag();
  flag.set();
  flag.set();
  assert.deepEqual(flag.delta(), deltaOf({ case: "flag", value: { value: true } }));
  flag.commit();
  flag.set();
  assert.equal(flag.changed, false);
  assert.equal(flag.apply(deltaOf({ case: "flag", value: {} })), false);
  assert.ok(flag.value);
});

// A value takes any bytes that are a delta, or says what is wrong with them, and sends
// nothing of what it received.
for (const [type, make] of Object.entries(makers)) {
  test(`${type} takes any bytes`, () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.array(acts, { maxLength: 4 }).map(bytesOf),
      fc.constant(new Uint8Array()),
    );
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 3 }), (all) => {
        const value = make();
        value.commit();
        for (const text of all) {
          const delta = read(text);
          if (delta === undefined || !takes(value, delta)) return;
          assert.equal(value.changed, false);
          assert.ok(isMessage(value.delta(), DeltaSchema));
        }
      }),
    );
    function bytesOf(script: Parameters<typeof act>[1][]): Uint8Array {
      const value = make();
      for (const todo of script) act(value, todo);
      return toBinary(DeltaSchema, value.delta());
    }
  });
}

function read(bytes: Uint8Array): Delta | undefined {
  try {
    return fromBinary(DeltaSchema, bytes);
  } catch {
    return undefined;
  }
}

/** Whether the value takes the delta; what it throws is an Error with a text. */
function takes(value: Value, delta: Delta): boolean {
  try {
    value.apply(delta);
    return true;
  } catch (error) {
    assert.ok(error instanceof Error && error.message !== "");
    return false;
  }
}
