// A room of the sample presence, and a proxy that speaks with it.
import assert from "node:assert/strict";
import type {
  HandleRequest,
  HandleResponse,
  ReplicatedReply,
} from "../../gen/stateward/replicated/v1/replicated_pb.js";
import {
  GetPeopleRequestSchema,
  GetPeopleResponseSchema,
  type JoinResponseSchema,
  JoinRequestSchema,
  PresenceService,
} from "../../gen/stateward/samples/presence/v1/presence_pb.js";
import type { Answer } from "../context.js";
import type { Step } from "../conversation.js";
import { pack, unpack } from "../payload.js";
import type { AnyReplicated } from "../replicated/activation.js";
import type { StreamedContext, Watch } from "../replicated/context.js";
import { ReplicatedConversation } from "../replicated/conversation.js";
import { codec, ORSet } from "../replicated/crdt/index.js";
import { type Replicated, replicated } from "../replicated/entity.js";
import * as says from "./replicated.js";
import { TestSurroundings } from "./surroundings.js";

/** What Join answers with. */
export type Joined = typeof JoinResponseSchema;
/** The context of Join. */
export type JoinContext = StreamedContext<Joined>;
/** What a test's handler of Join does. */
export type Join = (
  context: JoinContext,
  people: ORSet<string>,
  person: string,
) => Answer<Joined> | undefined | Promise<undefined>;

/** A stream to the room "e", the people in which are its value. */
export class Room {
  readonly surroundings = new TestSurroundings();
  readonly #stream: ReplicatedConversation;

  constructor(join: Join, entity: unknown = newRoom(join)) {
    const definitions = new Map([[PresenceService.typeName, entity as AnyReplicated]]);
    this.#stream = new ReplicatedConversation(definitions, this.surroundings);
  }

  /** A room whose stream is open. */
  static async open(join: Join, entity?: unknown): Promise<Room> {
    const room = new Room(join, entity);
    assert.deepEqual(await room.step(says.init(PresenceService.typeName, "e")), { answers: [], more: true });
    return room;
  }

  /** Takes one message. */
  step(request: HandleRequest): Promise<Step<HandleResponse>> {
    return this.#stream.step(request);
  }

  /** Sends the command, which the stream outlives: its reply, and the news behind it. */
  async ask(request: HandleRequest): Promise<{ reply: ReplicatedReply; news: HandleResponse[] }> {
    const { answers, more } = await this.step(request);
    const [first, ...news] = answers;
    assert.ok(more && first?.message.case === "reply", this.surroundings.logged);
    return { reply: first.message.value, news };
  }

  /** What the next command sees of the value. */
  async people(): Promise<string[]> {
    const { reply } = await this.ask(getPeople);
    assert.equal(reply.clientAction?.action.case, "reply");
    return unpack(GetPeopleResponseSchema, reply.clientAction.action.value.payload).people;
  }
}

/** An entity whose value are the people in a room, and whose Join does this. */
export function newRoom(join: Join): Replicated<typeof PresenceService, ORSet<string>> {
  return replicated(PresenceService, "room", () => new ORSet(codec.string))
    .streamedCommand("join", (context, people, { person }) => join(context, people, person))
    .command("getPeople", (_context, people) => ({ people: [...people].sort() }))
    .command("closeRoom", (context) => {
      context.delete();
      return {};
    });
}

/** A command that asks for the value. */
export const getPeople = says.command("e", 99n, "GetPeople", pack(GetPeopleRequestSchema, {}));

/** A streamed command by which a person joins. */
export function joins(id: bigint, person: string): HandleRequest {
  return says.command("e", id, "Join", pack(JoinRequestSchema, { roomId: "e", person }), true);
}

/** Adds the person, and keeps the call open with this watch. */
export function enters(watch?: Watch<Joined>): Join {
  return (context, people, person) => {
    people.add(person);
    if (watch) context.watch(watch);
    return {};
  };
}

/** The code by which a command failed. */
export function codeOf({ clientAction }: ReplicatedReply): number | undefined {
  return clientAction?.action.case === "failure" ? clientAction.action.value.code : undefined;
}
