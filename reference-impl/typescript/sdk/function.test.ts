// An author's mistakes are named at the start, all of them at once.
import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, OneofDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  PersistedSchema,
  EventSourcedTckModelService,
  EventSourcedTwoService,
  file_stateward_tck_eventsourced_v1_eventsourced as file,
} from "../gen/stateward/tck/eventsourced/v1/eventsourced_pb.js";
import { ActionTckModelService } from "../gen/stateward/tck/action/v1/action_pb.js";
import { DiscoveryService } from "../gen/stateward/discovery/v1/discovery_pb.js";
import { action } from "./action/action.js";
import { fileSet } from "./discovery.js";
import type { Entity } from "./entity.js";
import { eventSourced } from "./eventsourced/entity.js";
import { UserFunction } from "./function.js";
import { value } from "./value/entity.js";

function mistakes(entities: Entity[], more: object = {}): string[] {
  try {
    new UserFunction({ name: "f", version: "1", entities, ...more });
    return [];
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message.split("\n");
  }
}

const two = (): Entity =>
  eventSourced(EventSourcedTwoService, "two", () => undefined).command("call", () => ({}));

test("a function without a mistake", () => {
  assert.deepEqual(mistakes([two()]), []);
});

test("every mistake of a function", () => {
  assert.deepEqual(mistakes([], { name: "", stopWithin: -1, dialect: "cloudstate-0.2" }), [
    "a function has a name and a version (DISC-INFO-002)",
    "a function serves at least one entity (DISC-ENT-003)",
    "stopWithin is -1 ms, not a whole number from 1 to 2147483647",
    'dialect is "cloudstate-0.2", which the function does not speak',
  ]);
  for (const stopWithin of [0, 0.5, NaN, Infinity, 2 ** 31]) {
    assert.match(mistakes([two()], { stopWithin }).join(), /^stopWithin is \S+ ms, not a whole number/);
  }
  const other = value(EventSourcedTckModelService, "two", PersistedSchema).command("process", () => ({}));
  assert.deepEqual(
    mistakes([two(), two(), other], { cloudstate: { names: { [EventSourcedTwoService.typeName]: "x.Y" } } }),
    [
      ...Array<string>(2).fill(
        "stateward.tck.eventsourced.v1.EventSourcedTwoService: no file of cloudstate declares x.Y",
      ),
      "stateward.tck.eventsourced.v1.EventSourcedTwoService: listed twice (DISC-ENT-003)",
      'stateward.tck.eventsourced.v1.EventSourcedTckModelService: persistence id "two" is already that of stateward.tck.eventsourced.v1.EventSourcedTwoService (DISC-ENT-002)',
    ],
  );
});

test("every mistake of an event sourced entity", () => {
  const entity = eventSourced(EventSourcedTckModelService, "", () => undefined)
    .event(PersistedSchema, () => undefined)
    .event(PersistedSchema, () => undefined)
    .snapshot(
      PersistedSchema,
      0,
      () => ({}),
      () => undefined,
    )
    .snapshot(
      PersistedSchema,
      1,
      () => ({}),
      () => undefined,
    )
    .passivateAfter(0.5);
  const name = EventSourcedTckModelService.typeName;
  assert.deepEqual(mistakes([entity]), [
    `${name}: an event sourced entity has a persistence id (DISC-ENT-002)`,
    `${name}: events of type stateward.tck.eventsourced.v1.Persisted are applied twice`,
    `${name}: a snapshot after every 0 events; at least 1`,
    `${name}: two kinds of snapshot`,
    `${name}: the passivation timeout is 0.5 ms, not a whole number from 1 (DISC-ENT-004)`,
    `${name}.Process: no handler`,
  ]);
});

test("handlers of what is not there, and two of one", () => {
  const entity = value(EventSourcedTwoService, "two", PersistedSchema)
    .command("call", () => ({}))
    .command("call", () => ({}));
  (entity as unknown as { command(name: string, handle: () => object): void }).command("Call", () => ({}));
  assert.deepEqual(mistakes([entity]), [
    "stateward.tck.eventsourced.v1.EventSourcedTwoService: call has two handlers",
    'stateward.tck.eventsourced.v1.EventSourcedTwoService: there is no method "Call" to handle',
  ]);
});

test("methods that no stateful entity can serve (DISC-METHOD-001, DISC-KEY-001)", () => {
  const named = (method: string) => `stateward.tck.action.v1.ActionTckModelService.${method}`;
  const noKey =
    "stateward.tck.action.v1.ProcessRequest has 0 fields with the option entity_key, not 1 (DISC-KEY-001)";
  const found = mistakes([eventSourced(ActionTckModelService, "a", () => undefined)]);
  assert.deepEqual(found.slice(0, 7), [
    `${named("ProcessUnary")}: ${noKey}`,
    `${named("ProcessStreamedIn")} streams (DISC-METHOD-001)`,
    `${named("ProcessStreamedIn")}: ${noKey}`,
    `${named("ProcessStreamedOut")} streams (DISC-METHOD-001)`,
    `${named("ProcessStreamedOut")}: ${noKey}`,
    `${named("ProcessStreamed")} streams (DISC-METHOD-001)`,
    `${named("ProcessStreamed")}: ${noKey}`,
  ]);
  assert.equal(found.filter((mistake) => mistake.endsWith("no handler")).length, 4);
});

test("an entity key in a oneof (DISC-KEY-001)", () => {
  const set = fromBinary(FileDescriptorSetSchema, fileSet([file]));
  const message = set.file.at(-1)?.messageType.find(({ name }) => name === "ProcessRequest") ?? assert.fail();
  const key = message.field.find(({ name }) => name === "id") ?? assert.fail();
  const found = (): string => {
    const service = createFileRegistry(set).getService(EventSourcedTwoService.typeName) ?? assert.fail();
    return mistakes([value(service, "two", PersistedSchema)]).join("\n");
  };
  message.oneofDecl.push(create(OneofDescriptorProtoSchema, { name: "_id" }));
  key.oneofIndex = message.oneofDecl.length - 1;
  key.proto3Optional = true;
  assert.doesNotMatch(found(), /DISC-KEY-001/);
  key.proto3Optional = false;
  assert.match(found(), /ProcessRequest.id is not a singular string outside of a oneof \(DISC-KEY-001\)/);
});

test("an action whose methods nobody handles", () => {
  assert.deepEqual(mistakes([action(DiscoveryService)]), [
    "stateward.discovery.v1.DiscoveryService.Discover: no handler",
    "stateward.discovery.v1.DiscoveryService.ReportError: no handler",
  ]);
});

// What the types refuse, tsc has seen: each of these lines is an error without its comment.
test("a wrong type does not compile", () => {
  const entity = eventSourced(EventSourcedTckModelService, "typed", () => ({ value: "" }));
  // @ts-expect-error there is no such method
  entity.command("nothing", () => ({}));
  // @ts-expect-error the response has no such field
  entity.command("process", () => ({ text: "" }));
  // @ts-expect-error the request has no such field
  entity.command("process", (_context, _state, request) => ({ message: request.text as string }));
  // @ts-expect-error nothing applies that event
  entity.command("process", (context, _state, request) => (context.emit(request), {}));
  // @ts-expect-error the target takes another request
  entity.command("process", (context) => context.forward(EventSourcedTwoService.method.call, { text: "" }));
  assert.ok(entity);
});
