// Calls an action as a proxy does, that of the model where no other is given.
import { create, type DescService, type MessageInitShape } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import {
  type ActionCommand,
  ActionCommandSchema,
  type ActionResponse,
} from "../../gen/stateward/action/v1/action_pb.js";
import {
  ActionTckModelService as Model,
  file_stateward_tck_action_v1_action as file,
  ProcessRequestSchema,
  type ProcessStepSchema,
} from "../../gen/stateward/tck/action/v1/action_pb.js";
import type { Action } from "../../sdk/action/action.js";
import { Call, type Shape } from "../../sdk/action/call.js";
import { Host } from "../../sdk/host.js";
import { pack, textLog } from "../../sdk/index.js";
import { Show } from "../../sdk/sdktest/show.js";
import { TestStream } from "../../sdk/sdktest/stream.js";
import { actions } from "../action.js";

/** One step of a response. */
export type Step = NonNullable<MessageInitShape<typeof ProcessStepSchema>["step"]>;

/** An action of whatever service. */
export type AnyAction = Action<DescService>;

/** Shows what the model answers. */
export const show = new Show(file);

/** The method of each shape. */
export const names = {
  unary: "ProcessUnary",
  client_streaming: "ProcessStreamedIn",
  server_streaming: "ProcessStreamedOut",
  bidi_streaming: "ProcessStreamed",
} as const;

/** A call in progress, and the function's log. */
export class Talk extends TestStream<ActionCommand, ActionResponse> {
  /** Everything that was logged. */
  logged = "";
  readonly host = new Host(textLog((line) => (this.logged += line)));
  readonly ended: Promise<void>;

  constructor(shape: Shape, served = actions as unknown as AnyAction[]) {
    super();
    this.ended = new Call(
      this.host,
      new Map(served.map((one) => [one.service.typeName, one])),
      shape,
      this,
    ).serve();
  }

  /** What is said until the call ends, a line each. */
  async whole(): Promise<string[]> {
    await this.ended;
    return (await this.rest()).map(show.response);
  }
}

/** The command that opens a call. */
export const first = (name: string, payload?: ActionCommand["payload"]): ActionCommand =>
  create(ActionCommandSchema, { serviceName: Model.typeName, name, ...(payload && { payload }) });
/** A command that carries a request. */
export const later = (payload: ActionCommand["payload"]): ActionCommand =>
  create(ActionCommandSchema, { ...(payload && { payload }) });
/** A request for these responses. */
export const groups = (...all: Step[][]): Any =>
  pack(ProcessRequestSchema, { groups: all.map((steps) => ({ steps: steps.map((step) => ({ step })) })) });
/** Answers. */
export const reply = (message: string): Step => ({ case: "reply", value: { message } });
/** Asks for a side effect. */
export const effect = (id: string): Step => ({ case: "effect", value: { id } });
/** Refuses. */
export const fail: Step = { case: "fail", value: { message: "no" } };
/** Lets another answer. */
export const forward: Step = { case: "forward", value: { id: "t" } };
