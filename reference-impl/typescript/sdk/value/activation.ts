import { create, type DescMessage, type DescService, type Message } from "@bufbuild/protobuf";
import type { ClientAction, Command } from "../../gen/stateward/entity/v1/entity_pb.js";
import {
  type State,
  type ValueEntityReply,
  ValueEntityReplySchema,
} from "../../gen/stateward/value/v1/value_pb.js";
import { readRequest, unhandled } from "../command.js";
import { optional } from "../context.js";
import type { Surroundings } from "../conversation.js";
import { unpack } from "../payload.js";
import { asRefusal, refuse } from "../refusal.js";
import { ValueContext } from "./context.js";
import type { ValueEntity } from "./entity.js";

/** A definition of whatever value. */
export type AnyValueEntity = ValueEntity<DescService, DescMessage>;

/** One entity in memory, for as long as its stream lives. It does no I/O. */
export class Activation {
  readonly #entity: AnyValueEntity;
  #value: Message | undefined;

  /** The entity with what is stored of it. Throws a PayloadError for a value that cannot be read (VAL-INIT-009). */
  constructor(entity: AnyValueEntity, state: State | undefined) {
    this.#entity = entity;
    if (state?.value !== undefined) this.#value = unpack(entity.schema, state.value);
  }

  /**
   * Runs the command and returns its one reply. One that fails leaves the activation as it
   * was. A defect of the handler is thrown on.
   */
  async execute(command: Command, { connection, commands }: Surroundings): Promise<ValueEntityReply> {
    const signal = commands.begin(command);
    const context = new ValueContext(command, connection, signal, this.#entity.schema, this.#value);
    try {
      const clientAction = await this.#answer(context, command);
      this.#value = context.left;
      return create(ValueEntityReplySchema, {
        commandId: command.id,
        clientAction,
        sideEffects: context.effects,
        ...optional("stateAction", context.change),
      });
    } catch (error) {
      const refusal = asRefusal(error);
      if (refusal === undefined) throw error;
      return create(ValueEntityReplySchema, {
        commandId: command.id,
        clientAction: refuse(command, refusal),
      });
    } finally {
      commands.end();
    }
  }

  /** Runs the command's handler and returns what its caller gets. */
  async #answer(context: ValueContext<DescMessage>, command: Command): Promise<ClientAction> {
    const handled = this.#entity.commands.get(command.name);
    if (handled === undefined) throw unhandled(this.#entity.service, command);
    const answer = await handled.handle(context, readRequest(handled.method, command));
    return context.answer(handled.method.output, answer);
  }
}
