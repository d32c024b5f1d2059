import { create, type DescMessage, type DescService, equals } from "@bufbuild/protobuf";
import type { Command } from "../../gen/stateward/entity/v1/entity_pb.js";
import {
  type Delta,
  DeltaSchema,
  type HandleResponse,
  HandleResponseSchema,
  type ReplicatedReply,
  ReplicatedReplySchema,
  type StateAction,
  StateActionSchema,
  type StreamCancelledResponse,
  StreamCancelledResponseSchema,
  type StreamedMessage,
  StreamedMessageSchema,
} from "../../gen/stateward/replicated/v1/replicated_pb.js";
import { readRequest, unhandled } from "../command.js";
import { optional } from "../context.js";
import type { Surroundings } from "../conversation.js";
import { asRefusal, Code, Refusal, refuse } from "../refusal.js";
import { answerOf, News, ReplicatedContext, StreamedContext, type Watch } from "./context.js";
import { isOfOneType, type Value } from "./crdt/index.js";
import type { HandledCommand, Replicated } from "./entity.js";

type Handled = HandledCommand<Value>;

/** A definition of whatever value. */
export type AnyReplicated = Replicated<DescService, Value>;

/** A streamed call that is open. */
interface Call {
  readonly command: Command;
  readonly handled: Handled;
  readonly watch: Watch<DescMessage>;
  failed: boolean; // it says no more, and waits for its stream_cancelled
}

/**
 * One entity in memory, for as long as its stream lives. It does no I/O. Its next method is
 * called once the one before has settled; after one that threw, it is void. What its
 * methods return is sent, in that order; news of a change come after the answer to what
 * made it.
 */
export class Activation {
  readonly #entity: AnyReplicated;
  readonly #surroundings: Surroundings;
  readonly #value: Value;
  #calls: Call[] = []; // that are open, in the order in which they were opened
  #deleted = false;

  /** The entity with this id, and the empty value. */
  constructor(entity: AnyReplicated, id: string, surroundings: Surroundings) {
    this.#entity = entity;
    this.#surroundings = surroundings;
    this.#value = entity.create(id);
  }

  /** Whether the entity was deleted, here or elsewhere. */
  get deleted(): boolean {
    return this.#deleted;
  }

  /** Ends the entity: nothing changes it any more. */
  delete(): void {
    this.#deleted = true;
    this.#calls = [];
  }

  /** Changes the value by a delta from elsewhere, and tells whether it did. Throws where it is not of the value's type. */
  apply(delta: Delta): boolean {
    return this.#value.apply(delta);
  }

