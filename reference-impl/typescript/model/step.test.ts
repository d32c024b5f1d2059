// Whatever is said to an event sourced entity, or to a value entity: its step throws nothing,
// and ends in a defined answer. (Replicated ones: sdk/replicated/step.test.ts.)
import { fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command, Failure } from "../gen/stateward/entity/v1/entity_pb.js";
import * as eventSourcedProtocol from "../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import * as eventSourcedModel from "../gen/stateward/tck/eventsourced/v1/eventsourced_pb.js";
import * as valueModel from "../gen/stateward/tck/value/v1/value_pb.js";
import * as valueProtocol from "../gen/stateward/value/v1/value_pb.js";
import type { Conversation } from "../sdk/conversation.js";
import type { AnyEventSourced } from "../sdk/eventsourced/activation.js";
import { EventSourcedConversation } from "../sdk/eventsourced/conversation.js";
import { pack } from "../sdk/index.js";
import * as eventSourced from "../sdk/sdktest/eventsourced.js";
import { TestSurroundings } from "../sdk/sdktest/surroundings.js";
import * as value from "../sdk/sdktest/value.js";
import type { AnyValueEntity } from "../sdk/value/activation.js";
import { ValueConversation } from "../sdk/value/conversation.js";
import { eventSourcedEntities } from "./eventsourced.js";
import { valueEntities } from "./value.js";

/** What the kinds say in one way. */
type Said = Message & { readonly message: { readonly case: string | undefined; readonly value?: unknown } };

const [events, values] = [
  eventSourcedModel.EventSourcedTckModelService.typeName,
  valueModel.ValueEntityTckModelService.typeName,
];
const persisted = pack(eventSourcedModel.PersistedSchema, { value: "x" });
const kept = pack(valueModel.PersistedSchema, { value: "x" });
const eventDefinitions = new Map(
  eventSourcedEntities.map((e) => [e.service.typeName, e as unknown as AnyEventSourced]),
);
const valueDefinitions = new Map(
  valueEntities.map((e) => [e.service.typeName, e as unknown as AnyValueEntity]),
);

const ids = fc.bigInt({ min: -1n, max: 3n });
const flags = fc.boolean();
const bytes = fc.uint8Array({ maxLength: 60 });

/** The actions of both models that every proxy may be asked for. */
const both = [
  { action: { case: "fail", value: { message: "no" } } },
  { action: { case: "forward", value: { id: "t" } } },
  { action: { case: "effect", value: { id: "t", synchronous: true } } },
  { action: { case: "delete", value: {} } },
  { action: { case: undefined } },
] as const;
const emits = { action: { case: "emit", value: { value: "y" } } } as const;
const updates = { action: { case: "update", value: { value: "y" } } } as const;

const commandOf = (entityId: string, id: bigint, name: string, payload: ReturnType<typeof pack>) => ({
  entityId,
  id,
  name,
  payload,
});

runs(
  "event sourced",
  eventSourcedProtocol.HandleRequestSchema,
  eventSourcedProtocol.HandleResponseSchema,
  (surroundings) => new EventSourcedConversation(eventDefinitions, surroundings),
  fc.oneof(
    fc
      .tuple(fc.constantFrom("e", "f"), ids, fc.subarray([emits, ...both]))
      .map(([entity, id, actions]) =>
        eventSourced.command(
          commandOf(
            entity,
            id,
            "Process",
            pack(eventSourcedModel.ProcessRequestSchema, { id: entity, actions: [...actions] }),
          ),
        ),
      ),
    ids.map((sequence) => eventSourced.event(sequence, persisted)),
    flags.map((unknown) => eventSourced.init(unknown ? "nobody" : events, "e")),
    flags.map((wrong) => eventSourced.init(events, "e", [2n, wrong ? kept : persisted])),
    ids.map((id) => eventSourced.command(commandOf("e", id, "Proceed", persisted))),
    ids.map((id) => eventSourced.command(commandOf("e", id, "Process", persisted))),
    fc.constant(eventSourced.say({ case: "snapshotRequest", value: {} })),
  ),
);

runs(
  "value",
  valueProtocol.HandleRequestSchema,
  valueProtocol.HandleResponseSchema,
  (surroundings) => new ValueConversation(valueDefinitions, surroundings),
  fc.oneof(
    fc
      .tuple(fc.constantFrom("e", "f"), ids, fc.subarray([updates, ...both]))
      .map(([entity, id, actions]) =>
        value.command(
          commandOf(
            entity,
            id,
            "Process",
            pack(valueModel.ProcessRequestSchema, { id: entity, actions: [...actions] }),
          ),
        ),
      ),
    flags.map((unknown) => value.init(unknown ? "nobody" : values, "e")),
    flags.map((wrong) => value.init(values, "e", wrong ? persisted : kept)),
    ids.map((id) => value.command(commandOf("e", id, "Proceed", kept))),
    ids.map((id) => value.command(commandOf("e", id, "Process", kept))),
  ),
);

/** Says any of these messages, and any bytes, in any order. */
function runs<In extends Said, Out extends Said>(
  kind: string,
  request: GenMessage<In>,
  response: GenMessage<Out>,
  open: (surroundings: TestSurroundings) => Conversation<In, Out>,
  messages: fc.Arbitrary<In>,
): void {
  const read = bytes.map((text) => decode(request, text));
  test(`any messages to an entity: ${kind}`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 6, arbitrary: messages }, read), { maxLength: 16 }),
        async (script) => {
          const surroundings = new TestSurroundings();
          const stream = open(surroundings);
          for (const said of script) {
            if (said === undefined) return; // grpc ends such a stream itself
            const { answers, more } = await stream.step(said);
            judge(said, answers, more);
            assert.doesNotMatch(surroundings.logged, /msg=defect/);
            for (const answer of answers) toBinary(response, answer as never); // can be sent
            if (!more) return;
          }
        },
      ),
      { numRuns: 300 },
    );
  });
}

function decode<In extends Message>(schema: GenMessage<In>, text: Uint8Array): In | undefined {
  try {
    return fromBinary(schema, text);
  } catch {
    return undefined;
  }
}

/** What must hold of the answers to any message: a command gets one, and nothing else but a request for a snapshot does. */
function judge({ message: said }: Said, answers: readonly Said[], more: boolean): void {
  const id = said.case === "command" ? (said.value as Command).id : 0n;
  const [answer] = answers;
  const owed =
    said.case === "command" || said.case === "snapshotRequest" || (!more && said.case !== "passivate");
  assert.equal(answers.length, owed ? 1 : 0);
  switch (answer?.message.case) {
    case undefined:
      return;
    case "failure":
      assert.equal(more, false);
      assert.ok([0n, id].includes((answer.message.value as Failure).commandId));
      return;
    case "reply":
      assert.equal(said.case, "command");
      assert.equal((said.value as Command).entityId, "e", "a command for another entity is answered");
      assert.equal((answer.message.value as { commandId: bigint }).commandId, id);
      return;
    default:
      assert.equal(said.case, "snapshotRequest");
  }
}
