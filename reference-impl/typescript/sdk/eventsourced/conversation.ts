import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Command, Failure } from "../../gen/stateward/entity/v1/entity_pb.js";
import {
  type Event,
  type HandleRequest,
  type HandleResponse,
  HandleResponseSchema,
  type Init,
} from "../../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import { optional } from "../context.js";
import type { Step } from "../conversation.js";
import { EntityConversation } from "../entityconversation.js";
import { PayloadError } from "../payload.js";
import { Activation, type AnyEventSourced } from "./activation.js";

/** How far a stream has come; it never goes back. */
type Phase =
  | "opening" // nothing yet: init comes
  | "replaying" // init: events come, then commands
  | "serving" // a command: commands come
  | "void"; // a failure with restart: nothing comes

/** What was said on the stream of one event sourced entity, and what is to be said. */
export class EventSourcedConversation extends EntityConversation<
  AnyEventSourced,
  HandleRequest,
  HandleResponse
> {
  #phase: Phase = "opening";
  #entity: Activation | undefined; // undefined while opening
  #sequence = 0n; // of the last event, or of the snapshot before it

  protected override async hear({ message }: HandleRequest): Promise<Step<HandleResponse>> {
    switch (message.case) {
      case "init":
        return this.#init(message.value);
      case "event":
        return this.#event(message.value);
      case "command":
        return this.#command(message.value);
      case "snapshotRequest":
        return this.#snapshot();
      case "passivate": // whatever the reason (LIFE-PASS-005)
        return { answers: [], more: false };
      default:
        return this.broken(0n, "a message without a case that is known here (CORE-STREAM-004)");
    }
  }

  /** Opens the stream: creates the entity and restores its snapshot. */
  #init({ serviceName, entityId, snapshot }: Init): Step<HandleResponse> {
    const definition = this.definitions.get(serviceName);
    if (this.#phase !== "opening") return this.broken(0n, "a second init (ES-INIT-004)");
    if (definition === undefined)
      return this.broken(0n, `no event sourced entity ${JSON.stringify(serviceName)} (ES-INIT-005)`);
    if (entityId === "") return this.broken(0n, "an init without an entity id (CORE-KEY-001)");
    this.#phase = "replaying";
    this.entityId = entityId;
    this.#entity = new Activation(definition, entityId);
    if (snapshot === undefined) return silence;
    this.#sequence = snapshot.snapshotSequence;
    try {
      this.#entity.restore(snapshot);
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      return this.broken(0n, `snapshot ${this.#sequence}: ${error.message} (ES-REPLAY-005)`);
    }
    return silence;
  }

  /** Replays one event, in silence (ES-REPLAY-004). */
  #event(event: Event): Step<HandleResponse> {
    if (this.#entity === undefined) return this.broken(0n, "an event before init (ES-INIT-003)");
    if (this.#phase !== "replaying") return this.broken(0n, "an event after a command (ES-REPLAY-006)");
    if (event.sequence !== this.#sequence + 1n) {
      return this.broken(0n, `event ${event.sequence} after ${this.#sequence} (ES-REPLAY-006)`);
    }
    this.#sequence = event.sequence;
    try {
      this.#entity.replay(event);
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      return this.broken(0n, `event ${event.sequence}: ${error.message} (ES-REPLAY-005)`);
    }
    return silence;
  }

  /** Runs one command and returns its one answer (CORE-CMD-002). */
  async #command(command: Command): Promise<Step<HandleResponse>> {
    if (this.#entity === undefined) return this.broken(command.id, "a command before init (ES-INIT-003)");
    if (this.#phase === "void")
      return this.broken(command.id, "a command after a failure with restart (CORE-RESTART-001)");
    if (command.entityId !== this.entityId)
      return this.stranger(command.id, "a command", command.entityId, "ES-CMD-002");
    this.#phase = "serving";
    const reply = await this.#entity.execute(command, this.surroundings);
    const action = reply.clientAction?.action;
    if (action?.case === "failure" && action.value.restart) this.#phase = "void";
    return says({ case: "reply", value: reply });
  }

  /** Answers a request for the state (ES-ASK-003). */
  #snapshot(): Step<HandleResponse> {
    if (this.#entity === undefined || this.#phase !== "serving") {
      return this.broken(
        0n,
        "a snapshot request before the first command, or after a failure with restart (ES-ASK-001)",
      );
    }
    return says({ case: "snapshotResponse", value: optional("snapshot", this.#entity.save()) });
  }

  protected override failure(value: Failure): HandleResponse {
    return create(HandleResponseSchema, { message: { case: "failure", value } });
  }
}

const silence: Step<HandleResponse> = { answers: [], more: true };

function says(
  message: MessageInitShape<typeof HandleResponseSchema>["message"] & object,
): Step<HandleResponse> {
  return { answers: [create(HandleResponseSchema, { message })], more: true };
}