  /** Runs the command: its one reply, then news. */
  async execute(command: Command): Promise<HandleResponse[]> {
    const context = new StreamedContext(
      command,
      this.#surroundings.connection,
      this.#surroundings.commands.begin(command),
    );
    try {
      const handled = this.#entity.commands.get(command.name);
      const reply = await this.#reply(context, command, handled);
      const answer = create(HandleResponseSchema, { message: { case: "reply", value: reply } });
      const answers = [answer, ...(await this.#newsOf(reply.stateAction))];
      if (handled && context.watches && reply.streamed) {
        this.#calls.push({ command, handled, watch: context.watches, failed: false });
      }
      return answers;
    } finally {
      this.#surroundings.commands.end();
    }
  }

  /**
   * Ends the streamed call of the command with this id, if it is open: the one response
   * with what its watch does at the end (REP-CANCEL-005), then news.
   */
  async cancel(commandId: bigint): Promise<HandleResponse[]> {
    const call = this.#close(commandId);
    const done = call?.watch.cancelled && (await this.#leave(call));
    const value = create(StreamCancelledResponseSchema, { commandId, ...done });
    const answer = create(HandleResponseSchema, { message: { case: "streamCancelledResponse", value } });
    return [answer, ...(await this.#newsOf(value.stateAction))];
  }

  /** Asks each open call what it has to say of the value, and closes those that have said their last. */
  async news(): Promise<HandleResponse[]> {
    const messages: HandleResponse[] = [];
    for (const call of [...this.#calls]) {
      const value = call.failed ? undefined : await this.#ask(call);
      if (value === undefined) continue;
      messages.push(create(HandleResponseSchema, { message: { case: "streamedMessage", value } }));
      if (value.endStream) this.#close(value.commandId);
    }
    return messages;
  }

  /** The news of a change that was made here. */
  async #newsOf(change: StateAction | undefined): Promise<HandleResponse[]> {
    return change?.action.case === "update" ? this.news() : [];
  }

  /** Runs the handler. Where it refuses, the value is as it was. */
  async #reply(
    context: StreamedContext,
    command: Command,
    handled: Handled | undefined,
  ): Promise<ReplicatedReply> {
    try {
      if (this.#deleted) throw new Refusal(Code.NOT_FOUND, "the entity is deleted");
      if (handled === undefined) throw unhandled(this.#entity.service, command);
      if (isOfOneType(this.#value)) context.requireMaps();
      const change = this.#begin(handled);
      const answer = await handled.handle(context, this.#value, readRequest(handled.method, command));
      const clientAction = answerOf(context, handled.method.output, answer, command.streamed);
      const stateAction = change(context);
      return create(ReplicatedReplySchema, {
        commandId: command.id,
        ...optional("clientAction", clientAction),
        ...optional("stateAction", stateAction),
        sideEffects: context.effects,
        streamed: command.streamed && context.watches !== undefined && !this.#deleted, // REP-STREAM-002, REP-STREAM-003
      });
    } catch (error) {
      const clientAction = refuse(command, this.#undo(error));
      return create(ReplicatedReplySchema, { commandId: command.id, clientAction });
    }
  }

  /** What the end of a call does. Where the author's code refuses it does nothing, and nobody is told but the author. */
  async #leave({
    command,
    handled,
    watch,
  }: Call): Promise<Pick<StreamCancelledResponse, "sideEffects" | "stateAction">> {
    const context = new ReplicatedContext(command, this.#surroundings.connection, this.#surroundings.signal);
    const change = this.#begin(handled);
    try {
      await watch.cancelled?.(context);
      return { ...optional("stateAction", change(context)), sideEffects: context.effects };
    } catch (error) {
      const { message } = this.#undo(error);
      this.#surroundings.log.warn("the end of a call failed", {
        entity: command.entityId,
        command: command.id,
        reason: message,
      });
      return { sideEffects: [] };
    }
  }

  /** What one call says; undefined where it says nothing. */
  async #ask(call: Call): Promise<StreamedMessage | undefined> {
    const { command, handled, watch } = call;
    const news = new News(command, this.#surroundings.connection, this.#surroundings.signal);
    const before = this.#value.changed;
    let said: StreamedMessage | undefined;
    try {
      const clientAction = answerOf(news, handled.method.output, await watch.changed(news), true);
      if (clientAction !== undefined || news.effects.length > 0 || news.last)
        said = create(StreamedMessageSchema, {
          commandId: command.id,
          ...optional("clientAction", clientAction),
          sideEffects: news.effects,
          endStream: news.last,
        });
    } catch (error) {
      const refusal = asRefusal(error);
      if (refusal === undefined) throw error;
      call.failed = true; // REP-STREAM-004
      said = create(StreamedMessageSchema, { commandId: command.id, clientAction: refuse(command, refusal) });
    }
    if (this.#value.changed !== before)
      throw new Error("a watch has changed the value; a streamed message carries no change");
    return said;
  }

  /**
   * Returns the function that collects, at its end, what the author's code for a command did
   * to the value; undefined where it did nothing (REP-UPD-002). Throws a refusal at a change
   * where the method is read_only.
   */
  #begin({ method, readOnly }: Handled): (context: ReplicatedContext) => StateAction | undefined {
    if (!readOnly) return (context) => this.#collect(context);
    const before = this.#value.delta(); // of a register that nobody has created there is one
    return (context) => {
      if (!context.deletes && equals(DeltaSchema, before, this.#value.delta())) return undefined;
      throw new Refusal(
        Code.INTERNAL,
        `${method.name} is read_only, and has changed the value (CORE-READ-001)`,
      );
    };
  }

  #collect({ deletes, writeConsistency }: ReplicatedContext): StateAction | undefined {
    if (deletes) {
      this.delete();
      return create(StateActionSchema, { action: { case: "delete", value: {} }, writeConsistency });
    }
    if (!this.#value.changed) return undefined;
    const update = this.#value.delta();
    this.#value.commit();
    return create(StateActionSchema, { action: { case: "update", value: update }, writeConsistency });
  }

  /** Undoes what was done to the value before this was thrown, and returns it where it is a refusal; throws it on as a defect. */
  #undo(error: unknown): Refusal {
    const refusal = asRefusal(error);
    if (refusal === undefined) throw error;
    this.#value.rollback();
    return refusal;
  }

  /** Takes the call of the command with this id from those that are open; undefined where it was not among them. */
  #close(commandId: bigint): Call | undefined {
    const call = this.#calls.find(({ command }) => command.id === commandId);
    this.#calls = this.#calls.filter((other) => other !== call);
    return call;
  }
}
