// A stream in memory, for what serves one.
import { create } from "@bufbuild/protobuf";
import { DiscoverRequestSchema } from "../../gen/stateward/discovery/v1/discovery_pb.js";
import type { Capability } from "../capability.js";
import { Connection } from "../connection.js";
import { gone, Inbox, type Stream } from "../stream.js";

/** One call whose other side is the test. */
export class TestStream<In, Out> implements Stream<In, Out> {
  readonly connection = new Connection();
  readonly #inbox = new Inbox<In>();
  readonly #said = new Inbox<Out>();
  readonly #over = new AbortController();

  constructor(...capabilities: Capability[]) {
    this.connection.proxy = create(DiscoverRequestSchema, { capabilities });
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  next(): Promise<In | undefined> {
    return this.#inbox.next();
  }

  send(message: Out): Promise<void> {
    if (this.signal.aborted) return Promise.reject(gone());
    this.#said.push(message);
    return Promise.resolve();
  }

  /** The other side says this. */
  say(...messages: In[]): this {
    for (const message of messages) this.#inbox.push(message);
    return this;
  }

  /** The other side says nothing more. */
  halfClose(): this {
    this.#inbox.end();
    return this;
  }

  /** The other side breaks the call off. */
  reset(): void {
    this.#inbox.fail(gone());
    this.#over.abort(gone());
  }

  /** Waits for what is said next. */
  async hear(): Promise<Out> {
    const message = await this.#said.next();
    if (message === undefined) throw new Error("nothing more is said");
    return message;
  }

  /** What was said and not heard. */
  async rest(): Promise<Out[]> {
    const rest: Out[] = [];
    while (this.#said.size > 0) rest.push(await this.hear());
    return rest;
  }
}
