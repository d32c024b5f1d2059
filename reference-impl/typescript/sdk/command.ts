import type { DescMethod, DescService, Message } from "@bufbuild/protobuf";
import type { Command } from "../gen/stateward/entity/v1/entity_pb.js";
import { reason, unpack } from "./payload.js";
import { Code, Refusal } from "./refusal.js";

/** The request of the command, for this method; throws a refusal where it cannot be read. */
export function readRequest(method: DescMethod, { payload }: Command): Message {
  try {
    return unpack(method.input, payload);
  } catch (error) {
    throw new Refusal(Code.INVALID_ARGUMENT, `${method.name}: ${reason(error)} (CORE-CMD-005)`);
  }
}

/** What refuses a command that nothing handles. */
export function unhandled({ typeName }: DescService, { name }: Command): Refusal {
  return new Refusal(Code.UNIMPLEMENTED, `${typeName} has no method ${JSON.stringify(name)} (CORE-CMD-003)`);
}

/** The longest that a timer counts, in ms; whoever waits longer has no deadline that matters. */
const longestTimeout = 2n ** 31n - 1n;

/**
 * Which command of a stream is being handled, so that a cancel finds it. It ends a
 * command's signal when its caller's deadline passes, when the proxy says that
 * nobody waits for the answer any more, and when the stream is over; the command is
 * answered all the same (CORE-CANCEL-002).
 */
export class Commands {
  #id = 0n; // of the command that is being handled; 0 for none
  #controller = new AbortController();
  #deadline: NodeJS.Timeout | undefined;

  /** Notes that the command is being handled, and returns its signal. */
  begin(command: Command): AbortSignal {
    const controller = new AbortController();
    this.#controller = controller;
    this.#id = command.id;
    if (command.timeout > 0n && command.timeout <= longestTimeout) {
      this.#deadline = setTimeout(
        () => controller.abort(new Refusal(Code.DEADLINE_EXCEEDED, "the caller's deadline has passed")),
        Number(command.timeout),
      );
    }
    return controller.signal;
  }

  /** Notes that the command is answered: its cancel is late from now on. */
  end(): void {
    clearTimeout(this.#deadline);
    this.#id = 0n;
  }

  /** Ends the command's signal; that of an answered one, or one that never came, changes nothing (CORE-CANCEL-004). */
  giveUp(id: bigint): void {
    if (id === this.#id) this.#abort("nobody waits for the answer any more");
  }

  /** The stream is over: nobody hears an answer. */
  over(): void {
    if (this.#id !== 0n) this.#abort("the stream is over");
  }

  #abort(why: string): void {
    this.#controller.abort(new Refusal(Code.CANCELLED, why));
  }
}
