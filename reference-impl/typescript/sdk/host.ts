import type { Log } from "./log.js";
import { Code, Refusal } from "./refusal.js";
import type { Stream } from "./stream.js";

/** What a kind's service has of the function that serves it: the log, and the end. */
export class Host {
  readonly log: Log;
  readonly #streams = new Set<() => void>(); // told when the function stops
  #stopped = false;

  constructor(log: Log) {
    this.log = log;
  }

  /** Lets every stream end, once the message at hand is answered. */
  stop(): void {
    this.#stopped = true;
    for (const tell of this.#streams) tell();
  }

  /** Calls back once, when the function is to stop, at once where it is; unless it was released before. */
  onStop(tell: () => void): () => void {
    if (this.#stopped) tell();
    else this.#streams.add(tell);
    return () => this.#streams.delete(tell);
  }
}

/**
 * Reads a stream until the function stops: next then rejects with UNAVAILABLE, as
 * does every further one. It is released when the call ends.
 */
export class Requests<In> {
  readonly #stream: Stream<In, never>;
  readonly #release: () => void;
  #stopped = false;
  #reject: ((error: Refusal) => void) | undefined; // of the next that is being awaited

  constructor(host: Host, stream: Stream<In, never>) {
    this.#stream = stream;
    this.#release = host.onStop(() => {
      this.#stopped = true;
      this.#reject?.(stopped());
    });
  }

  /** As {@link Stream.next}. */
  async next(): Promise<In | undefined> {
    if (this.#stopped) throw stopped();
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      this.#stream.next().then(resolve, reject);
    });
  }

  /** Lets the host forget the stream. */
  release(): void {
    this.#release();
  }
}

/** What a call is told that would go on when the function is to stop. */
export function stopped(): Refusal {
  return new Refusal(Code.UNAVAILABLE, "the function is stopping");
}
