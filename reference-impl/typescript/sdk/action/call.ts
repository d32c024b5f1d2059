import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  type Message,
} from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import {
  type ActionCommand,
  type ActionResponse,
  ActionResponseSchema,
} from "../../gen/stateward/action/v1/action_pb.js";
import { type Host, Requests, stopped } from "../host.js";
import { reason, typeNameOf, unpack } from "../payload.js";
import { asRefusal, Code, failureOf, Refusal } from "../refusal.js";
import { gone, type Stream } from "../stream.js";
import type { Action, AnyCallHandler, Many } from "./action.js";
import { type ActionAnswer, ActionContext } from "./context.js";

/** Which of the methods of ActionService was called; it is to fit that of the author. */
export type Shape = DescMethod["methodKind"];

const words: Readonly<Record<Shape, string>> = {
  unary: "unary",
  client_streaming: "streamed in",
  server_streaming: "streamed out",
  bidi_streaming: "streamed",
};

/** One call of the function. */
export class Call {
  readonly #host: Host;
  readonly #actions: ReadonlyMap<string, Action<DescService>>; // by the user's service
  readonly #shape: Shape;
  readonly #stream: Stream<ActionCommand, ActionResponse>;
  readonly #requests: Requests<ActionCommand>;
  readonly #over = new AbortController();
  readonly #stopping = new AbortController(); // of this call alone: who listens is forgotten with it
  readonly #release: () => void;
  #unreadable: Refusal | undefined; // refuses the call, whatever the handler makes of it (ACT-REQ-005)

  constructor(
    host: Host,
    actions: ReadonlyMap<string, Action<DescService>>,
    shape: Shape,
    stream: Stream<ActionCommand, ActionResponse>,
  ) {
    this.#host = host;
    this.#actions = actions;
    this.#shape = shape;
    this.#stream = stream;
    this.#release = host.onStop(() => this.#stopping.abort(stopped()));
    this.#requests = new Requests(host, stream);
    stream.signal.addEventListener("abort", () => this.#over.abort(gone()));
  }

  /**
   * Handles the call, until its last response. One that cannot be handled is refused by a
   * failure, and so is one whose handler has a defect; the stack is in the log.
   */
  async serve(): Promise<void> {
    try {
      const first = await this.#first();
      const { method, handle } = this.#handler(first);
      const context = new ActionContext(
        first,
        this.#stream.connection,
        this.#over.signal,
        this.#stopping.signal,
      );
      await this.#handle(context, method, handle, first);
    } catch (error) {
      await this.#refuse(asRefusal(error) ?? this.#defect(error));
    } finally {
      this.#requests.release();
      this.#release();
    }
  }

  /** The first command. Where requests stream it is none of them, and only opens the call (ACT-OPEN-004). */
  async #first(): Promise<ActionCommand> {
    const first = await this.#requests.next();
    if (first === undefined)
      throw new Refusal(Code.INVALID_ARGUMENT, "a call without a first command (ACT-OPEN-001)");
    return first;
  }

  #handler({ serviceName, name }: ActionCommand): { method: DescMethod; handle: AnyCallHandler } {
    const action = this.#actions.get(serviceName);
    const called = action?.calls.get(name);
    if (action === undefined) throw unimplemented(`no action ${JSON.stringify(serviceName)}`);
    if (called === undefined) throw unimplemented(`${serviceName} has no method ${JSON.stringify(name)}`);
    const { methodKind } = called.method;
    if (methodKind !== this.#shape) {
      throw unimplemented(`${serviceName}.${name} is ${words[methodKind]}, not ${words[this.#shape]}`);
    }
    return called;
  }

  async #handle(
    context: ActionContext,
    method: DescMethod,
    handle: AnyCallHandler,
    first: ActionCommand,
  ): Promise<void> {
    const streamsIn = this.#shape === "client_streaming" || this.#shape === "bidi_streaming";
    const streamsOut = this.#shape === "server_streaming" || this.#shape === "bidi_streaming";
    try {
      const answered = handle(
        context,
        streamsIn ? this.#read(method.input) : readRequest(method.input, first),
      );
      if (streamsOut) await this.#yield(context, method.output, answered as Many<DescMessage>);
      else
        await this.#say(
          context.respond(method.output, await (answered as Promise<ActionAnswer<DescMessage>>)),
        );
    } catch (error) {
      const refusal = this.#unreadable ?? asRefusal(error) ?? this.#defect(error);
      await this.#stream.send(context.respond(method.output, refusal));
    }
  }

  /** Sends each response, and waits while the proxy does not read (ACT-FLOW-001); then what was asked for behind the last. */
  async #yield(context: ActionContext, output: DescMessage, answers: Many<DescMessage>): Promise<void> {
    for await (const answer of answers) await this.#say(context.respond(output, answer));
    if (this.#unreadable !== undefined) throw this.#unreadable;
    if (context.effects.length > 0) await this.#say(context.respond(output, undefined));
  }

  /** Sends the response, unless the call is over. */
  async #say(response: ActionResponse): Promise<void> {
    if (this.#unreadable !== undefined) throw this.#unreadable;
    await this.#stream.send(response);
  }

  /** The requests in their order, until the half-close (ACT-REQ-003). */
  async *#read(input: DescMessage): AsyncGenerator<Message> {
    for (;;) {
      let request: Message;
      try {
        const command = await this.#requests.next();
        if (command === undefined) return;
        request = readRequest(input, command);
      } catch (error) {
        this.#unreadable = asRefusal(error);
        this.#over.abort(error);
        throw error;
      }
      yield request;
    }
  }

  /** Refuses a call before its handler had a say. */
  async #refuse(refusal: Refusal): Promise<void> {
    if (this.#stream.signal.aborted) return; // nobody listens
    this.#host.log.warn("call refused", { reason: refusal.message });
    await this.#stream.send(
      create(ActionResponseSchema, { response: { case: "failure", value: failureOf(0n, refusal) } }),
    );
  }

  #defect(error: unknown): Refusal {
    this.#host.log.error("defect", { error });
    return new Refusal(Code.INTERNAL, "the function threw; its log has the stack");
  }
}

/** The request in the command; whatever it is, where the method takes an Any. */
function readRequest(input: DescMessage, { payload }: ActionCommand): Message {
  const any = AnySchema.typeName;
  if (input.typeName === any && payload !== undefined && typeNameOf(payload) !== any) return payload;
  try {
    return unpack(input, payload);
  } catch (error) {
    throw new Refusal(Code.INVALID_ARGUMENT, `${reason(error)} (ACT-REQ-005)`);
  }
}

function unimplemented(what: string): Refusal {
  return new Refusal(Code.UNIMPLEMENTED, `${what} (ACT-CALL-004)`);
}
