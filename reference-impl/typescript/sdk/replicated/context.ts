import type { DescMessage } from "@bufbuild/protobuf";
import type { ClientAction } from "../../gen/stateward/entity/v1/entity_pb.js";
import { WriteConsistency } from "../../gen/stateward/replicated/v1/replicated_pb.js";
import { Capability } from "../capability.js";
import { type Answer, Context } from "../context.js";

export { WriteConsistency };

/** What a handler knows of its command, and asks for besides the answer. */
export class ReplicatedContext extends Context {
  /**
   * How many proxies must hold the command's change before its caller is answered. One
   * that is not reached within 5 s fails the command with DEADLINE_EXCEEDED; the change
   * stays. Where the command changes nothing, nobody is waited for.
   */
  writeConsistency = WriteConsistency.LOCAL;

  #deletes = false;

  /**
   * Deletes the entity, on every proxy and for ever: later commands get NOT_FOUND. What
   * else the command did to the value is left out.
   */
  delete(): void {
    this.#deletes = true;
  }

  /** Whether the handler asked for that. Is for the kind. */
  get deletes(): boolean {
    return this.#deletes;
  }

  /** Throws a refusal where the proxy knows no maps of one type. Is for the kind. */
  requireMaps(): void {
    this.require(Capability.REPLICATED_MAPS, "knows no maps of one type");
  }
}

/** What the handler of a method that streams its responses may ask for besides. */
export class StreamedContext<Output extends DescMessage = DescMessage> extends ReplicatedContext {
  #watch: Watch<Output> | undefined;

  /** Keeps the call open after the answer, with this watch; the last one counts. */
  watch(watch: Watch<Output>): void {
    this.#watch = watch;
  }

  /** The watch that the handler asked for. Is for the kind. */
  get watches(): Watch<Output> | undefined {
    return this.#watch;
  }
}

/** What a watch knows of the command that opened the call, and asks for besides the answer. */
export class News extends Context {
  #last = false;

  /** Ends the call with this message. */
  end(): void {
    this.#last = true;
  }

  /** Whether the watch asked for that. Is for the kind. */
  get last(): boolean {
    return this.#last;
  }
}

/**
 * What a streamed call says while it is open. Its functions are called by the entity, one
 * at a time, and may use the value that the handler was given.
 */
export interface Watch<Output extends DescMessage> {
  /**
   * What to say of the value, which has just been changed: by another command, from
   * elsewhere, or at the end of another call. Undefined says nothing; a refusal ends the
   * call. It changes no value.
   */
  changed(news: News): Answer<Output> | undefined | Promise<Answer<Output> | undefined>;
  /**
   * Is called when the call has ended otherwise than by {@link News.end}: its caller has
   * gone, or a refusal ended it. It may change the value and ask for effects; where it
   * throws a refusal it did neither. Nobody hears more.
   */
  cancelled?(context: ReplicatedContext): void | Promise<void>;
}

/** What the caller gets. A streamed call may get nothing yet. Is for the kind. */
export function answerOf(
  context: Context,
  output: DescMessage,
  answer: Answer<DescMessage> | undefined,
  streamed: boolean,
): ClientAction | undefined {
  return streamed && answer === undefined ? undefined : context.answer(output, answer);
}
