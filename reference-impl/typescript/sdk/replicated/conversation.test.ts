// What ends the stream of a replicated entity.
import { create } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { test } from "node:test";
import { type HandleRequest, HandleRequestSchema } from "../../gen/stateward/replicated/v1/replicated_pb.js";
import {
  GetPeopleRequestSchema,
  PresenceService,
} from "../../gen/stateward/samples/presence/v1/presence_pb.js";
import { pack } from "../payload.js";
import { Code, Refusal } from "../refusal.js";
import * as says from "../sdktest/replicated.js";
import { enters, getPeople, type Join, joins, Room } from "../sdktest/room.js";

// A defect ends the stream by a failure of the command, and its stack is in the log alone.
for (const [name, cause, join] of [
  [
    "in the handler",
    "a bug of the author",
    () => {
      throw new Error("a bug of the author");
    },
  ],
  ["that is a promise", "a bug later", () => Promise.reject(new Error("a bug later"))],
  [
    "an element that cannot travel",
    "half of a surrogate pair",
    (_context, people) => {
      people.add("\ud800");
      return undefined;
    },
  ],
  [
    "in a watch",
    "a bug in a watch",
    enters({
      changed: () => {
        throw new Error("a bug in a watch");
      },
    }),
  ],
  [
    "a watch that changes the value",
    "a watch has changed the value",
    (context, people, person) => {
      people.add(person);
      context.watch({
        changed: () => {
          people.clear();
          return undefined;
        },
      });
      return undefined;
    },
  ],
  [
    "a watch that changes the value and refuses",
    "a watch has changed the value",
    (context, people, person) => {
      people.add(person);
      context.watch({
        changed: () => {
          people.clear();
          throw new Refusal(Code.ABORTED, "no");
        },
      });
      return undefined;
    },
  ],
] as [string, string, Join][]) {
  test(`a defect: ${name}`, async () => {
    const room = await Room.open(join);
    let { answers, more } = await room.step(joins(1n, "anna"));
    // It is the second command that brings the first one's news.
    if (more) ({ answers, more } = await room.step(joins(2n, "ben")));
    const [first, ...others] = answers;
    assert.ok(!more && first?.message.case === "failure" && others.length === 0);
    assert.notEqual(first.message.value.commandId, 0n);
    assert.doesNotMatch(first.message.value.description, new RegExp(cause));
    assert.match(room.surroundings.logged, new RegExp(cause));
    assert.match(room.surroundings.logged, /\.js:\d+/);
  });
}

// What is out of order ends the stream, by a failure with the id of the command or 0.
for (const [name, commandId, ...requests] of [
  ["no init", 99n, getPeople],
  ["a delta first", 0n, says.changed({ case: "orset", value: {} })],
  ["two inits", 0n, says.init(PresenceService.typeName, "e"), says.init(PresenceService.typeName, "e")],
  ["an unknown service", 0n, says.init("nobody", "e")],
  ["no entity id", 0n, says.init(PresenceService.typeName, "")],
  ["an init of another type", 0n, says.init(PresenceService.typeName, "e", { case: "flag", value: {} })],
  [
    "a delta of another type",
    0n,
    says.init(PresenceService.typeName, "e"),
    says.changed({ case: "flag", value: {} }),
  ],
  [
    "a delta after delete",
    0n,
    says.init(PresenceService.typeName, "e"),
    says.deleted(),
    says.changed({ case: "orset", value: {} }),
  ],
  [
    "a stranger's command",
    7n,
    says.init(PresenceService.typeName, "e"),
    says.command("f", 7n, "GetPeople", pack(GetPeopleRequestSchema, {})),
  ],
  ["a stranger's end", 0n, says.init(PresenceService.typeName, "e"), says.cancelled("f", 7n)],
  ["no message", 0n, says.init(PresenceService.typeName, "e"), create(HandleRequestSchema)],
] as [string, bigint, ...HandleRequest[]][]) {
  test(`out of order: ${name}`, async () => {
    const room = new Room(enters());
    const last = requests.pop() ?? assert.fail();
    for (const request of requests) assert.deepEqual(await room.step(request), { answers: [], more: true });
    const { answers, more } = await room.step(last);
    assert.ok(!more && answers.length === 1 && answers[0]?.message.case === "failure");
    assert.equal(answers[0].message.value.commandId, commandId);
    assert.notEqual(answers[0].message.value.description, "");
  });
}
