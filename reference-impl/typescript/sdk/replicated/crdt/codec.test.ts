import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Any, AnySchema, StringValueSchema, StructSchema } from "@bufbuild/protobuf/wkt";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DeltaSchema } from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { type Codec, codec } from "./codec.js";
import { GSet } from "./gset.js";
import { LWWRegister } from "./lwwregister.js";
import { ORSet } from "./orset.js";
import { PNCounterMap } from "./pncountermap.js";
import { newMixed } from "../../sdktest/values.js";
import { received, type Value } from "./value.js";

type DeltaInit = NonNullable<MessageInitShape<typeof DeltaSchema>["delta"]>;

interface Payload {
  readonly name: string;
  readonly typeUrls: readonly [string];
  readonly hex: string;
  readonly also?: readonly string[];
}

const { message, ...scalars } = codec;
const codecs = new Map<string, (payload: Any) => Any>();
for (const [name, scalar] of Object.entries(scalars)) codecs.set(name, recoded(scalar as Codec<unknown>));
codecs.set("google.protobuf.StringValue", recoded(message(StringValueSchema)));

/** Reads a payload, and packs what it read. */
function recoded<T>(coder: Codec<T>): (payload: Any) => Any {
  return (payload) => coder.pack(coder.unpack(payload));
}

// The protocol's own vectors of scalars and messages: every encoding is read
// (CORE-PAYLOAD-005), and written in one way (CORE-PAYLOAD-004, CORE-PAYLOAD-006,
// REP-EQ-002).
test("the vectors of payloads", () => {
  // This file runs as dist/sdk/replicated/crdt/codec.test.js.
  const file = readFileSync(
    new URL("../../../../../../protocol/vectors/payloads/any.json", import.meta.url),
    "utf8",
  );
  const tested = new Set<string>();
  for (const { name, typeUrls, hex, also = [] } of (JSON.parse(file) as { payloads: Payload[] }).payloads) {
    const [typeUrl] = typeUrls;
    const type = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
    const known = codecs.get(type);
    if (known === undefined) continue; // JSON
    tested.add(type);
    for (const encoded of [hex, ...also]) {
      const packed = known(any({ typeUrl, value: Buffer.from(encoded, "hex") }));
      assert.equal(packed.typeUrl, typeUrl, name);
      if (type in scalars) assert.equal(Buffer.from(packed.value).toString("hex"), hex, name);
    }
  }
  assert.deepEqual([...tested].sort(), [...codecs.keys()].sort());
});

// Equal messages are packed into equal bytes, maps in them included (REP-EQ-002).
test("messages are packed in one way", () => {
  const set = new ORSet(codec.message(StructSchema));
  const field = (numberValue: number) => ({ kind: { case: "numberValue" as const, value: numberValue } });
  set.add(create(StructSchema, { fields: { a: field(1), b: field(2), 7: field(3), 10: field(4) } }));
  set.add(create(StructSchema, { fields: { b: field(2), 10: field(4), a: field(1), 7: field(3) } }));
  assert.equal(set.size, 1);
});

test("payloads of another type, or of none", () => {
  for (const payload of [
    any({ typeUrl: "p.cloudstate.io/int64" }),
    any({ typeUrl: "type.googleapis.com/string" }),
    any({ typeUrl: "type.googleapis.com/google.protobuf.StringValue" }),
    any({ typeUrl: "p.cloudstate.io/string", value: Uint8Array.of(0x0a, 9) }),
    any({ typeUrl: "p.cloudstate.io/string", value: Uint8Array.of(0x0a, 1, 0xff) }),
  ]) {
    const counter = { delta: { case: "gcounter" as const, value: {} } };
    for (const [value, delta] of [
      [new GSet(codec.string), { case: "gset", value: { added: [payload] } }],
      [new ORSet(codec.string), { case: "orset", value: { removed: [payload] } }],
      [new LWWRegister(codec.string, ""), { case: "lwwregister", value: { value: payload } }],
      [newMixed(), { case: "ormap", value: { added: [{ key: payload, delta: counter }] } }],
    ] as [Value, DeltaInit][]) {
      assert.throws(() => value.apply(create(DeltaSchema, { delta })), /the payload is/, value.type);
    }
  }
});

// Text that UTF-8 cannot hold, and a number that is none of its type, are mistakes of the handler.
test("what cannot travel", () => {
  assert.throws(() => new GSet(codec.string).add("\ud800"), TypeError);
  assert.throws(() =>
    new GSet(codec.message(StringValueSchema)).add(create(StringValueSchema, { value: "\ud800" })),
  );
  assert.throws(() => new GSet(codec.int32).add(0.5));
  assert.throws(() => new GSet(codec.uint64).add(-1n));
});

// A float has fewer digits than a number of JavaScript: what is held is what others read.
test("what loses digits on its way", () => {
  const near = Math.fround(0.1);
  assert.deepEqual([...new GSet(codec.float).add(0.1)], [near]);
  assert.deepEqual([...new PNCounterMap(codec.float).add(0.1, 1).keys()], [near]);
  const register = new LWWRegister(codec.float, 0.1);
  assert.equal(register.value, near);
  register.set(0.2);
  assert.equal(register.value, Math.fround(0.2));
});

// What came in another form than ours is found, and removed by that form (REP-EQ-003);
// removed and added again it was not touched (REP-ORSET-003).
test("forms of others", () => {
  const theirs = any({ typeUrl: "p.cloudstate.io/string", value: Uint8Array.of(0x0a, 0) });
  const ours = any({ typeUrl: "p.cloudstate.io/string" });

  const set = new ORSet(codec.string);
  set.apply(create(DeltaSchema, { delta: { case: "orset", value: { added: [theirs] } } }));
  assert.ok(set.has(""));
  assert.equal(set.add("").changed, false);
  set.delete("");
  assert.deepEqual(received(set.delta(), "orset").removed, [theirs]);
  set.add("");
  assert.equal(set.changed, false, "removed and added again");
  set.apply(create(DeltaSchema, { delta: { case: "orset", value: { removed: [ours] } } }));
  assert.equal(set.size, 1, "removed by another form");

  const map = new PNCounterMap(codec.string);
  const entry = { key: theirs, change: 2n };
  map.apply(create(DeltaSchema, { delta: { case: "pncounterMap", value: { added: [entry] } } }));
  map.add("", 1);
  assert.deepEqual(
    received(map.delta(), "pncounterMap").updated.map(({ key }) => key),
    [theirs],
  );
  map.delete("");
  assert.deepEqual(received(map.delta(), "pncounterMap").removed, [theirs]);
});

function any(payload: MessageInitShape<typeof AnySchema>): Any {
  return create(AnySchema, payload);
}
