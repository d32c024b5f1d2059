import { create, type DescMethod, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { type Metadata as MetadataMessage, MetadataSchema } from "../../gen/stateward/entity/v1/entity_pb.js";
import { type Delete, DeleteSchema } from "../../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import { Capability } from "../capability.js";
import type { Connection } from "../connection.js";
import { type Asked, Context, type EffectOptions } from "../context.js";
import { Metadata } from "../metadata.js";
import { Code, Refusal } from "../refusal.js";

/** The longest that the events of a deleted entity may be kept, in ms: a hundred years of 365 days (ES-DEL-005). */
const longestRetention = 100 * 365 * 24 * 60 * 60 * 1000;

/** What a handler of an event sourced entity knows of its command and asks for; Event is what it may emit. */
export class EventSourcedContext<Event extends Message> extends Context {
  readonly #apply: (event: Event) => Any;
  readonly #events: Any[] = [];
  readonly #metadata: (MetadataMessage | undefined)[] = []; // of each event
  #deletion: Delete | undefined;

  /** Is for the kind; apply changes the state by an event, and returns it packed. */
  constructor(asked: Asked, connection: Connection, signal: AbortSignal, apply: (event: Event) => Any) {
    super(asked, connection, signal);
    this.#apply = apply;
  }

  /**
   * Adds the event to those that the command's reply carries, and applies it to the state
   * at once, as a replay will. What becomes of the message afterwards changes nothing.
   * Metadata is stored with it and replayed with it (ES-EVENT-003); where the proxy cannot
   * do that, emit throws a refusal, and nothing was emitted.
   */
  emit(event: Event, metadata = new Metadata()): void {
    if (metadata.size > 0) this.require(Capability.EVENT_METADATA, "stores no metadata of events");
    this.#events.push(this.#apply(event));
    this.#metadata.push(metadata.toMessage());
  }

  /**
   * Deletes the entity, for ever, once the command has succeeded: its events are kept for
   * so many milliseconds, and then purged. Events of this command, its answer and its
   * effects stand (ES-DEL-001). Throws a refusal where the proxy cannot, and for a time
   * below 0 or above a hundred years (ES-DEL-005).
   */
  delete(retention = 0): void {
    this.require(Capability.EVENT_SOURCED_DELETE, "deletes no event sourced entities");
    if (!Number.isSafeInteger(retention) || retention < 0 || retention > longestRetention) {
      throw new Refusal(
        Code.INVALID_ARGUMENT,
        `events are kept for 0 to ${longestRetention} ms, not ${retention} (ES-DEL-005)`,
      );
    }
    this.#deletion = create(DeleteSchema, { retention: BigInt(retention) });
  }

  /** Asks for a side effect as effect does, which is stored with the command's events. Throws a refusal where the proxy keeps none. */
  durableEffect<M extends DescMethod>(
    on: M,
    request: MessageInitShape<M["input"]>,
    options: EffectOptions = {},
  ): void {
    this.storedEffect(on, request, options);
  }

  /** The events that were emitted, in order. Is for the kind, as is what follows. */
  get events(): Any[] {
    return this.#events;
  }

  /** The metadata of the events, one entry for each; empty where none has any (ES-EVENT-003). */
  get eventMetadata(): MetadataMessage[] {
    if (this.#metadata.every((message) => message === undefined)) return [];
    return this.#metadata.map((message) => message ?? create(MetadataSchema));
  }

  /** What the handler asked for with delete. */
  get deletion(): Delete | undefined {
    return this.#deletion;
  }
}
