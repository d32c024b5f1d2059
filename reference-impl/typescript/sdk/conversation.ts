import type { Message } from "@bufbuild/protobuf";
import type { Cancel, Command } from "../gen/stateward/entity/v1/entity_pb.js";
import type { Connection } from "./connection.js";
import { Commands } from "./command.js";
import { type Host, Requests } from "./host.js";
import type { Log } from "./log.js";
import type { Stream } from "./stream.js";

/** What a message is answered with, in order, and whether the stream goes on. */
export interface Step<Out> {
  readonly answers: readonly Out[];
  readonly more: boolean;
}

/** What one stream of an entity has of its surroundings. */
export interface Surroundings {
  readonly connection: Connection;
  readonly commands: Commands;
  /** Aborted when the stream is over. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** The messages of the proxy in which every stateful kind speaks. */
export interface EntityRequest extends Message {
  readonly message:
    | { readonly case: "command"; readonly value: Command }
    | { readonly case: "cancel"; readonly value: Cancel }
    | { readonly case: string | undefined; readonly value?: unknown };
}

/**
 * One activation of one entity: which message may come next, and what answers it.
 * It does no I/O, and neither throws nor rejects, whatever comes. The next step is
 * taken once the one before has settled.
 */
export interface Conversation<In, Out> {
  step(request: In): Promise<Step<Out>>;
}

/**
 * Gives what the proxy says to the conversation, one message at a time and in
 * order, until one of these ends the stream:
 *
 * - the proxy half-closes it: status OK, and nothing more is sent (CORE-STREAM-003);
 * - a step says that there is no more: its answers are sent, then status OK;
 * - the proxy resets it, or a message cannot be read;
 * - the function stops: UNAVAILABLE, after the answers to the message at hand.
 *
 * One message is read ahead, so that a cancel is heard while its command is being
 * handled. A cancel is passed on to nobody, and answered by nothing (CORE-CANCEL-005).
 */
export async function converse<In extends EntityRequest, Out>(
  host: Host,
  stream: Stream<In, Out>,
  begin: (surroundings: Surroundings) => Conversation<In, Out>,
): Promise<void> {
  const commands = new Commands();
  const requests = new Requests(host, stream);
  const over = (): void => commands.over();
  stream.signal.addEventListener("abort", over);
  try {
    const conversation = begin({
      connection: stream.connection,
      commands,
      signal: stream.signal,
      log: host.log,
    });
    let coming = nextButCancels(requests, commands);
    for (;;) {
      const request = await coming;
      if (request === undefined) return;
      stream.signal.throwIfAborted(); // what was read ahead is not begun: no abort would come to it any more
      coming = nextButCancels(requests, commands);
      coming.catch(() => undefined); // heard of when it is awaited, if ever
      const { answers, more } = await conversation.step(request);
      for (const answer of answers) await stream.send(answer);
      if (!more) return;
    }
  } finally {
    stream.signal.removeEventListener("abort", over);
    requests.release();
  }
}

async function nextButCancels<In extends EntityRequest>(
  requests: Requests<In>,
  commands: Commands,
): Promise<In | undefined> {
  for (;;) {
    const request = await requests.next();
    if (request?.message.case !== "cancel") return request;
    commands.giveUp((request.message.value as Cancel).commandId);
  }
}
