import assert from "node:assert/strict";
import { test } from "node:test";
import { Metadata } from "./metadata.js";

test("metadata keeps its pairs, and their order (META-GIVE-001, META-GIVE-002)", () => {
  const metadata = new Metadata([
    ["a", "1"],
    ["a", "2"],
    ["b-bin", Uint8Array.of(0xff)],
  ]);
  assert.deepEqual(
    [metadata.get("A"), metadata.getAll("a"), metadata.get("c"), metadata.size],
    ["1", ["1", "2"], undefined, 3],
  );
  assert.deepEqual([...Metadata.of(metadata.toMessage())], [...metadata]);
  assert.equal(new Metadata().toMessage(), undefined);
  for (const [key, value] of [
    ["A", "1"],
    ["", "1"],
    ["a b", "1"],
    ["a", "\ud800"],
    ["a-bin", "1"],
    ["a", Uint8Array.of(1)],
  ] as const) {
    assert.throws(() => metadata.append(key, value), TypeError);
  }
});
