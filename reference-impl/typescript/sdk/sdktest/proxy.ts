// Plays the proxy: serves a function on a socket of its own, and speaks to it by gRPC.
import {
  create,
  type DescMethod,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Client, type ClientDuplexStream, credentials, Metadata, type StatusObject } from "@grpc/grpc-js";
import assert from "node:assert/strict";
import type { Server } from "node:net";
import {
  type Capability,
  DiscoveryService,
  type DiscoverResponse,
} from "../../gen/stateward/discovery/v1/discovery_pb.js";
import { listen, listeningOn, targetOf } from "../address.js";
import { type Config, UserFunction } from "../function.js";
import { textLog } from "../log.js";
import { serve } from "../serve.js";
import { Inbox } from "../stream.js";

/** Bounds every wait, in ms: a function that answers later has failed. */
const patience = 20_000;

/** A proxy that is connected to a function of its own. */
export class Proxy {
  /** Everything that the function has logged. */
  logged = "";
  readonly target: string;
  readonly #stop = new AbortController();
  readonly #served: Promise<void>;
  readonly #clients: Client[] = [];

  private constructor(config: Config, listener: Server) {
    this.target = targetOf(listeningOn(listener));
    const log = textLog((line) => (this.logged += line));
    this.#served = serve(new UserFunction({ log, ...config }), listener, this.#stop.signal);
    this.#served.catch(() => undefined); // stop hears of it
    this.connect();
  }

  /** Serves the function and connects to it, until the test ends; it fails where the function does not stop in order. */
  static async start(test: { after(end: () => Promise<void>): void }, config: Config): Promise<Proxy> {
    const proxy = new Proxy(config, await listen({ host: "127.0.0.1", port: 0 }));
    test.after(() => proxy.stop());
    return proxy;
  }

  /** Makes the calls that follow on a connection of their own. */
  connect(): void {
    this.#clients.unshift(
      new Client(this.target, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 }),
    );
  }

  /** Closes every connection. */
  disconnect(): void {
    for (const client of this.#clients.splice(0)) client.close();
  }

  /** Tells the function to stop. */
  tellToStop(): void {
    this.#stop.abort();
  }

  /** Stops the function, and waits; rejects where it does not stop in order. */
  async stop(): Promise<void> {
    this.#stop.abort();
    try {
      await this.#served;
    } finally {
      this.disconnect();
    }
  }

  /** Discovers the function as a proxy that has these capabilities. */
  async announce(...capabilities: Capability[]): Promise<DiscoverResponse> {
    return this.ask(DiscoveryService.method.discover, {
      protocolMajorVersion: 1,
      proxyName: "sdktest",
      capabilities,
    });
  }

  /** Calls a method with one request, and returns its one response. */
  async ask<M extends DescMethod>(
    method: M,
    request: MessageInitShape<M["input"]>,
  ): Promise<MessageShape<M["output"]>> {
    const call = this.call(method);
    call.send(request);
    call.halfClose();
    const response = await call.receive();
    assert.deepEqual(await call.end(), { code: 0, details: "OK" });
    return response;
  }

  /** Begins a call of whatever shape, under this path where it is called otherwise in another dialect. */
  call<M extends DescMethod>(method: M, path = `/${method.parent.typeName}/${method.name}`): TestCall<M> {
    const client = this.#clients[0] ?? assert.fail("never connected");
    const stream = client.makeBidiStreamRequest(
      path,
      (request: MessageInitShape<M["input"]>) =>
        Buffer.from(toBinary(method.input, create(method.input, request))),
      (bytes) => fromBinary(method.output, bytes),
      new Metadata(),
      { deadline: Date.now() + patience },
    );
    return new TestCall(
      stream as ClientDuplexStream<MessageInitShape<M["input"]>, MessageShape<M["output"]>>,
    );
  }
}

/** One call of the function. */
export class TestCall<M extends DescMethod> {
  readonly #stream: ClientDuplexStream<MessageInitShape<M["input"]>, MessageShape<M["output"]>>;
  readonly #inbox = new Inbox<MessageShape<M["output"]>>();
  readonly #status: Promise<StatusObject>;

  constructor(stream: ClientDuplexStream<MessageInitShape<M["input"]>, MessageShape<M["output"]>>) {
    this.#stream = stream;
    stream.on("data", (message: MessageShape<M["output"]>) => this.#inbox.push(message));
    stream.on("error", () => undefined); // status says it
    this.#status = new Promise((resolve) => {
      stream.on("status", (status: StatusObject) => {
        this.#inbox.end();
        resolve(status);
      });
    });
  }

  /** Says this. */
  send(message: MessageInitShape<M["input"]>): void {
    this.#stream.write(message);
  }

  /** Says nothing more. */
  halfClose(): void {
    this.#stream.end();
  }

  /** Breaks the call off. */
  reset(): void {
    this.#stream.cancel();
  }

  /** The next message of the function; the test fails where it ends the call. */
  async receive(): Promise<MessageShape<M["output"]>> {
    const message = await this.#inbox.next();
    return message ?? assert.fail(`the call has ended: ${(await this.#status).details}`);
  }

  /** Says this, and waits for the next message. */
  async exchange(message: MessageInitShape<M["input"]>): Promise<MessageShape<M["output"]>> {
    this.send(message);
    return this.receive();
  }

  /** Waits for the end of the call, before which the function says nothing more. */
  async end(): Promise<{ code: number; details: string }> {
    const { code, details } = await this.#status;
    assert.equal(this.#inbox.size, 0, "the function has said more");
    return { code, details };
  }
}
