import type { Connection } from "./connection.js";
import { Code, Refusal } from "./refusal.js";

/**
 * One call of the function: on the wire every shape is a stream of messages, and is
 * served as one. A call ends when its handler does: with OK, or with the
 * {@link Refusal} that the handler threw.
 */
export interface Stream<In, Out> {
  /** The connection of the call. */
  readonly connection: Connection;
  /** Aborted when the call is over, for whatever reason. */
  readonly signal: AbortSignal;
  /**
   * Waits for the proxy's next message; undefined is its half-close. Rejects where
   * the call is over. It is called again once it has settled.
   */
  next(): Promise<In | undefined>;
  /** Sends a message, and waits until it is on its way. Rejects where the call is over. */
  send(message: Out): Promise<void>;
}

/** The messages of a stream that have come and were not taken, and who waits for one. */
export class Inbox<In> {
  readonly #messages: In[] = [];
  #end: (() => Promise<undefined>) | undefined;
  #waiting: (() => void) | undefined;

  /** How many messages have come and were not taken. */
  get size(): number {
    return this.#messages.length;
  }

  /** Puts a message where next finds it; whoever calls it bounds how many. */
  push(message: In): void {
    if (this.#end === undefined) this.#messages.push(message);
    this.#wake();
  }

  /** Nothing more comes: the other side has half-closed. What came before stays. */
  end(): void {
    this.#end ??= () => Promise.resolve(undefined);
    this.#wake();
  }

  /**
   * Nothing more comes, and what came before is not taken either. Nor is an end: grpc-js
   * says that a call has ended before it says that it was broken off, in the same turn.
   */
  fail(error: Refusal): void {
    this.#messages.length = 0;
    this.#end = () => Promise.reject(error);
    this.#wake();
  }

  /** As {@link Stream.next}. */
  async next(): Promise<In | undefined> {
    while (this.#messages.length === 0) {
      if (this.#end !== undefined) return this.#end();
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
    return this.#messages.shift();
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}

/** What a call is told that is over before its handler is. */
export function gone(): Refusal {
  return new Refusal(Code.CANCELLED, "the call is over");
}
