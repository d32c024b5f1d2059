// Whatever is said to a replicated entity: its step throws nothing, and ends in a defined answer.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type HandleRequest,
  HandleRequestSchema,
  type HandleResponse,
  HandleResponseSchema,
} from "../../gen/stateward/replicated/v1/replicated_pb.js";
import {
  CloseRoomRequestSchema,
  PresenceService,
} from "../../gen/stateward/samples/presence/v1/presence_pb.js";
import { pack } from "../payload.js";
import { Code, Refusal } from "../refusal.js";
import * as says from "../sdktest/replicated.js";
import { getPeople, type Join, joins, Room } from "../sdktest/room.js";
import { codec } from "./crdt/index.js";

const presence = PresenceService.typeName;
const [anna, ben] = [codec.string.pack("anna"), codec.string.pack("ben")];

/** Enters, and fails or ends its call where the name says so. */
const enters: Join = (context, people, person) => {
  people.add(person);
  if (person === "fail") throw new Refusal(Code.INVALID_ARGUMENT, "asked to fail");
  context.watch({
    changed(news) {
      if (person === "end") news.end();
      return {};
    },
    cancelled: () => void people.delete(person),
  });
  return {};
};

const closes = says.command("e", 5n, "CloseRoom", pack(CloseRoomRequestSchema, {}));
const id = fc.bigInt({ min: -1n, max: 4n });

/** Messages that make sense somewhere, in whatever order, and bytes that mostly make none. */
const messages = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(id, fc.constantFrom("anna", "ben", "fail", "end")).map(([n, who]) => joins(n, who)),
  },
  { weight: 2, arbitrary: id.map((n) => says.cancelled("e", n)) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      says.init(presence, "e"),
      says.changed({ case: "orset", value: { added: [anna, ben] } }),
      says.changed({ case: "orset", value: { cleared: true } }),
      says.changed({ case: "flag", value: {} }),
      says.deleted(),
      getPeople,
      closes,
      says.command("f", 1n, "GetPeople", anna),
      says.command("e", 1n, "GetPeople", anna),
      says.cancelled("f", 1n),
    ),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map(read) },
);

/** The bytes as a message; grpc ends the stream of one that cannot be read. */
function read(bytes: Uint8Array): HandleRequest | undefined {
  try {
    return fromBinary(HandleRequestSchema, bytes);
  } catch {
    return undefined;
  }
}

test("any messages", async () => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(messages, { maxLength: 20 }), async (opened, script) => {
      const room = opened ? await Room.open(enters) : new Room(enters);
      for (const request of script) {
        if (request === undefined) return;
        const { answers, more } = await room.step(request);
        judge(request, answers, more);
        assert.doesNotMatch(room.surroundings.logged, /msg=defect/);
        if (!more) return;
      }
    }),
    { numRuns: 300 },
  );
});

/** What must hold of the answers to any message (REP-TURN-001, REP-STREAM-001, REP-CANCEL-011). */
function judge({ message: said }: HandleRequest, answers: readonly HandleResponse[], more: boolean): void {
  const ids = said.case === "command" || said.case === "streamCancelled" ? [said.value.id] : [];
  for (const [i, answer] of answers.entries()) {
    toBinary(HandleResponseSchema, answer); // can be sent
    const { message } = answer;
    switch (message.case) {
      case "failure":
        assert.ok(!more && answers.length === 1);
        assert.ok([0n, ...ids].includes(message.value.commandId));
        break;
      case "streamedMessage":
        assert.ok(i > 0 || said.case === "delta", "news come behind the answer");
        break;
      default:
        assert.equal(i, 0);
        assert.equal(said.case, message.case === "reply" ? "command" : "streamCancelled");
        assert.deepEqual([message.value?.commandId], ids);
    }
  }
  const owed = ids.length > 0 || (!more && said.case !== "passivate");
  assert.ok(!owed || answers.length > 0, "it is answered");
}
