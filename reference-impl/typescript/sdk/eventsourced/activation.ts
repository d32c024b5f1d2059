import { create, type DescService, type Message } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { Command } from "../../gen/stateward/entity/v1/entity_pb.js";
import {
  type Event,
  type EventSourcedReply,
  EventSourcedReplySchema,
  type Snapshot,
} from "../../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import { readRequest, unhandled } from "../command.js";
import { optional } from "../context.js";
import type { Surroundings } from "../conversation.js";
import { pack, PayloadError, typeNameOf, unpack } from "../payload.js";
import { asRefusal, refuse } from "../refusal.js";
import { EventSourcedContext } from "./context.js";
import type { EventSourced, HandledCommand } from "./entity.js";

/** A definition of whatever state. */
export type AnyEventSourced = EventSourced<DescService, unknown>;

/**
 * One entity in memory, for as long as its stream lives. It does no I/O. After a failure
 * with restart, or an error, it is void.
 */
export class Activation {
  readonly #entity: AnyEventSourced;
  readonly #state: unknown;
  #pending = 0; // events that no snapshot covers

  /** The entity with this id as it is before its first event. */
  constructor(entity: AnyEventSourced, id: string) {
    this.#entity = entity;
    this.#state = entity.create(id);
  }

  /** Puts the snapshot in place of the new state. Called first, if at all; throws where it cannot be read. */
  restore({ snapshot }: Snapshot): void {
    const snapshots = this.#entity.snapshots;
    if (snapshots === undefined) {
      throw new PayloadError(
        `${this.#entity.service.typeName} takes no snapshots, and was given one of type ${JSON.stringify(snapshot?.typeUrl)}`,
      );
    }
    const saved = unpack(snapshots.schema, snapshot);
    snapshots.restore(this.#state, saved);
  }

  /** Applies the next stored event, and emits nothing. Throws for an event that nothing applies, or that cannot be read. */
  replay({ payload }: Event): void {
    const applier = this.#entity.appliers.get(typeNameOf(payload));
    if (applier === undefined)
      throw new PayloadError(`nothing applies events of type ${JSON.stringify(payload?.typeUrl)}`);
    applier.apply(this.#state, unpack(applier.schema, payload));
    this.#pending++;
  }

  /** Runs the command and returns its one reply. A defect of the handler is thrown on. */
  async execute(command: Command, { connection, commands }: Surroundings): Promise<EventSourcedReply> {
    let answered = false;
    const signal = commands.begin(command);
    const context = new EventSourcedContext(command, connection, signal, (event: Message) => {
      // It would be in the state, and in no reply: a promise that the handler did not await.
      if (answered) throw new Error(`an event for ${command.name}, which is answered`);
      return this.#emit(event);
    });
    try {
      return await this.#reply(context, command);
    } catch (error) {
      const refusal = asRefusal(error);
      if (refusal === undefined) throw error;
      const action = refuse(command, refusal);
      // The events are in the state, and must not stay there (see EventSourced).
      if (action.action.case === "failure") action.action.value.restart = context.events.length > 0;
      return create(EventSourcedReplySchema, { commandId: command.id, clientAction: action });
    } finally {
      answered = true;
      commands.end();
    }
  }

  /** The state, for a proxy that asks for it, or with a reply; undefined where the entity saves none. */
  save(): Any | undefined {
    const snapshots = this.#entity.snapshots;
    if (snapshots === undefined) return undefined;
    const { schema, save } = snapshots;
    const saved = undeciding(`the snapshot of ${this.#entity.service.typeName}`, () =>
      pack(schema, save(this.#state)),
    );
    this.#pending = 0;
    return saved;
  }

  /**
   * Changes the state by an event that is being emitted, as a replay will read it: a number
   * of type float has lost digits by then. It is a copy, of which the state may keep and
   * change what it likes.
   */
  #emit(event: Message): Any {
    const applier = this.#entity.appliers.get(event.$typeName);
    if (applier === undefined) throw new Error(`nothing applies events of type ${event.$typeName}`);
    const packed = pack(applier.schema, event);
    const copy = unpack(applier.schema, { ...packed, value: packed.value.slice() });
    undeciding(`what applies ${event.$typeName}`, () => applier.apply(this.#state, copy));
    this.#pending++;
    return packed;
  }

  /** Runs the handler and returns what follows from its success. */
  async #reply(context: EventSourcedContext<Message>, command: Command): Promise<EventSourcedReply> {
    const { method, handle } = this.#handler(command);
    const answer = await handle(context, this.#state, readRequest(method, command));
    const clientAction = context.answer(method.output, answer);
    return create(EventSourcedReplySchema, {
      commandId: command.id,
      clientAction,
      sideEffects: context.effects,
      events: context.events,
      eventMetadata: context.eventMetadata,
      ...optional("snapshot", this.#snapshotAfter(context)),
      ...optional("delete", context.deletion),
    });
  }

  #handler(command: Command): HandledCommand<unknown> {
    const handled = this.#entity.commands.get(command.name);
    if (handled === undefined) throw unhandled(this.#entity.service, command);
    return handled;
  }

  /**
   * The state after the events of a reply where a snapshot is due; never without events
   * (ES-SNAP-002), or of what is deleted (ES-DEL-010).
   */
  #snapshotAfter(context: EventSourcedContext<Message>): Any | undefined {
    const every = this.#entity.snapshots?.every ?? Infinity;
    if (context.events.length === 0 || this.#pending < every || context.deletion !== undefined)
      return undefined;
    return this.save();
  }
}

/**
 * Runs the author's code that keeps the state, and decides nothing. What it throws is a
 * defect, be it a refusal: an event that is half applied cannot be refused (ES-FAIL-003).
 */
function undeciding<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw new Error(`${what} has thrown`, { cause });
  }
}
