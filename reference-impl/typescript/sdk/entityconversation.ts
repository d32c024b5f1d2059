import { create } from "@bufbuild/protobuf";
import { type Command, type Failure, FailureSchema } from "../gen/stateward/entity/v1/entity_pb.js";
import type { Conversation, EntityRequest, Step, Surroundings } from "./conversation.js";

/**
 * What the conversations of the stateful kinds have in common: a defect of the author's
 * code, and a proxy that speaks out of turn, end this stream and nothing else.
 */
export abstract class EntityConversation<D, In extends EntityRequest, Out> implements Conversation<In, Out> {
  protected readonly definitions: ReadonlyMap<string, D>; // by the user's service
  protected readonly surroundings: Surroundings;
  protected entityId = ""; // of init

  constructor(definitions: ReadonlyMap<string, D>, surroundings: Surroundings) {
    this.definitions = definitions;
    this.surroundings = surroundings;
  }

  /** What the author's code throws is in the log, with its stack. */
  async step(request: In): Promise<Step<Out>> {
    try {
      return await this.hear(request);
    } catch (error) {
      const { message } = request;
      const command = message.case === "command" ? (message.value as Command) : undefined;
      this.surroundings.log.error("defect", { entity: this.entityId, command: command?.name, error });
      return this.broken(command?.id ?? 0n, "the function threw; its log has the stack");
    }
  }

  /** Takes one message; rejects where the author's code throws. */
  protected abstract hear(request: In): Promise<Step<Out>>;

  /** The message that carries a failure of the stream. */
  protected abstract failure(value: Failure): Out;

  /**
   * The failure that ends a stream (CORE-FAIL-002). The id is that of the command that
   * it answers, or 0 where it concerns the stream.
   */
  protected broken(commandId: bigint, reason: string): Step<Out> {
    this.surroundings.log.warn("stream broken", { entity: this.entityId, command: commandId, reason });
    const failure = create(FailureSchema, { commandId, description: reason.toWellFormed() });
    return { answers: [this.failure(failure)], more: false };
  }

  /** The failure that a message for another entity is, by this requirement. */
  protected stranger(commandId: bigint, what: string, entityId: string, requirement: string): Step<Out> {
    const whose = `${JSON.stringify(entityId)} on the stream of ${JSON.stringify(this.entityId)}`;
    return this.broken(commandId, `${what} for ${whose} (${requirement})`);
  }
}
