import { fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import type { Duplex } from "node:stream";
import type { Connection } from "./connection.js";
import type { Log } from "./log.js";
import { bufferOf } from "./payload.js";
import { Code, asRefusal, type Refusal } from "./refusal.js";
import type { Method, Service } from "./service.js";
import { gone, Inbox, type Stream } from "./stream.js";

/**
 * What one message from the proxy may hold, in bytes: payloads of 4 MiB
 * (CORE-LIMIT-001) and room for what surrounds them (MUX-LIMIT-004).
 */
const maxMessage = 5 << 20;

/**
 * After how long a silence the function pings the proxy, and for how long it then waits, in ms.
 * A proxy that is lost without a word would keep its entities in memory here for ever.
 */
const silence = 15_000;
const pingAnswer = 20_000;

/**
 * Serves the services on one connection that was accepted. Each connection has a
 * server of its own, so that a call knows on which one it is: what the proxy has
 * announced holds there alone.
 */
export function serveConnection(
  socket: Duplex,
  services: readonly Service[],
  connection: Connection,
  log: Log,
): Server {
  const server = new Server({
    "grpc.max_receive_message_length": maxMessage,
    "grpc.max_send_message_length": -1,
    "grpc.keepalive_time_ms": silence,
    "grpc.keepalive_timeout_ms": pingAnswer,
    "grpc.enable_channelz": 0,
  });
  for (const service of services) {
    for (const method of service.methods) {
      // On the wire every shape is a stream of messages, and is served as one.
      server.register(
        `/${service.name}/${method.name}`,
        (call: ServerDuplexStream<Message, Message>) => void serveCall(call, method, connection, log),
        (message) => bufferOf(toBinary(method.desc.output, message)),
        (bytes) => fromBinary(method.desc.input, bytes),
        "bidi",
      );
    }
  }
  server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(socket);
  return server;
}

/** Serves one call. What its handler throws becomes its status; a defect is logged. */
async function serveCall(
  call: ServerDuplexStream<Message, Message>,
  method: Method,
  connection: Connection,
  log: Log,
): Promise<void> {
  const stream = new GrpcStream(call, connection);
  try {
    await method.handle(stream);
    stream.end();
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal === undefined) log.error("a call failed", { method: call.getPath(), error });
    stream.end(refusal ?? { code: Code.INTERNAL, message: "the function failed; its log has the stack" });
  }
}

/** One call of grpc-js. */
class GrpcStream implements Stream<Message, Message> {
  readonly connection: Connection;
  readonly #call: ServerDuplexStream<Message, Message>;
  readonly #inbox = new Inbox<Message>();
  readonly #over = new AbortController();
  #rejectSend: ((error: Refusal) => void) | undefined; // of the send that is being awaited

  constructor(call: ServerDuplexStream<Message, Message>, connection: Connection) {
    this.#call = call;
    this.connection = connection;
    call.on("data", (message: Message) => {
      call.pause(); // one message is held; the rest waits in grpc-js, which reads 16 ahead, and on the wire
      this.#inbox.push(message);
    });
    call.on("end", () => this.#inbox.end());
    call.on("cancelled", () => {
      this.#inbox.fail(gone());
      this.#over.abort(gone());
      this.#rejectSend?.(gone());
    });
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  async next(): Promise<Message | undefined> {
    const next = await this.#inbox.next();
    this.#call.resume();
    return next;
  }

  async send(message: Message): Promise<void> {
    if (this.signal.aborted) throw gone();
    await new Promise<void>((resolve, reject) => {
      this.#rejectSend = reject;
      this.#call.write(message, (error: unknown) => {
        if (error) reject(gone());
        else resolve();
      });
    });
  }

  /** Ends the call with this status; none is OK. */
  end(status?: Pick<Refusal, "code" | "message">): void {
    if (status === undefined) {
      this.#call.end();
    } else {
      this.#call.emit("error", { code: status.code, details: status.message.toWellFormed() });
    }
  }
}
