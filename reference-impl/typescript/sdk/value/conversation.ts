import { create } from "@bufbuild/protobuf";
import type { Command, Failure } from "../../gen/stateward/entity/v1/entity_pb.js";
import {
  type HandleRequest,
  type HandleResponse,
  HandleResponseSchema,
  type Init,
} from "../../gen/stateward/value/v1/value_pb.js";
import type { Step } from "../conversation.js";
import { EntityConversation } from "../entityconversation.js";
import { PayloadError } from "../payload.js";
import { Activation, type AnyValueEntity } from "./activation.js";

/** What was said on the stream of one value entity, and what is to be said. */
export class ValueConversation extends EntityConversation<AnyValueEntity, HandleRequest, HandleResponse> {
  #entity: Activation | undefined; // undefined before init

  protected override async hear({ message }: HandleRequest): Promise<Step<HandleResponse>> {
    switch (message.case) {
      case "init":
        return this.#init(message.value);
      case "command":
        return this.#command(message.value);
      case "passivate": // whatever the reason (LIFE-PASS-005)
        return { answers: [], more: false };
      default:
        return this.broken(0n, "a message without a case that is known here (CORE-STREAM-004)");
    }
  }

  /** Opens the stream: it brings the value, or says that there is none. */
  #init({ serviceName, entityId, state }: Init): Step<HandleResponse> {
    const definition = this.definitions.get(serviceName);
    if (this.#entity !== undefined) return this.broken(0n, "a second init (VAL-INIT-007)");
    if (definition === undefined)
      return this.broken(0n, `no value entity ${JSON.stringify(serviceName)} (VAL-INIT-008)`);
    if (entityId === "") return this.broken(0n, "an init without an entity id (CORE-KEY-001)");
    try {
      this.#entity = new Activation(definition, state);
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      return this.broken(0n, `the value: ${error.message} (VAL-INIT-009)`);
    }
    this.entityId = entityId;
    return { answers: [], more: true };
  }

  /** Runs one command and returns its one answer (CORE-CMD-002). */
  async #command(command: Command): Promise<Step<HandleResponse>> {
    if (this.#entity === undefined) return this.broken(command.id, "a command before init (VAL-INIT-004)");
    if (command.entityId !== this.entityId)
      return this.stranger(command.id, "a command", command.entityId, "VAL-CMD-007");
    const reply = await this.#entity.execute(command, this.surroundings);
    return {
      answers: [create(HandleResponseSchema, { message: { case: "reply", value: reply } })],
      more: true,
    };
  }

  protected override failure(value: Failure): HandleResponse {
    return create(HandleResponseSchema, { message: { case: "failure", value } });
  }
}
