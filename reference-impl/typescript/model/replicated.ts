import { create, equals, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type ProcessRequest,
  type ProcessResponseSchema,
  type ProcessStreamedRequest,
  type ProcessStreamedResponseSchema,
  ReplicatedConfiguredService,
  ReplicatedTckModelService,
  ReplicatedTwoService,
  StateSchema,
  type Update,
} from "../gen/stateward/tck/replicated/v1/replicated_pb.js";
import {
  type Answer,
  Code,
  type Entity,
  Flag,
  Refusal,
  replicated,
  type ReplicatedContext,
  type StreamedContext,
} from "../sdk/index.js";
import { noAction, noType, updateValue } from "./replicatedupdate.js";
import { type ModelValue, namesType, newValue, stateOf } from "./replicatedstate.js";

/** The target of every forward and effect. */
const { call } = ReplicatedTwoService.method;

/** The three entities of profile replicated. */
export const replicatedEntities: Entity[] = [
  replicated(ReplicatedTckModelService, "replicated-tck-model", newValue)
    .command("process", processActions)
    .streamedCommand("processStreamed", watchValue),
  // These two change nothing, and so never give themselves a type.
  replicated(ReplicatedTwoService, "replicated-tck-model-two", () => new Flag()).command("call", () => ({})),
  replicated(ReplicatedConfiguredService, "replicated-configured", () => new Flag())
    .passivateAfter(100)
    .command("call", () => ({})),
];

/** Performs the actions in order, then answers with the value, or with the last forward. */
function processActions(
  context: ReplicatedContext,
  value: ModelValue,
  request: ProcessRequest,
): Answer<typeof ProcessResponseSchema> {
  if (!namesType(context.entityId)) throw noType();
  let forward: Answer<typeof ProcessResponseSchema> | undefined;
  for (const { action } of request.actions) {
    switch (action.case) {
      case "update":
        change(context, value, action.value);
        break;
      case "delete":
        context.delete();
        break;
      case "forward":
        forward = context.forward(call, { id: action.value.id });
        break;
      case "effect":
        context.effect(call, { id: action.value.id }, { synchronous: action.value.synchronous });
        break;
      case "fail":
        throw new Refusal(Code.UNKNOWN, action.value.message);
      default:
        throw noAction();
    }
  }
  return forward ?? { state: stateOf(value) };
}

/** Performs one update, answers with the value, and from then on says what it is whenever it changes. */
function watchValue(
  context: StreamedContext<typeof ProcessStreamedResponseSchema>,
  value: ModelValue,
  request: ProcessStreamedRequest,
): Answer<typeof ProcessStreamedResponseSchema> | undefined {
  if (!namesType(context.entityId)) throw noType();
  change(context, value, request.initialUpdate);
  const { endState, cancelUpdate } = request;
  // Nothing, where the request asks for silence.
  const said = (): MessageInitShape<typeof ProcessStreamedResponseSchema> | undefined =>
    request.empty ? undefined : { state: stateOf(value) };
  context.watch({
    changed(news) {
      for (const { id, synchronous } of request.effects) news.effect(call, { id }, { synchronous });
      if (endState && equals(StateSchema, endState, create(StateSchema, stateOf(value)))) news.end();
      return said();
    },
    cancelled(ending) {
      change(ending, value, cancelUpdate);
    },
  });
  return said();
}

/** Performs the update, if there is one, at its write consistency. */
function change(context: ReplicatedContext, value: ModelValue, update: Update | undefined): void {
  if (update === undefined) return;
  context.writeConsistency = update.writeConsistency;
  updateValue(value, update);
}
