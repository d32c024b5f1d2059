import type {
  DescMessage,
  DescMethod,
  DescService,
  Message,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { EventSourcedService } from "../../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import type { Answer } from "../context.js";
import { Definition, type MethodName, type OutputOf, type RequestOf } from "../definition.js";
import { checkMethods } from "../entity.js";
import type { EventSourcedContext } from "./context.js";
import { eventSourcedKind } from "./service.js";

/** What one command does: it reads the state, emits events, and answers; or throws a refusal. */
export type CommandHandler<State> = (
  context: EventSourcedContext<never>,
  state: State,
  request: Message,
) => Answer<DescMessage> | Promise<Answer<DescMessage>>;

/** A method and what handles it. */
export interface HandledCommand<State> {
  readonly method: DescMethod;
  readonly handle: CommandHandler<State>;
}

/** What one type of event does to the state. */
export interface Applier<State> {
  readonly schema: DescMessage;
  readonly apply: (state: State, event: Message) => void;
}

/** How the state is saved, after every so many events. */
export interface Snapshots<State> {
  readonly schema: DescMessage;
  readonly every: number;
  readonly save: (state: State) => MessageInitShape<DescMessage>;
  readonly restore: (state: State, saved: Message) => void;
}

/**
 * The definition of an entity whose state is the sum of its events. {@link eventSourced}
 * begins it. A handler changes the state by events alone; when the entity wakes up
 * again, the same events are applied in the same order and give the same state, so what
 * applies one decides nothing, asks no clock and calls nobody.
 *
 * A failed command leaves no trace (ES-FAIL-003, ES-FAIL-004). If it had emitted
 * nothing, the state is as it was and the entity lives on. If it had, its events are in
 * the state in memory and nowhere else: the failure then asks the proxy to restart the
 * entity, and the next command meets the state as it is stored. A copy of the state
 * before each command would cost every command for the sake of the rare one.
 */
export class EventSourced<S extends DescService, State, Event extends Message = never> extends Definition<S> {
  readonly kind = eventSourcedKind;
  /** How the state of the entity with this id begins; two states share nothing. */
  readonly create: (id: string) => State;
  /** By short name. */
  readonly commands = new Map<string, HandledCommand<State>>();
  /** By the full name of the event's type. */
  readonly appliers = new Map<string, Applier<State>>();
  snapshots: Snapshots<State> | undefined;

  constructor(service: S, persistenceId: string, create: (id: string) => State) {
    super(EventSourcedService, service, persistenceId);
    this.create = create;
    if (persistenceId === "") this.complain("an event sourced entity has a persistence id (DISC-ENT-002)");
  }

  /** Sets what events of this type do to the state, when they are emitted and when they are replayed. */
  event<E extends DescMessage>(
    schema: E,
    apply: (state: State, event: MessageShape<E>) => void,
  ): EventSourced<S, State, Event | MessageShape<E>> {
    if (this.appliers.has(schema.typeName))
      this.complain(`events of type ${schema.typeName} are applied twice`);
    this.stores(schema);
    this.appliers.set(schema.typeName, {
      schema,
      apply: (state, event) => apply(state, event as MessageShape<E>),
    });
    return this as unknown as EventSourced<S, State, Event | MessageShape<E>>;
  }

  /**
   * Gives the state to the proxy with the reply in which the number of events since the
   * last snapshot, those of the journal included, reaches `every` (ES-SNAP-004). save
   * returns the whole state; restore brings a state that was just created to it. Both are
   * each other's inverse, for every snapshot that was ever stored.
   */
  snapshot<M extends DescMessage>(
    schema: M,
    every: number,
    save: (state: State) => MessageInitShape<M>,
    restore: (state: State, saved: MessageShape<M>) => void,
  ): this {
    if (!(every >= 1)) this.complain(`a snapshot after every ${every} events; at least 1`);
    if (this.snapshots !== undefined) this.complain("two kinds of snapshot");
    this.stores(schema);
    this.snapshots = {
      schema,
      every,
      save,
      restore: (state, saved) => restore(state, saved as MessageShape<M>),
    };
    return this;
  }

  /**
   * Sets what the method does. The handler runs alone in its entity, and many entities
   * run at once. It may emit the events that were set before.
   */
  command<M extends MethodName<S>>(
    name: M,
    handle: (
      context: EventSourcedContext<Event>,
      state: State,
      request: RequestOf<S, M>,
    ) => Answer<OutputOf<S, M>> | Promise<Answer<OutputOf<S, M>>>,
  ): this {
    const method = this.handles(name);
    // What the types above have checked, the map need not know.
    if (method !== undefined)
      this.commands.set(method.name, { method, handle: handle as unknown as CommandHandler<State> });
    return this;
  }

  override mistakes(): string[] {
    return [...checkMethods(this.service), ...super.mistakes()];
  }
}

/**
 * Begins the definition of an event sourced entity: the user's service, the name under
 * which its events are stored for ever (not empty, and no other entity's), and how the
 * state of the entity with this id begins.
 */
export function eventSourced<S extends DescService, State>(
  service: S,
  persistenceId: string,
  create: (id: string) => State,
): EventSourced<S, State> {
  return new EventSourced(service, persistenceId, create);
}
