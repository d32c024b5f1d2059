import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type ActionCommand,
  type ActionResponse,
  ActionResponseSchema,
} from "../../gen/stateward/action/v1/action_pb.js";
import type { Connection } from "../connection.js";
import { type Answer, Context } from "../context.js";
import { asRefusal, failureOf, Refusal } from "../refusal.js";

/**
 * One response of a call. Undefined gives the caller nothing: it carries side effects
 * alone (ACT-ANSWER-009). A refusal that is yielded refuses the call by a response of its
 * own, and lets the handler go on (ACT-FAIL-005); one that is thrown ends it.
 */
export type ActionAnswer<Output extends DescMessage> = Answer<Output> | Refusal | undefined;

/**
 * What a handler of an action knows of its call besides the requests, and what it asks
 * for. That goes with the next response, and with no other (ACT-ANSWER-002). Metadata is
 * the caller's, and entityId is empty. Its signal is aborted too where a request cannot be
 * read: the call is then over.
 */
export class ActionContext extends Context {
  /** Aborted when the function is to stop. A handler that would respond for ever returns then; one that waits for a request is thrown an error. */
  readonly stopping: AbortSignal;

  /** Is for the kind. Only the first command of a call counts (ACT-REQ-004). */
  constructor(
    { name, metadata }: ActionCommand,
    connection: Connection,
    signal: AbortSignal,
    stopping: AbortSignal,
  ) {
    super({ entityId: "", name, ...(metadata && { metadata }) }, connection, signal);
    this.stopping = stopping;
  }

  /** The response of this answer, with all that was asked for since the one before. Is for the kind. */
  respond<O extends DescMessage>(output: O, answer: ActionAnswer<O>): ActionResponse {
    const response = this.#responseOf(output, answer);
    this.renew();
    return create(ActionResponseSchema, response);
  }

  /** Its side effects travel with a failure too, and the proxy starts none of them (FX-FAIL-001, FX-FAIL-002). */
  #responseOf<O extends DescMessage>(
    output: O,
    answer: ActionAnswer<O>,
  ): MessageInitShape<typeof ActionResponseSchema> {
    const sideEffects = this.effects;
    if (answer === undefined) return { sideEffects };
    try {
      if (answer instanceof Refusal) throw answer;
      const { action } = this.answer(output, answer);
      return { sideEffects, response: action };
    } catch (error) {
      const refusal = asRefusal(error);
      if (refusal === undefined) throw error;
      return { sideEffects, response: { case: "failure", value: failureOf(0n, refusal) } };
    }
  }
}
