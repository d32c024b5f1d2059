// A payload, and what is no message of its type.
import { toBinary } from "@bufbuild/protobuf";
import { FieldMaskSchema, StringValueSchema, StructSchema } from "@bufbuild/protobuf/wkt";
import assert from "node:assert/strict";
import { test } from "node:test";
import { pack, PayloadError, unpack } from "./payload.js";

test("text that is not UTF-8 is no message, wherever it stands (CORE-CMD-005)", () => {
  const value = { kind: { case: "stringValue", value: "?" } } as const;
  const payloads = [
    [StringValueSchema, pack(StringValueSchema, { value: "?" })],
    [FieldMaskSchema, pack(FieldMaskSchema, { paths: ["a", "?"] })], // in a list
    [StructSchema, pack(StructSchema, { fields: { "?": value } })], // as a key
    [StructSchema, pack(StructSchema, { fields: { a: value } })], // in a message in a map
  ] as const;
  for (const [schema, payload] of payloads) {
    assert.deepEqual(toBinary(schema, unpack(schema, payload)), payload.value);
    payload.value[payload.value.lastIndexOf("?".charCodeAt(0))] = 0xff;
    assert.throws(() => unpack(schema, payload), PayloadError);
  }
});

test("text that UTF-8 cannot hold is not packed, wherever it stands", () => {
  for (const text of ["\ud800", "a\udc00b", "\ufffd\ud83d"]) {
    const value = { kind: { case: "stringValue", value: text } } as const;
    for (const packs of [
      () => pack(StringValueSchema, { value: text }),
      () => pack(FieldMaskSchema, { paths: ["a", text] }), // in a list
      () => pack(StructSchema, { fields: { [text]: value } }), // as a key
      () => pack(StructSchema, { fields: { a: value } }), // in a message in a map
    ])
      assert.throws(packs, TypeError);
  }
  for (const value of ["\ufffd", "\ud83c\udf4e"])
    assert.equal(unpack(StringValueSchema, pack(StringValueSchema, { value })).value, value);
});

test("a field that is not known changes nothing (ACT-REQ-006, CORE-CMD-007)", () => {
  const payload = pack(StringValueSchema, { value: "a" });
  payload.value = Uint8Array.of(0xc8, 0x3e, 1, ...payload.value, 0xc8, 0x3e, 1); // number 1001, in front and behind
  assert.equal(unpack(StringValueSchema, payload).value, "a");
});

test("text that begins with a byte order mark keeps it", () => {
  assert.equal(unpack(StringValueSchema, pack(StringValueSchema, { value: "\ufeffa" })).value, "\ufeffa");
});
