import { clone, equals, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { DeltaSchema, type Delta } from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { act, acts, makers, mixedKeys, names, plain } from "../../sdktest/values.js";
import type { Value } from "./value.js";

/** What one command does, whether it fails, and how a proxy may order what it tells of it. */
const commands = fc.array(
  fc.record({ acts: fc.array(acts, { maxLength: 6 }), fails: fc.boolean(), order: fc.nat() }),
  {
    minLength: 1,
    maxLength: 5,
  },
);

// Two values that tell each other their deltas stay equal, whichever is changed
// (REP-UPD-001, REP-DELTA-001, REP-ORSET-002, REP-MAP-003, REP-GCOUNTER-002,
// REP-PNCOUNTER-002, REP-LWW-004, REP-FLAG-002); a delta holds nothing that was received
// (REP-DELTA-003), leads from the empty value to the same (REP-INIT-008), and is undone
// without a trace (REP-FAIL-003).
for (const [type, make] of Object.entries(makers)) {
  test(`${type}: two values stay equal by their deltas`, () => {
    fc.assert(
      fc.property(commands, (script) => {
        let [here, there] = [make(), make()];
        tell(here, there, 0); // a register is created with a value
        for (const command of script) {
          const before = plain(here);
          for (const todo of command.acts) act(here, todo);
          if (command.fails) {
            here.rollback();
            assert.deepEqual(plain(here), before, "rolled back");
            assert.equal(here.changed, false, "rolled back");
          }
          tell(here, there, command.order);
          [here, there] = [there, here];
        }
      }),
    );
  });
}

/** Commits what was done to one value, and applies it to the other. */
function tell(from: Value, to: Value, order: number): void {
  const [before, held] = [plain(from), plain(to)];
  const delta = from.delta();
  assert.deepEqual(plain(from), before, "asked for its delta");
  assert.ok(equals(DeltaSchema, from.delta(), delta), "asked again");
  assert.equal(isEmpty(delta), !from.changed, "what is said is what was done");
  if (from.changed) {
    const changed = to.apply(shuffled(delta, order));
    if (!changed) assert.deepEqual(plain(to), held, "changed in silence");
  } else if (from.type !== "lwwregister") {
    assert.equal(to.apply(delta), false, "an empty delta changes nothing");
  }
  assert.deepEqual(plain(to), plain(from), "told");
  assert.equal(to.changed, false, "what was received is to be sent (REP-DELTA-003)");
  from.commit();
  assert.equal(from.changed, false, "what was sent is to be sent again");
}

function isEmpty(delta: Delta): boolean {
  const bytes = toBinary(DeltaSchema, delta); // one field: its tag, its length, its bytes
  return bytes.length === 2 && bytes[1] === 0;
}

/** The delta with each of its lists in another order (REP-EQ-004). */
function shuffled(delta: Delta, order: number): Delta {
  const copy = clone(DeltaSchema, delta);
  for (const list of Object.values(copy.delta.value ?? {})) if (Array.isArray(list)) permute(list, order);
  return copy;
}

/** Every order of the list can come out; the order says which. */
function permute(list: unknown[], order: number): void {
  for (let i = list.length; i > 1; order = Math.trunc(order / i), i--)
    list.push(...list.splice(order % i, 1));
}

// A collection knows its size and what it has, and is walked in every way in which a
// `Set` or a `Map` is.
for (const [type, make] of Object.entries(makers)) {
  const isSet = type.endsWith("set");
  if (!isSet && !type.endsWith("ap")) continue;
  test(`${type} reads as a collection does`, () => {
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 12 }), (script) => {
        const value = make();
        for (const todo of script) act(value, todo);
        const collection = value as unknown as ReadonlyMap<string, unknown> & ReadonlySet<string>;
        const held = new Map<unknown, unknown>(isSet ? [...collection].map((key) => [key, key]) : collection);
        assert.equal(collection.size, held.size);
        for (const key of [...names, ...mixedKeys]) assert.equal(collection.has(key), held.has(key), key);
        assert.deepEqual(new Map(collection.entries()), held);
        assert.deepEqual([...collection.keys()], [...held.keys()]);
        assert.deepEqual([...collection.values()], [...held.values()]);
        const walked: unknown[] = [];
        collection.forEach((shown: unknown, key: unknown, self: unknown) =>
          walked.push([key, shown, self === value]),
        );
        assert.deepEqual(
          walked,
          [...held].map(([key, shown]) => [key, shown, true]),
        );
        if (!isSet) for (const [key, shown] of held) assert.deepEqual(collection.get(key as string), shown);
      }),
    );
  });
}
