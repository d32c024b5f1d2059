// The golden vectors of the protocol, through the generated code that the library speaks with.
// Among them are messages with unknown fields (MUX-MSG-006).
import { createRegistry, equals, fromBinary, fromJson, type JsonValue, toBinary } from "@bufbuild/protobuf";
import { file_google_protobuf_empty, file_google_protobuf_wrappers } from "@bufbuild/protobuf/wkt";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { file_stateward_action_v1_action } from "../gen/stateward/action/v1/action_pb.js";
import { file_stateward_annotations_v1_annotations } from "../gen/stateward/annotations/v1/annotations_pb.js";
import { file_stateward_discovery_v1_discovery } from "../gen/stateward/discovery/v1/discovery_pb.js";
import { file_stateward_entity_v1_entity } from "../gen/stateward/entity/v1/entity_pb.js";
import { file_stateward_eventsourced_v1_eventsourced } from "../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import { file_stateward_lifecycle_v1_lifecycle } from "../gen/stateward/lifecycle/v1/lifecycle_pb.js";
import { file_stateward_multiplex_v1_multiplex } from "../gen/stateward/multiplex/v1/multiplex_pb.js";
import { file_stateward_replicated_v1_replicated } from "../gen/stateward/replicated/v1/replicated_pb.js";
import { file_stateward_value_v1_value } from "../gen/stateward/value/v1/value_pb.js";

interface Vectors {
  readonly message: string;
  readonly vectors: readonly {
    readonly name: string;
    readonly rule: "both ways" | "reads" | "refused";
    readonly json: JsonValue;
    readonly hex: string;
  }[];
}

const protocol = [
  file_stateward_action_v1_action,
  file_stateward_annotations_v1_annotations,
  file_stateward_discovery_v1_discovery,
  file_stateward_entity_v1_entity,
  file_stateward_eventsourced_v1_eventsourced,
  file_stateward_lifecycle_v1_lifecycle,
  file_stateward_multiplex_v1_multiplex,
  file_stateward_replicated_v1_replicated,
  file_stateward_value_v1_value,
];
// The vectors hold some of google.protobuf's messages.
const registry = createRegistry(...protocol, file_google_protobuf_empty, file_google_protobuf_wrappers);

// This file runs as dist/sdk/vectors.test.js.
const directory = new URL("../../../../protocol/vectors/", import.meta.url);
const tested = new Set<string>();
for (const room of readdirSync(directory)) {
  if (room === "payloads" || room.endsWith(".md")) continue; // payloads are read in crdt/codec.test.ts
  for (const file of readdirSync(new URL(`${room}/`, directory))) {
    const text = readFileSync(new URL(`${room}/${file}`, directory), "utf8");
    const { message, vectors } = JSON.parse(text) as Vectors;
    tested.add(message);
    for (const vector of vectors) {
      test(`${message}: ${vector.name}`, () => {
        holds(message, vector);
      });
    }
  }
}

/** Checks one vector by its rule. */
function holds(message: string, { rule, json, hex }: Vectors["vectors"][number]): void {
  const schema = registry.getMessage(message) ?? assert.fail(`there is no ${message}`);
  // Unknown fields are not in the vector's JSON.
  const decode = () => fromBinary(schema, Buffer.from(hex, "hex"), { readUnknownFields: false });
  if (rule === "refused") {
    assert.throws(decode);
    return;
  }
  const want = fromJson(schema, json, { registry });
  assert.ok(equals(schema, decode(), want, { registry }));
  const encoded = Buffer.from(toBinary(schema, want)).toString("hex");
  assert.equal(encoded === hex, rule === "both ways", encoded);
}

test("every message of the protocol has vectors", () => {
  const all = protocol.flatMap((file) => file.messages.map((message) => message.typeName));
  assert.deepEqual([...tested].sort(), all.sort());
});
