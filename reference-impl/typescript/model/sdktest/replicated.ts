// Speaks with the model of replicated entities as a proxy does, and says what is heard.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ClientAction,
  ClientActionSchema,
  type SideEffect,
  SideEffectSchema,
} from "../../gen/stateward/entity/v1/entity_pb.js";
import {
  type HandleRequest,
  type HandleResponse,
  HandleResponseSchema,
  type ReplicatedReply,
  StateActionSchema,
  type StreamCancelledResponse,
  type StreamedMessage,
} from "../../gen/stateward/replicated/v1/replicated_pb.js";
import {
  ProcessRequestSchema,
  ProcessResponseSchema,
  ProcessStreamedRequestSchema,
  ProcessStreamedResponseSchema,
  ReplicatedTckModelService,
  ReplicatedTwoService,
  type RequestActionSchema,
  type StateSchema,
  type UpdateSchema,
} from "../../gen/stateward/tck/replicated/v1/replicated_pb.js";
import { Capability, codec, type Code, pack, WriteConsistency } from "../../sdk/index.js";
import type { AnyReplicated } from "../../sdk/replicated/activation.js";
import { ReplicatedConversation } from "../../sdk/replicated/conversation.js";
import * as says from "../../sdk/sdktest/replicated.js";
import { TestSurroundings } from "../../sdk/sdktest/surroundings.js";
import { replicatedEntities } from "../replicated.js";

type State = NonNullable<MessageInitShape<typeof StateSchema>["value"]>;
type Update = NonNullable<MessageInitShape<typeof UpdateSchema>["update"]>;
type Action = NonNullable<MessageInitShape<typeof RequestActionSchema>["action"]>;
type Reply = Partial<Pick<ReplicatedReply, "streamed" | "stateAction" | "sideEffects">>;

/** One message, and what it brings, in order. */
export type Line = readonly [HandleRequest, ...HandleResponse[]];

const model = ReplicatedTckModelService.typeName;
const definitions = new Map(
  replicatedEntities.map((entity) => [entity.service.typeName, entity as unknown as AnyReplicated]),
);

/** A stream to the model, of a proxy that has these capabilities. */
export function open(...capabilities: Capability[]): ReplicatedConversation {
  return new ReplicatedConversation(definitions, new TestSurroundings(...capabilities));
}

/** One stream, told whole; its name cites the requirements that it measures. The texts of failures count where they are given. */
export function transcript(name: string, ...lines: Line[]): void {
  test(name, async () => {
    const stream = open(Capability.REPLICATED_MAPS);
    for (const [say, ...hear] of lines) {
      const { answers, more } = await stream.step(say);
      assert.deepEqual(
        answers.map((answer, i) => withoutText(answer, hear[i])),
        hear,
      );
      assert.equal(
        more,
        hear.every(({ message }) => message.case !== "failure"),
      );
    }
  });
}

function withoutText(is: HandleResponse, want: HandleResponse | undefined): HandleResponse {
  const [failure, wanted] = [failureOf(is), want && failureOf(want)];
  if (failure && wanted?.description === "") failure.description = "";
  return is;
}

function failureOf({ message }: HandleResponse) {
  if (message.case === "failure") return message.value;
  const action = message.case === "reply" ? message.value.clientAction?.action : undefined;
  return action?.case === "failure" ? action.value : undefined;
}

/** One case of a oneof. */
export function c<Case extends string, Value>(name: Case, value: Value): { case: Case; value: Value } {
  return { case: name, value };
}

/** The payload of a string. */
export function s(text: string): Any {
  return codec.string.pack(text);
}

/** What a proxy says of the entity with one id. */
export class Dialogue {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  /** Opens a stream of an entity that nobody has given a type. */
  unset(): HandleRequest {
    return says.init(model, this.id);
  }

  /** Opens a stream of an entity with this value. */
  is(delta: says.DeltaInit): HandleRequest {
    return says.init(model, this.id, delta);
  }

