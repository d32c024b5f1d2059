import { create } from "@bufbuild/protobuf";
import {
  type Effect,
  type Emit,
  EventSourcedConfiguredService,
  EventSourcedTckModelService,
  EventSourcedTwoService,
  type Persisted,
  PersistedSchema,
  type RequestAction,
} from "../gen/stateward/tck/eventsourced/v1/eventsourced_pb.js";
import {
  Code,
  type Entity,
  eventSourced,
  type EventSourcedContext,
  type Forward,
  Metadata,
  Refusal,
} from "../sdk/index.js";

type ModelContext = EventSourcedContext<Persisted>;

/** The target of every forward and effect. */
const two = EventSourcedTwoService.method.call;

/** The state of the model is every value that was emitted, joined. */
const model = eventSourced(EventSourcedTckModelService, "event-sourced-tck-model", () => ({ value: "" }))
  .event(PersistedSchema, (state, event) => {
    state.value += event.value;
  })
  .snapshot(
    PersistedSchema,
    5,
    ({ value }) => ({ value }),
    (state, saved) => {
      state.value = saved.value;
    },
  )
  // Performs the actions in order, then answers with the state. A failure ends it, as an
  // error ends any function.
  .command("process", (context, state, request) => {
    let forward: Forward | undefined;
    for (const action of request.actions) forward = act(context, action) ?? forward;
    return forward ?? { message: state.value };
  });

/** Performs one action, and returns the forward that it asks for. */
function act(context: ModelContext, { action }: RequestAction): Forward | undefined {
  switch (action.case) {
    case "emit":
      emit(context, action.value);
      return undefined;
    case "forward":
      return context.forward(two, { id: action.value.id });
    case "effect":
      effect(context, action.value);
      return undefined;
    case "delete":
      context.delete(Number(action.value.retention));
      return undefined;
    case "fail":
      throw new Refusal(Code.UNKNOWN, action.value.message);
    default:
      throw new Refusal(Code.INVALID_ARGUMENT, "an action without a case that is known here");
  }
}

/** Emits an event, with metadata where that is asked. */
function emit(context: ModelContext, { value, metadata }: Emit): void {
  const pairs = new Metadata(metadata === "" ? [] : [["x-tck", metadata]]);
  context.emit(create(PersistedSchema, { value }), pairs);
}

/** Asks for a side effect, a durable one where that is asked. */
function effect(context: ModelContext, { id, synchronous, durable }: Effect): void {
  if (durable) context.durableEffect(two, { id }, { synchronous });
  else context.effect(two, { id }, { synchronous });
}

/** The three of profile event-sourced. */
export const eventSourcedEntities: Entity[] = [
  model,
  eventSourced(EventSourcedTwoService, "event-sourced-tck-model-two", () => undefined).command(
    "call",
    () => ({}),
  ),
  eventSourced(EventSourcedConfiguredService, "event-sourced-configured", () => undefined)
    .passivateAfter(100)
    .command("call", () => ({})),
];
