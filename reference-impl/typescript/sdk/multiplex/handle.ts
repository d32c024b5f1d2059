import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import type { Failure } from "../../gen/stateward/entity/v1/entity_pb.js";
import {
  type HandleRequest,
  type HandleResponse,
  HandleResponseSchema,
} from "../../gen/stateward/multiplex/v1/multiplex_pb.js";
import type { Connection } from "../connection.js";
import { asRefusal, Code } from "../refusal.js";
import type { Method } from "../service.js";
import { gone, Inbox, type Stream } from "../stream.js";
import { Balance } from "./credit.js";
import { closed, failure, type Last } from "./last.js";
import type { Writer } from "./outbox.js";
import type { Session } from "./session.js";

/** One activation. To the kind that serves it, it is a stream of its own. */
export class Handle implements Stream<Message, Message>, Writer {
  readonly number: bigint;
  readonly #session: Session;
  readonly #over = new AbortController();
  readonly #in = new Balance(); // what the proxy may send
  readonly #out = new Balance(); // what the function may send
  readonly #inbox = new Inbox<Uint8Array>(); // bounded by the window
  readonly #waiting: (() => void)[] = []; // sends that wait for credit
  #given = 0; // bytes of the message that the kind was given last
  #closed = false; // the proxy has sent close
  #ended = false; // the last frame is decided
  #sent = false; // the last frame was sent
  #credit = 0; // bytes to give back
  #pending: Uint8Array | undefined; // a message, for which credit was taken
  #last: Last | undefined;

  constructor(session: Session, number: bigint) {
    this.#session = session;
    this.number = number;
  }

