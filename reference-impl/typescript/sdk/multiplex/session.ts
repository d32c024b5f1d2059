import type { HandleRequest, HandleResponse } from "../../gen/stateward/multiplex/v1/multiplex_pb.js";
import type { Connection } from "../connection.js";
import type { Log } from "../log.js";
import { Code, Refusal } from "../refusal.js";
import type { Method } from "../service.js";
import { gone, type Stream } from "../stream.js";
import { Handle } from "./handle.js";
import { Outbox } from "./outbox.js";

/** How many handles of a stream are served at once (MUX-LIMIT-003). */
const maxHandles = 1024;

/** Bounds those that are remembered: a proxy that opens more, and does not read that they fail, loses the stream. */
const maxKnown = 2 * maxHandles;

/** The stateful kinds of a function: what serves one activation, by the full name of the kind's service. */
export type Kinds = ReadonlyMap<string, Method>;

/**
 * One multiplexed stream. The frames are read while what there is to send is written, and
 * while each handle's kind runs, so that none waits for another (MUX-READ-003). All that
 * waits is bounded: by the window what was read of a handle, by one message what it has to
 * send, and by the number of handles the rest.
 */
export class Session {
  readonly connection: Connection;
  readonly log: Log;
  readonly outbox = new Outbox(() => this.#wake());
  /** The largest message that the proxy takes, in bytes. */
  readonly maxMessage: number;

  readonly #stream: Stream<HandleRequest, HandleResponse>;
  readonly #kinds: Kinds;
  readonly #handles = new Map<bigint, Handle>();
  readonly #serving = new Set<Promise<void>>(); // one for each handle whose kind runs
  #method: Method | undefined; // undefined before start
  #opened = 0n; // the last handle that was opened
  #halfClosed = false;
  #stopping = false;
  #broken: Error | undefined; // what ends the stream
  #awake = false; // the writer has something to look at
  #writer: (() => void) | undefined; // waits for that

  constructor(stream: Stream<HandleRequest, HandleResponse>, kinds: Kinds, log: Log) {
    this.#stream = stream;
    this.#kinds = kinds;
    this.connection = stream.connection;
    this.log = log;
    this.maxMessage = stream.connection.maxMessage;
  }

  /** What serves an activation of the stream's kind. */
  get method(): Method {
    if (this.#method === undefined) throw new Error("no handle is open before start");
    return this.#method;
  }

  /** Whether nothing more comes from the proxy. */
  get halfClosed(): boolean {
    return this.#halfClosed;
  }

  /** Serves the stream until its end, and waits for the kinds that serve its handles. */
  async serve(): Promise<void> {
    void this.#read();
    try {
      await this.#write();
    } finally {
      for (const handle of this.#handles.values()) handle.release(); // MUX-END-004
      await Promise.all(this.#serving);
    }
  }

  /** Lets no handle be opened any more; the stream ends with its last one. */
  stop(): void {
    this.#stopping = true;
    this.#wake();
  }

  /** Forgets a handle on which both sides have said their last. */
  done(handle: Handle): void {
    this.#handles.delete(handle.number);
  }

  /** Takes what the proxy sends, up to its half-close or what ends the stream. */
  async #read(): Promise<void> {
    try {
      for (;;) {
        const frame = await this.#stream.next();
        if (frame === undefined) break;
        this.#hear(frame);
      }
      this.#halfClosed = true;
      for (const handle of this.#handles.values()) handle.halfClose();
    } catch (error) {
      this.#broken = error instanceof Error ? error : gone();
    }
    this.#wake();
  }

  /** Sends what there is, until the stream ends. */
  async #write(): Promise<void> {
    for (;;) {
      for (let frame = this.outbox.next(); frame !== undefined; frame = this.outbox.next()) {
        if (this.#broken !== undefined) break;
        await this.#stream.send(frame);
      }
      if (this.#broken !== undefined) throw this.#broken;
      if (this.#finished()) break;
      await this.#woken();
    }
    if (!this.#halfClosed) throw new Refusal(Code.UNAVAILABLE, "the function is stopping");
  }

  /** Takes one frame of the proxy. It waits for nobody (MUX-READ-001). */
  #hear(frame: HandleRequest): void {
    if (this.#method === undefined || frame.frame.case === "start") {
      this.#start(frame);
      return;
    }
    const number = frame.handle;
    if (frame.frame.case === "open") {
      this.#open(number, frame.frame.value.message);
      return;
    }
    if (number < 1n || number > this.#opened)
      throw wrong(`a frame for handle ${number}, which was never opened (MUX-WRONG-002)`);
    const handle = this.#handles.get(number);
    if (handle !== undefined) handle.hear(frame);
    else if (!late(frame)) throw wrong(`a frame for handle ${number}, which is done (MUX-WRONG-002)`);
  }

  /** Finds the kind of the stream. */
  #start({ handle, frame }: HandleRequest): void {
    if (frame.case !== "start") throw wrong("the first frame is not start (MUX-START-003)");
    if (this.#method !== undefined || handle !== 0n)
      throw wrong("a second start, or one for a handle (MUX-WRONG-002)");
    this.#method = this.#kinds.get(frame.value.entityType);
    if (this.#method === undefined) {
      const what = `no stateful kind ${JSON.stringify(frame.value.entityType)} here (MUX-START-004)`;
      throw new Refusal(Code.UNIMPLEMENTED, what);
    }
  }

  /** Begins a handle, and lets the kind serve it: as an activation of its own (MUX-OPEN-005). */
  #open(number: bigint, message: Uint8Array): void {
    if (number !== this.#opened + 1n)
      throw wrong(`handle ${number} opened behind ${this.#opened} (MUX-OPEN-004)`);
    if (this.#handles.size >= maxKnown) {
      throw new Refusal(Code.RESOURCE_EXHAUSTED, "handles are opened, and what is said of them is not read");
    }
    this.#opened = number;
    const crowded = this.#handles.size >= maxHandles;
    const handle = new Handle(this, number);
    this.#handles.set(number, handle);
    if (crowded) handle.fail(Code.RESOURCE_EXHAUSTED, `${maxHandles} handles are open (MUX-LIMIT-007)`);
    else if (this.#stopping) handle.fail(Code.UNAVAILABLE, "the function is stopping (MUX-DRAIN-002)");
    else handle.take(message);
    if (!handle.ended) this.#run(handle);
  }

  #run(handle: Handle): void {
    const serving = this.method.handle(handle).then(
      () => handle.finish(),
      (error: unknown) => handle.finish(error ?? gone()),
    );
    this.#serving.add(serving);
    void serving.then(() => this.#serving.delete(serving));
  }

  /** Whether nothing is left to be done, and no handle is opened any more. */
  #finished(): boolean {
    return (this.#halfClosed || this.#stopping) && [...this.#handles.values()].every((handle) => handle.sent);
  }

  /** Waits until there may be something to write that was not looked at. */
  async #woken(): Promise<void> {
    if (!this.#awake) await new Promise<void>((resolve) => (this.#writer = resolve));
    this.#awake = false;
  }

  #wake(): void {
    this.#awake = true;
    this.#writer?.();
    this.#writer = undefined;
  }
}

/** What a frame is told that has no place on the stream. */
function wrong(what: string): Refusal {
  return new Refusal(Code.INVALID_ARGUMENT, what);
}

/** Whether the frame may have been under way when its handle was done (MUX-CLOSE-008). */
function late({ frame }: HandleRequest): boolean {
  return frame.case === "credit" || (frame.case === "close" && frame.value.reset);
}
