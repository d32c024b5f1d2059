import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  HealthStatus,
  LifecycleService,
  type WatchRequest,
  type WatchResponse,
  WatchResponseSchema,
} from "../gen/stateward/lifecycle/v1/lifecycle_pb.js";
import type { Connection } from "./connection.js";
import type { Health } from "./health.js";
import { type Host, Requests } from "./host.js";
import { Code, Refusal } from "./refusal.js";
import { type Service, serviceOf } from "./service.js";
import type { Stream } from "./stream.js";

/** What a Watch says and hears. */
type WatchStream = Stream<WatchRequest, WatchResponse>;

/**
 * stateward.lifecycle.v1.LifecycleService: one Watch for each connection, on which both
 * sides say how they are and take their leave.
 */
export class Lifecycle {
  readonly host: Host;
  readonly health: Health;
  /** How long the function serves after its draining, in ms. */
  readonly grace: number;
  readonly #watches = new Set<Watch>();
  readonly #told = new Set<Connection>(); // that the function drains, and are served on
  #end: number | undefined; // of the grace, by performance.now; undefined unless the function drains
  #done: (() => void) | undefined; // called once nobody is served on any more

  constructor(host: Host, health: Health, grace: number) {
    this.host = host;
    this.health = health;
    this.grace = grace;
  }

  /** The service. */
  service(): Service {
    return serviceOf(LifecycleService, { watch: (stream) => this.#watch(stream) });
  }

  /**
   * Says on each Watch that the function is going to stop, and serves their connections on
   * until the grace has passed (LIFE-DRAIN-001, LIFE-DRAIN-009). None needs that any more
   * that is closed, or on which the proxy has half-closed its Watch. A Watch that ends
   * otherwise releases nothing: the proxy may not have heard. It is called once.
   */
  async drain(): Promise<void> {
    this.#end = performance.now() + this.grace;
    for (const watch of this.#watches) watch.drain();
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, this.grace);
      this.#done = () => {
        clearTimeout(late);
        resolve();
      };
      this.#look();
    });
  }

  /** How long the function still serves, in ms, at least 1, for 0 would be no bound; undefined unless it drains. */
  get left(): number | undefined {
    return this.#end && Math.max(1, Math.ceil(this.#end - performance.now()));
  }

  /** Notes that the function has said on the connection that it drains. */
  tell(connection: Connection): void {
    this.#told.add(connection);
  }

  /** Notes that the connection is not to be served any longer. */
  release(connection: Connection): void {
    this.#told.delete(connection);
    this.#look();
  }

  async #watch(stream: WatchStream): Promise<void> {
    const watch = new Watch(this, stream);
    this.#watches.add(watch);
    const forget = this.health.onChange(() => watch.change());
    try {
      await watch.serve();
      this.release(stream.connection); // the proxy has half-closed
    } finally {
      forget();
      this.#watches.delete(watch);
      this.#look();
    }
  }

  #look(): void {
    if (this.#watches.size === 0 && this.#told.size === 0) this.#done?.();
  }
}

/** One Watch: health at once and at each change, draining when the function drains, OK after the half-close (LIFE-DRAIN-008). */
class Watch {
  readonly #lifecycle: Lifecycle;
  readonly #stream: WatchStream;
  #started = false; // the proxy has sent start, and has got health
  #leaves = false; // the proxy has sent draining
  #saying: Promise<void> = Promise.resolve(); // what is said is said in order
  #changed = false; // a change is waiting to be said, the last of them

  constructor(lifecycle: Lifecycle, stream: WatchStream) {
    this.#lifecycle = lifecycle;
    this.#stream = stream;
  }

  async serve(): Promise<void> {
    const requests = new Requests(this.#lifecycle.host, this.#stream);
    try {
      for (;;) {
        const request = await requests.next();
        if (request === undefined) break;
        this.#hear(request);
      }
      await this.#saying;
    } finally {
      requests.release();
    }
  }

  /** The health is no longer what was said. */
  change(): void {
    if (this.#started) this.#sayHealth();
  }

  /** The function begins to drain, which is not said before the first health (LIFE-WATCH-007), and once. */
  drain(): void {
    if (this.#started) this.#sayDraining(this.#lifecycle.grace);
  }

  /**
   * Takes one message of the proxy (LIFE-WATCH-002). That the proxy is going to stop
   * changes nothing here: what it sends is answered as before (LIFE-STOP-008).
   */
  #hear({ message }: WatchRequest): void {
    switch (message.case) {
      case "start":
        if (this.#started) throw wrong("a second start");
        this.#started = true;
        this.#sayHealth();
        if (this.#lifecycle.left !== undefined) this.#sayDraining(this.#lifecycle.left);
        return;
      case "draining":
        if (!this.#started || this.#leaves) throw wrong("a draining before start, or a second one");
        this.#leaves = true;
        this.#lifecycle.host.log.info("the proxy is going to stop", { grace: message.value.grace });
        return;
      default:
        throw wrong("a message in which no case is set");
    }
  }

  /** Sends how the function is by then (LIFE-HEALTH-001); changes that come meanwhile are said as one. */
  #sayHealth(): void {
    if (this.#changed) return;
    this.#changed = true;
    this.#say(() => {
      this.#changed = false;
      const reason = this.#lifecycle.health.notServingReason;
      if (reason === undefined) return { case: "health", value: { status: HealthStatus.SERVING } };
      return { case: "health", value: { status: HealthStatus.NOT_SERVING, reason } };
    });
  }

  #sayDraining(grace: number): void {
    this.#lifecycle.tell(this.#stream.connection);
    this.#say(() => ({ case: "draining", value: { grace: BigInt(grace) } }));
  }

  /** Sends a message behind those that are being sent. Where the stream is over, serve hears of it. */
  #say(message: () => NonNullable<MessageInitShape<typeof WatchResponseSchema>["message"]>): void {
    this.#saying = this.#saying
      .then(() => this.#stream.send(create(WatchResponseSchema, { message: message() })))
      .catch(() => undefined);
  }
}

function wrong(what: string): Refusal {
  return new Refusal(Code.INVALID_ARGUMENT, `${what} (LIFE-WATCH-002)`);
}