  get connection(): Connection {
    return this.#session.connection;
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Whether the last frame is decided. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the last frame was sent. */
  get sent(): boolean {
    return this.#sent;
  }

  /** Takes a frame that is neither start nor open. */
  hear({ frame }: HandleRequest): void {
    if (frame.case === "close" && (!this.#closed || frame.value.reset)) {
      this.close(frame.value.reset);
    } else if (this.#closed && frame.case !== "credit") {
      this.fail(Code.INVALID_ARGUMENT, "a frame behind close (MUX-WRONG-006)");
    } else if (this.#ended) {
      return; // it was under way (MUX-CLOSE-007)
    } else if (frame.case === "message") {
      this.take(frame.value);
    } else if (frame.case === "credit") {
      this.#admit(frame.value.bytes);
    } else {
      this.fail(Code.INVALID_ARGUMENT, "a frame without a case that is known here (MUX-WRONG-001)");
    }
  }

  /** Puts a message where the kind finds it. */
  take(message: Uint8Array): void {
    if (!this.#in.admits(message.length)) {
      this.fail(
        Code.INVALID_ARGUMENT,
        `a message of ${message.length} bytes with a balance of ${String(this.#in)} (MUX-WRONG-001)`,
      );
      return;
    }
    this.#in.take(message.length);
    this.#inbox.push(message);
  }

  /** Notes the proxy's close. A reset is acknowledged at once (MUX-CLOSE-003). */
  close(reset: boolean): void {
    this.#closed = true;
    this.#inbox.end();
    if (reset && !this.#ended) {
      this.#pending = undefined;
      this.#end(closed);
    }
    this.#wake();
    this.#forget();
  }

  /** Notes that nothing more comes on the stream, credit included; it counts as closed (MUX-END-003). */
  halfClose(): void {
    if (this.#closed) this.#wake();
    else this.close(false);
  }

  /** Ends the handle, and drops what it had to say. No other notices (MUX-WRONG-007). */
  fail(code: Code, description: string): void {
    this.#session.log.warn("handle failed", { handle: this.number, code: Code[code], reason: description });
    this.#pending = undefined;
    this.#end(failure(code, description));
  }

  /** Ends the handle as the kind has ended its stream (MUX-FAIL-001). */
  finish(error?: unknown): void {
    if (this.#ended) return;
    if (error === undefined) {
      this.#end(closed);
      return;
    }
    const refusal = asRefusal(error);
    if (refusal === undefined) this.#session.log.error("a handle failed", { handle: this.number, error });
    this.#end(
      failure(
        refusal?.code ?? Code.INTERNAL,
        refusal?.message ?? "the function failed; its log has the stack",
      ),
    );
  }

  /** Lets nobody wait on the handle any more. */
  release(): void {
    this.#ended = true;
    this.#inbox.fail(gone());
    this.#over.abort(gone());
    this.#wake();
  }

  /**
   * The kind reads ahead by one message, and asks for another once it has begun to handle
   * the one before: so that is when its bytes are given back (MUX-CREDIT-006).
   */
  async next(): Promise<Message | undefined> {
    this.#giveBack();
    const raw = await this.#inbox.next();
    if (raw === undefined) return undefined;
    this.#given = raw.length;
    try {
      return fromBinary(this.#method.desc.input, raw);
    } catch {
      this.fail(Code.INVALID_ARGUMENT, "a message that cannot be read (MUX-MSG-003)");
      throw gone();
    }
  }

  /** Waits until there is credit for the message (MUX-CREDIT-003), and queues it. */
  async send(message: Message): Promise<void> {
    const raw = toBinary(this.#method.desc.output, message);
    const { maxMessage } = this.#session;
    if (!this.#ended && raw.length > maxMessage) {
      this.fail(
        Code.RESOURCE_EXHAUSTED,
        `a message of ${raw.length} bytes, and the proxy takes ${maxMessage} (MUX-LIMIT-005)`,
      );
    }
    const broken = brokenBy(message);
    if (!this.#ended && broken !== undefined && !this.#out.admits(raw.length)) {
      this.fail(Code.INTERNAL, broken.description); // there is no credit to say so in a message
    }
    while (!this.#ended && (this.#pending !== undefined || !this.#out.admits(raw.length))) {
      if (this.#session.halfClosed && this.#pending === undefined)
        this.#end(closed); // credit never comes
      else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#ended) throw gone();
    this.#out.take(raw.length);
    this.#pending = raw;
    this.#session.outbox.ready(this);
  }

  control(): HandleResponse | undefined {
    if (this.#last !== undefined && this.#pending === undefined) {
      const frame = this.#last;
      this.#last = undefined;
      this.#sent = true;
      this.#forget();
      return this.#frame(frame);
    }
    if (this.#credit === 0 || this.#ended) return undefined;
    const bytes = BigInt(this.#credit);
    this.#credit = 0;
    return create(HandleResponseSchema, { handle: this.number, frame: { case: "credit", value: { bytes } } });
  }

  message(): HandleResponse | undefined {
    const raw = this.#pending;
    if (raw === undefined) return undefined; // dropped, with its handle
    this.#pending = undefined;
    if (this.#last !== undefined) this.#session.outbox.soon(this);
    this.#wake();
    return this.#frame({ case: "message", value: raw });
  }

  get #method(): Method {
    return this.#session.method;
  }

  #frame(frame: HandleResponse["frame"]): HandleResponse {
    return create(HandleResponseSchema, { handle: this.number, frame });
  }

  /** Takes credit from the proxy. */
  #admit(bytes: bigint): void {
    if (this.#out.give(bytes)) this.#wake();
    else this.fail(Code.INVALID_ARGUMENT, `credit of ${bytes} bytes, which are not owed (MUX-WRONG-001)`);
  }

  /** Gives back the bytes of the message that was taken last. */
  #giveBack(): void {
    if (this.#given === 0 || this.#ended) return;
    this.#in.give(BigInt(this.#given));
    this.#credit += this.#given;
    this.#given = 0;
    this.#session.outbox.soon(this);
  }

  /** Decides the last frame, and releases who serves the handle. */
  #end(last: Last): void {
    if (this.#sent) return;
    this.#last = last;
    this.release();
    this.#session.outbox.soon(this);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Once both sides have said their last, the handle is done. */
  #forget(): void {
    if (this.#closed && this.#sent) this.#session.done(this);
  }
}

/** The failure of the stream as a whole that a kind's message is; undefined for any other. */
function brokenBy(message: Message): Failure | undefined {
  const { message: said } = message as Message & { message?: { case?: string; value?: unknown } };
  return said?.case === "failure" ? (said.value as Failure) : undefined;
}
