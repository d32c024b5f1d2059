// What a value does with a delta that is not its own, and with any bytes whatever.
import { create, fromBinary, isMessage, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Delta, DeltaSchema } from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { act, acts, makers } from "../../sdktest/values.js";
import type { Value } from "./value.js";
import { Vote } from "./vote.js";

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
    assert.throws(
      () => make().apply(create(DeltaSchema, { delta: { case: "lwwregister", value: {} } })),
      Error,
    );
  }
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
