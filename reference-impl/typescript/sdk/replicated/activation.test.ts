// What a command does to a replicated entity.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "../../gen/stateward/entity/v1/entity_pb.js";
import {
  CloseRoomRequestSchema,
  GetPeopleRequestSchema,
  PresenceService,
} from "../../gen/stateward/samples/presence/v1/presence_pb.js";
import type { Answer } from "../context.js";
import { pack } from "../payload.js";
import { Code, Refusal } from "../refusal.js";
import * as says from "../sdktest/replicated.js";
import { codeOf, enters, getPeople, type JoinContext, type Joined, joins, Room } from "../sdktest/room.js";
import { codec, GCounter, LWWRegister, ORSet } from "./crdt/index.js";
import { replicated } from "./entity.js";

// A handler that refuses has done nothing (REP-FAIL-003), and neither has one that cannot
// answer: no state action, no effect, no open call (REP-FAIL-004, REP-STREAM-002).
for (const [name, code, end] of [
  [
    "refuses",
    Code.NOT_FOUND,
    () => {
      throw new Refusal(Code.NOT_FOUND, "nobody");
    },
  ],
  [
    "refuses after a delete",
    Code.ABORTED,
    (context) => {
      context.delete();
      throw new Refusal(Code.ABORTED, "no");
    },
  ],
  [
    "leaves a counter's range",
    Code.OUT_OF_RANGE,
    () => {
      new GCounter().add(-1);
      return {};
    },
  ],
] as [string, Code, (context: JoinContext) => Answer<Joined>][]) {
  test(`a handler that ${name} has done nothing`, async () => {
    const room = await Room.open((context, people, person) => {
      people.add(person);
      if (person === "anna") return undefined;
      people.clear();
      people.add("ben");
      context.effect(PresenceService.method.getPeople, {}, { synchronous: true });
      context.watch({ changed: () => undefined });
      return end(context);
    });
    await room.ask(joins(1n, "anna"));
    const { reply, news } = await room.ask(joins(2n, "ben"));
    assert.equal(codeOf(reply), code);
    assert.deepEqual(
      [reply.stateAction, reply.sideEffects, reply.streamed, news],
      [undefined, [], false, []],
    );
    assert.deepEqual(await room.people(), ["anna"]);
  });
}

// A caller that takes one answer gets none where there is none.
test("no response", async () => {
  const room = await Room.open(() => undefined);
  const request = joins(1n, "anna");
  const { reply } = await room.ask(request);
  assert.deepEqual([reply.clientAction, reply.streamed], [undefined, false]);
  (request.message.value as Command).streamed = false;
  assert.equal(codeOf((await room.ask(request)).reply), Code.INTERNAL);
});

// A command of a read_only method changes nothing (CORE-READ-001).
test("read_only", async () => {
  for (const change of ["add", "delete"]) {
    const entity = replicated(PresenceService, "room", () => new ORSet(codec.string)).command(
      "getPeople",
      (context, people) => {
        if (change === "add") people.add("x");
        else context.delete();
        return {};
      },
    );
    const room = await Room.open(enters(), entity);
    const { reply } = await room.ask(getPeople);
    assert.deepEqual([codeOf(reply), reply.stateAction], [Code.INTERNAL, undefined], change);
  }
});

// A register that nobody has created is not created by a reader.
test("read_only of a register", async () => {
  const entity = replicated(PresenceService, "room", () => new LWWRegister(codec.string, "new")).command(
    "getPeople",
    (_context, register) => ({ people: [register.value] }),
  );
  const room = await Room.open(enters(), entity);
  assert.deepEqual(await room.people(), ["new"]);
  assert.equal((await room.ask(getPeople)).reply.stateAction, undefined);
});

// 64 commands are answered one after another, each as if it were alone (REP-TURN-007,
// REP-DELTA-001, REP-UPD-001).
test("many commands", async () => {
  const room = await Room.open(enters());
  for (let id = 1n; id <= 64n; id++) {
    const { reply } = await room.ask(joins(id, `person ${id}`));
    const action = reply.stateAction?.action;
    assert.ok(reply.commandId === id && action?.case === "update" && action.value.delta.case === "orset");
    assert.equal(action.value.delta.value.added.length, 1);
  }
  assert.equal((await room.people()).length, 64);
});

// A command that its caller gave up is answered all the same (CORE-CANCEL-002), and one
// whose handler gives up with it has done nothing (CORE-CANCEL-003).
test("a command is given up", async () => {
  const room = await Room.open(async ({ signal }, people, person) => {
    people.add(person);
    room.surroundings.commands.giveUp(1n);
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    return undefined;
  });
  assert.equal(codeOf((await room.ask(joins(1n, "anna"))).reply), Code.CANCELLED);
  assert.deepEqual(await room.people(), []);
});

// The cancel of a command that is answered comes too late, and changes nothing (CORE-CANCEL-004).
test("a command is given up too late", async () => {
  let heard: AbortSignal | undefined;
  const room = await Room.open(({ signal }) => {
    heard = signal;
    return {};
  });
  await room.ask(joins(1n, "anna"));
  room.surroundings.commands.giveUp(1n);
  assert.equal(heard?.aborted, false);
});

// A deleted entity answers NOT_FOUND, and its open calls say nothing more (REP-DEL-001).
test("a deleted entity", async () => {
  const room = await Room.open(enters({ changed: () => ({}) }));
  await room.ask(joins(1n, "anna"));
  const { reply, news } = await room.ask(
    says.command("e", 2n, "CloseRoom", pack(CloseRoomRequestSchema, {})),
  );
  assert.deepEqual([reply.stateAction?.action.case, news], ["delete", []]);
  assert.equal(codeOf((await room.ask(joins(3n, "ben"))).reply), Code.NOT_FOUND);
});

// A function that knows no such method, or cannot read its request, says so.
test("commands that cannot be handled", async () => {
  const room = await Room.open(enters());
  const people = pack(GetPeopleRequestSchema, {});
  assert.equal(codeOf((await room.ask(says.command("e", 1n, "GetRooms", people))).reply), Code.UNIMPLEMENTED);
  assert.equal(codeOf((await room.ask(says.command("e", 2n, "Join", people))).reply), Code.INVALID_ARGUMENT);
});
