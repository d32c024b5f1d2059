// Takes vectors of a function's incoming messages through the generated code:
// JSON to bytes, and bytes back to the same message.
//
//   npm run roundtrip vectors/eventsourced/handle_request.json
import { createRegistry, equals, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { file_google_protobuf_wrappers } from "@bufbuild/protobuf/wkt";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { EventSourcedService, HandleRequestSchema } from "../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import { definition } from "./grpc.js";

interface Vector {
  name: string;
  rule: string;
  json: JsonValue;
  hex: string;
}

// The vectors hold some of google.protobuf's messages.
const registry = createRegistry(file_google_protobuf_wrappers);
const { handle } = definition(EventSourcedService);

function roundTrip(vector: Vector): void {
  const message = fromJson(HandleRequestSchema, vector.json, { registry });
  const encoded = handle.requestSerialize(message);
  assert.equal(encoded.toString("hex"), vector.hex, vector.name);
  const decoded = handle.requestDeserialize(encoded);
  assert.ok(equals(HandleRequestSchema, decoded, message), vector.name);
}

const file = process.argv[2] ?? assert.fail("name a file of vectors");
const all = (JSON.parse(readFileSync(file, "utf8")) as { vectors: Vector[] }).vectors;
const vectors = all.filter((v) => v.rule === "both ways");
assert.notEqual(vectors.length, 0, `${file} has no vector that holds both ways`);
vectors.forEach(roundTrip);
console.log(`typescript: ${vectors.length} vectors, both ways`);
