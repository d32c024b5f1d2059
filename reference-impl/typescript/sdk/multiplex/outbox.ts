import type { HandleResponse } from "../../gen/stateward/multiplex/v1/multiplex_pb.js";

/** Somebody who has frames to be written. */
export interface Writer {
  /** The next frame that needs no credit: the last one, or credit; undefined for none. What is returned counts as sent. */
  control(): HandleResponse | undefined;
  /** The frame of the message that waits; undefined where it was dropped. What is returned counts as sent. */
  message(): HandleResponse | undefined;
}

/**
 * Says in which order the handles of a stream are written: first what needs no credit
 * (MUX-FAIR-004), then one message of each handle that has one, in turn (MUX-FAIR-002).
 * Each handle stands once in either, since it has one message at most.
 */
export class Outbox {
  readonly #control = new Set<Writer>();
  readonly #messages = new Set<Writer>();
  readonly #wake: () => void;

  /** wake is called when there may be something to write. */
  constructor(wake: () => void) {
    this.#wake = wake;
  }

  /** Notes that the handle has credit to give, or its last frame to send. */
  soon(handle: Writer): void {
    this.#control.add(handle);
    this.#wake();
  }

  /** Notes that the handle has a message to send. */
  ready(handle: Writer): void {
    this.#messages.add(handle);
    this.#wake();
  }

  /** The next frame to write; undefined for none. */
  next(): HandleResponse | undefined {
    for (const handle of this.#control) {
      this.#control.delete(handle);
      const frame = handle.control();
      if (frame !== undefined) return frame;
    }
    for (const handle of this.#messages) {
      this.#messages.delete(handle);
      const frame = handle.message();
      if (frame !== undefined) return frame;
    }
    return undefined;
  }
}
