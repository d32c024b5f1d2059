import {
  PersistedSchema,
  type RequestAction,
  ValueEntityConfiguredService,
  ValueEntityTckModelService,
  ValueEntityTwoService,
} from "../gen/stateward/tck/value/v1/value_pb.js";
import { Code, type Entity, type Forward, Refusal, value, type ValueContext } from "../sdk/index.js";

/** The target of every forward and effect. */
const two = ValueEntityTwoService.method.call;

const model = value(ValueEntityTckModelService, "value-entity-tck-model", PersistedSchema)
  // Performs the actions in order, then answers with the value. A failure ends it, as an
  // error ends any function.
  .command("process", (context, request) => {
    let forward: Forward | undefined;
    for (const action of request.actions) forward = act(context, action) ?? forward;
    return forward ?? { message: context.current?.value ?? "" };
  });

/** Performs one action, and returns the forward that it asks for. */
function act(context: ValueContext<typeof PersistedSchema>, { action }: RequestAction): Forward | undefined {
  switch (action.case) {
    case "update":
      context.update({ value: action.value.value });
      return undefined;
    case "delete":
      context.delete();
      return undefined;
    case "forward":
      return context.forward(two, { id: action.value.id });
    case "effect":
      context.effect(two, { id: action.value.id }, { synchronous: action.value.synchronous });
      return undefined;
    case "fail":
      throw new Refusal(Code.UNKNOWN, action.value.message);
    default:
      throw new Refusal(Code.INVALID_ARGUMENT, "an action without a case that is known here");
  }
}

/** The three of profile value. */
export const valueEntities: Entity[] = [
  model,
  value(ValueEntityTwoService, "value-entity-tck-model-two", PersistedSchema).command("call", () => ({})),
  value(ValueEntityConfiguredService, "value-entity-configured", PersistedSchema)
    .passivateAfter(100)
    .command("call", () => ({})),
];
