import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Command } from "../../gen/stateward/entity/v1/entity_pb.js";
import {
  type HandleRequest,
  type HandleResponse,
  HandleResponseSchema,
  type Init,
} from "../../gen/stateward/value/v1/value_pb.js";
import { broken, type Conversation, type Step, type Surroundings } from "../conversation.js";
import { PayloadError } from "../payload.js";
import { Activation, type AnyValueEntity } from "./activation.js";

/** What was said on the stream of one value entity, and what is to be said. */
export class ValueConversation implements Conversation<HandleRequest, HandleResponse> {
  readonly #definitions: ReadonlyMap<string, AnyValueEntity>; // by the user's service
  readonly #surroundings: Surroundings;
  #entityId = ""; // of init
  #entity: Activation | undefined; // undefined before init

  constructor(definitions: ReadonlyMap<string, AnyValueEntity>, surroundings: Surroundings) {
    this.#definitions = definitions;
    this.#surroundings = surroundings;
  }

  /** A defect of the author's code ends this stream and nothing else; its stack is in the log. */
  async step({ message }: HandleRequest): Promise<Step<HandleResponse>> {
    try {
      switch (message.case) {
        case "init":
          return this.#init(message.value);
        case "command":
          return await this.#command(message.value);
        case "passivate": // whatever the reason (LIFE-PASS-005)
          return { answers: [], more: false };
        default:
          return this.#broken(0n, "a message without a case that is known here (CORE-STREAM-004)");
      }
    } catch (error) {
      const command = message.case === "command" ? message.value : undefined;
      this.#surroundings.log.error("defect", { entity: this.#entityId, command: command?.name, error });
      return this.#broken(command?.id ?? 0n, "the function threw; its log has the stack");
    }
  }

  /** Opens the stream: it brings the value, or says that there is none. */
  #init({ serviceName, entityId, state }: Init): Step<HandleResponse> {
    const definition = this.#definitions.get(serviceName);
    if (this.#entity !== undefined) return this.#broken(0n, "a second init (VAL-INIT-007)");
    if (definition === undefined)
      return this.#broken(0n, `no value entity ${JSON.stringify(serviceName)} (VAL-INIT-008)`);
    if (entityId === "") return this.#broken(0n, "an init without an entity id (CORE-KEY-001)");
    try {
      this.#entity = new Activation(definition, state);
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      return this.#broken(0n, `the value: ${error.message} (VAL-INIT-009)`);
    }
    this.#entityId = entityId;
    return { answers: [], more: true };
  }

  /** Runs one command and returns its one answer (CORE-CMD-002). */
  async #command(command: Command): Promise<Step<HandleResponse>> {
    if (this.#entity === undefined) return this.#broken(command.id, "a command before init (VAL-INIT-004)");
    if (command.entityId !== this.#entityId) {
      const what = `a command for ${JSON.stringify(command.entityId)} on the stream of ${JSON.stringify(this.#entityId)}`;
      return this.#broken(command.id, `${what} (VAL-CMD-007)`);
    }
    const reply = await this.#entity.execute(command, this.#surroundings);
    return says({ case: "reply", value: reply });
  }

  #broken(commandId: bigint, why: string): Step<HandleResponse> {
    const value = broken(this.#surroundings.log, this.#entityId, commandId, why);
    return { ...says({ case: "failure", value }), more: false };
  }
}

function says(
  message: MessageInitShape<typeof HandleResponseSchema>["message"] & object,
): Step<HandleResponse> {
  return { answers: [create(HandleResponseSchema, { message })], more: true };
}
