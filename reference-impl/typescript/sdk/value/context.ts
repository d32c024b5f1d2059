import {
  clone,
  create,
  type DescMessage,
  type DescMethod,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { type StateAction, StateActionSchema } from "../../gen/stateward/value/v1/value_pb.js";
import type { Connection } from "../connection.js";
import { type Asked, Context, type EffectOptions } from "../context.js";
import { pack, unpack } from "../payload.js";

/** The longest that a value may be kept for, in ms, where it is not kept for ever (VAL-EXPIRE-006). */
const longestLife = 100 * 365 * 24 * 60 * 60 * 1000;

/**
 * What a handler of a value entity knows of its command, the value among it, and what it
 * asks for besides the answer. The value changes by update, updateFor and delete, and
 * by nothing else; the last of them counts (VAL-CMD-004).
 */
export class ValueContext<V extends DescMessage> extends Context {
  readonly #schema: V;
  #value: MessageShape<V> | undefined; // never given away
  #change: StateAction | undefined; // the last one

  /** Is for the kind. */
  constructor(
    asked: Asked,
    connection: Connection,
    signal: AbortSignal,
    schema: V,
    value: MessageShape<V> | undefined,
  ) {
    super(asked, connection, signal);
    this.#schema = schema;
    this.#value = value;
  }

  /**
   * A copy of the value as the command has left it so far; undefined where there is none.
   * Changed and not given to update, it has changed nothing (VAL-CMD-008). A message whose
   * every field has its default is a value (VAL-INIT-010).
   */
  get current(): MessageShape<V> | undefined {
    return this.#value === undefined ? undefined : clone(this.#schema, this.#value);
  }

  /** Sets the value, for ever. What becomes of the message afterwards changes nothing. */
  update(value: MessageInitShape<V>): void {
    this.#update(value, 0);
  }

  /**
   * Sets the value for so many milliseconds, from when the update is durable
   * (VAL-EXPIRE-001): from 1 to 100 years of 365 days. The entity then has none. A command
   * that is on its way by then still sees it. Throws a RangeError for any other time.
   */
  updateFor(value: MessageInitShape<V>, life: number): void {
    if (!Number.isSafeInteger(life) || life < 1 || life > longestLife) {
      throw new RangeError(`a value for ${life} ms; 1 to ${longestLife} (VAL-EXPIRE-006)`);
    }
    this.#update(value, life);
  }

  /** Removes the value, whether or not there is one. The entity lives on without it. */
  delete(): void {
    this.#value = undefined;
    this.#change = create(StateActionSchema, { action: { case: "delete", value: {} } });
  }

  /** Asks for a side effect as effect does, which is stored with the command's change. Throws a refusal where the proxy keeps none. */
  durableEffect<M extends DescMethod>(
    on: M,
    request: MessageInitShape<M["input"]>,
    options: EffectOptions = {},
  ): void {
    this.storedEffect(on, request, options);
  }

  /** What the handler has left as the value, which nobody changes. Is for the kind, as is change. */
  get left(): MessageShape<V> | undefined {
    return this.#value;
  }

  /** What the handler did to the value; undefined for nothing. */
  get change(): StateAction | undefined {
    return this.#change;
  }

  #update(value: MessageInitShape<V>, life: number): void {
    const update = { value: pack(this.#schema, value), expireAfter: BigInt(life) };
    this.#value = unpack(this.#schema, update.value); // as it will be read when the entity wakes up again
    this.#change = create(StateActionSchema, { action: { case: "update", value: update } });
  }
}
