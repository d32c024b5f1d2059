import { create, type DescMessage, type DescMethod, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type ClientAction,
  ClientActionSchema,
  type Command,
  type Forward as ForwardMessage,
  ForwardSchema,
  type SideEffect,
  SideEffectSchema,
} from "../gen/stateward/entity/v1/entity_pb.js";
import { Capability } from "./capability.js";
import type { Connection } from "./connection.js";
import { Metadata } from "./metadata.js";
import { pack, reason } from "./payload.js";
import { Code, Refusal } from "./refusal.js";

/** Lets another entity answer the caller; {@link Context.forward} makes it, and a handler returns it. */
export class Forward {
  readonly message: ForwardMessage;

  constructor(message: ForwardMessage) {
    this.message = message;
  }
}

/** What a handler answers with: its method's response, or a forward in its place. */
export type Answer<Output extends DescMessage> = MessageInitShape<Output> | Forward;

/** How a side effect is asked for. */
export interface EffectOptions {
  /** The caller waits for it. Default false. */
  readonly synchronous?: boolean;
  /** Travels with the command. */
  readonly metadata?: Metadata;
}

/** What of a command its context shows, or of a call of an action. */
export type Asked = Pick<Command, "entityId" | "name" | "metadata">;

/**
 * What a handler knows of its command besides the request, and what it asks for
 * besides the answer. Each kind of entity has a context of its own.
 *
 * It is used until the handler has returned, or its promise has settled; what is asked for
 * later may be lost. What cannot be sent is a mistake in the handler: where it says nothing
 * else, a method then throws what is no {@link Refusal}, and the entity is reset.
 */
export class Context {
  /**
   * Aborted when the proxy gives up the stream, when the caller's deadline passes, and
   * when nobody waits for the answer any more. A handler may then give up and throw its
   * reason, or answer all the same.
   */
  readonly signal: AbortSignal;
  /** What came with the command. */
  readonly metadata: Metadata;
  readonly #asked: Asked;
  readonly #connection: Connection;
  #effects: SideEffect[] = [];
  #replyMetadata = new Metadata();

  /** Is for the kinds of entities. */
  constructor(asked: Asked, connection: Connection, signal: AbortSignal) {
    this.#asked = asked;
    this.#connection = connection;
    this.signal = signal;
    this.metadata = Metadata.of(asked.metadata);
  }

  /** The key of the entity that the command is for; empty in an action. */
  get entityId(): string {
    return this.#asked.entityId;
  }

  /** Goes to the caller with the response, as headers; is left out of a forward or a refusal. */
  get replyMetadata(): Metadata {
    return this.#replyMetadata;
  }

  /** The answer by which another entity answers the caller. Causes nothing until the handler returns it. */
  forward<M extends DescMethod>(
    to: M,
    request: MessageInitShape<M["input"]>,
    metadata = new Metadata(),
  ): Forward {
    return new Forward(create(ForwardSchema, target(to, request, metadata)));
  }

  /**
   * Asks for a further command, in the order of the calls, once the entity's state is
   * durable. Its outcome never changes the caller's answer. A handler that throws causes
   * none.
   */
  effect<M extends DescMethod>(
    on: M,
    request: MessageInitShape<M["input"]>,
    options: EffectOptions = {},
  ): void {
    this.#effects.push(effectOf(on, request, options));
  }

  /**
   * Asks as {@link effect} does, for an effect that is stored with the state and tried
   * until its target has answered (FX-DUR-001, FX-DUR-003). Throws a refusal where the
   * proxy cannot: nothing was asked then. Is for the kinds that store something
   * (FX-DUR-016).
   */
  protected storedEffect<M extends DescMethod>(
    on: M,
    request: MessageInitShape<M["input"]>,
    options: EffectOptions,
  ): void {
    this.require(Capability.DURABLE_EFFECTS, "keeps no durable side effects");
    this.#effects.push({ ...effectOf(on, request, options), durable: true });
  }

  /** Throws a refusal where the capability is not in force; `what` says what the proxy then does not do. */
  protected require(capability: Capability, what: string): void {
    this.#connection.require(capability, what);
  }

  /** Forgets what was asked for: what follows goes with the next answer. */
  protected renew(): void {
    this.#effects = [];
    this.#replyMetadata = new Metadata();
  }

  /** The side effects that the handler asked for, in order. Is for the kinds of entities. */
  get effects(): SideEffect[] {
    return this.#effects;
  }

  /**
   * What the caller gets after the handler returned this answer. Throws a refusal where
   * it is missing, or cannot be packed. Is for the kinds of entities.
   */
  answer<O extends DescMessage>(output: O, answer: Answer<O> | undefined): ClientAction {
    if (answer instanceof Forward) {
      return create(ClientActionSchema, { action: { case: "forward", value: answer.message } });
    }
    try {
      if (answer === undefined) throw new Error("there is no message");
      const reply = {
        payload: pack(output, answer),
        ...optional("metadata", this.replyMetadata.toMessage()),
      };
      return create(ClientActionSchema, { action: { case: "reply", value: reply } });
    } catch (cause) {
      throw new Refusal(Code.INTERNAL, `the response of ${this.#asked.name}: ${reason(cause)}`);
    }
  }
}

function effectOf<M extends DescMethod>(
  on: M,
  request: MessageInitShape<M["input"]>,
  options: EffectOptions,
): SideEffect {
  const { synchronous = false, metadata = new Metadata() } = options;
  return create(SideEffectSchema, { ...target(on, request, metadata), synchronous });
}

/** What a forward and a side effect say of the command that they ask for. */
function target<M extends DescMethod>(to: M, request: MessageInitShape<M["input"]>, metadata: Metadata) {
  return {
    serviceName: to.parent.typeName,
    commandName: to.name,
    payload: pack(to.input, request),
    ...optional("metadata", metadata.toMessage()),
  };
}

/** A field of a message that may be absent. */
export function optional<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, V>);
}