  /** Asks for these actions. */
  command(command: bigint, ...actions: Action[]): HandleRequest {
    const request = { id: this.id, actions: actions.map((action) => ({ action })) };
    return says.command(this.id, command, "Process", pack(ProcessRequestSchema, request));
  }

  /** Asks for these updates. */
  update(command: bigint, ...updates: Update[]): HandleRequest {
    return this.command(command, ...updates.map((update): Action => ({ case: "update", value: { update } })));
  }

  /** Opens a streamed call. */
  watch(
    command: bigint,
    request: MessageInitShape<typeof ProcessStreamedRequestSchema> = {},
    streamed = true,
  ): HandleRequest {
    const payload = pack(ProcessStreamedRequestSchema, { ...request, id: this.id });
    return says.command(this.id, command, "ProcessStreamed", payload, streamed);
  }

  /** Ends a streamed call. */
  leaves(command: bigint): HandleRequest {
    return says.cancelled(this.id, command);
  }
}

/** The part of an answer that updates the value. */
export function changes(delta: says.DeltaInit, writeConsistency = WriteConsistency.LOCAL): Reply {
  return { stateAction: create(StateActionSchema, { action: c("update", { delta }), writeConsistency }) };
}

/** A side effect on the second model. */
export function effect(id: string, synchronous = false): SideEffect {
  const target = { serviceName: ReplicatedTwoService.typeName, commandName: "Call" };
  return create(SideEffectSchema, { ...target, payload: pack(ProcessRequestSchema, { id }), synchronous });
}

/** Answers a command with this value. */
export function reply(commandId: bigint, state: State, more: Reply = {}): HandleResponse {
  const payload = pack(ProcessResponseSchema, { state: { value: state } });
  return hears({
    case: "reply",
    value: { ...more, commandId, clientAction: { action: { case: "reply", value: { payload } } } },
  });
}

/** Answers a command by a forward to the second model. */
export function forwards(commandId: bigint, id: string, more: Reply = {}): HandleResponse {
  const payload = pack(ProcessRequestSchema, { id });
  const action = c("forward", { serviceName: ReplicatedTwoService.typeName, commandName: "Call", payload });
  return hears({ case: "reply", value: { ...more, commandId, clientAction: { action } } });
}

/** Answers a streamed command, whose call stays open unless more says otherwise. */
export function opened(commandId: bigint, state?: State, more: Reply = {}): HandleResponse {
  return hears({ case: "reply", value: { streamed: true, ...more, commandId, ...gives(state) } });
}

/** A streamed message. */
export function news(
  commandId: bigint,
  state?: State,
  more: Partial<Pick<StreamedMessage, "sideEffects" | "endStream">> = {},
): HandleResponse {
  return hears({ case: "streamedMessage", value: { ...more, commandId, ...gives(state) } });
}

/** Answers the end of a streamed call. */
export function left(
  commandId: bigint,
  more: Partial<Pick<StreamCancelledResponse, "sideEffects" | "stateAction">> = {},
): HandleResponse {
  return hears({ case: "streamCancelledResponse", value: { ...more, commandId } });
}

/** Answers a command by a failure and nothing else (REP-FAIL-004). */
export function fails(commandId: bigint, code: Code, description = ""): HandleResponse {
  const action = { case: "failure" as const, value: { commandId, code, description } };
  return hears({ case: "reply", value: { commandId, clientAction: { action } } });
}

/** A stream-level failure, after which the stream ends. */
export function ends(commandId: bigint): HandleResponse {
  return hears({ case: "failure", value: { commandId } });
}

/** What the caller of a streamed call gets; nothing where there is no state. */
function gives(state: State | undefined): { clientAction?: ClientAction } {
  if (state === undefined) return {};
  const payload = pack(ProcessStreamedResponseSchema, { state: { value: state } });
  return { clientAction: create(ClientActionSchema, { action: { case: "reply", value: { payload } } }) };
}

function hears(
  message: NonNullable<MessageInitShape<typeof HandleResponseSchema>["message"]>,
): HandleResponse {
  return create(HandleResponseSchema, { message });
}
