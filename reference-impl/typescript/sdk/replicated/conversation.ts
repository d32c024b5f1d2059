import { create } from "@bufbuild/protobuf";
import type { Command, Failure } from "../../gen/stateward/entity/v1/entity_pb.js";
import {
  type Delta,
  type HandleRequest,
  type HandleResponse,
  HandleResponseSchema,
  type Init,
  type StreamCancelled,
} from "../../gen/stateward/replicated/v1/replicated_pb.js";
import type { Step } from "../conversation.js";
import { EntityConversation } from "../entityconversation.js";
import { PayloadError } from "../payload.js";
import { Activation, type AnyReplicated } from "./activation.js";

/**
 * What was said on one stream of a replicated entity. Since it answers each command before
 * it takes the next message, it never says anything in the proxy's turn but news to open
 * calls (REP-TURN-001).
 */
export class ReplicatedConversation extends EntityConversation<AnyReplicated, HandleRequest, HandleResponse> {
  #entity: Activation | undefined; // undefined before init

  protected override async hear({ message }: HandleRequest): Promise<Step<HandleResponse>> {
    if (message.case === "init") return this.#init(message.value);
    const commandId = message.case === "command" ? message.value.id : 0n;
    const entity = this.#entity;
    if (message.case === undefined)
      return this.broken(0n, "a message without a case that is known here (CORE-STREAM-004)");
    if (entity === undefined) return this.broken(commandId, "the first message is not init (REP-INIT-005)");
    switch (message.case) {
      case "delta":
        return this.#delta(entity, message.value);
      case "delete":
        entity.delete();
        return silence;
      case "command":
        return this.#command(entity, message.value);
      case "streamCancelled":
        return this.#cancelled(entity, message.value);
      case "passivate": // whatever the reason (LIFE-PASS-005)
        return { answers: [], more: false };
      case "cancel": // is heard before it comes here
        return silence;
    }
  }

  /** Opens the stream: it brings the value, where the entity has one. */
  #init({ serviceName, entityId, delta }: Init): Step<HandleResponse> {
    const definition = this.definitions.get(serviceName);
    if (this.#entity !== undefined) return this.broken(0n, "a second init (REP-INIT-006)");
    if (definition === undefined)
      return this.broken(0n, `no replicated entity ${JSON.stringify(serviceName)} (REP-INIT-007)`);
    if (entityId === "") return this.broken(0n, "an init without an entity id (CORE-KEY-001)");
    this.entityId = entityId;
    this.#entity = new Activation(definition, entityId, this.surroundings);
    if (delta === undefined) return silence; // unset
    try {
      this.#entity.apply(delta);
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      return this.broken(0n, `the value: ${error.message} (REP-INIT-009)`);
    }
    return silence;
  }

  /** Takes a change from elsewhere, which nothing answers but news. */
  async #delta(entity: Activation, delta: Delta): Promise<Step<HandleResponse>> {
    if (entity.deleted) return this.broken(0n, "a delta after delete");
    let changed: boolean;
    try {
      changed = entity.apply(delta);
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      return this.broken(0n, error.message);
    }
    return { answers: changed ? await entity.news() : [], more: true };
  }

  async #command(entity: Activation, command: Command): Promise<Step<HandleResponse>> {
    if (command.entityId !== this.entityId)
      return this.stranger(command.id, "a command", command.entityId, "REP-CMD-001");
    return { answers: await entity.execute(command), more: true };
  }

  /** Ends a streamed call. It is answered also where there is none any more (REP-CANCEL-003). */
  async #cancelled(entity: Activation, { entityId, id }: StreamCancelled): Promise<Step<HandleResponse>> {
    if (entityId !== this.entityId) return this.stranger(0n, "stream_cancelled", entityId, "REP-CMD-001");
    return { answers: await entity.cancel(id), more: true };
  }

  protected override failure(value: Failure): HandleResponse {
    return create(HandleResponseSchema, { message: { case: "failure", value } });
  }
}

const silence: Step<HandleResponse> = { answers: [], more: true };
