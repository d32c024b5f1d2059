import assert from "node:assert/strict";
import { test } from "node:test";
import { PresenceService } from "../../gen/stateward/samples/presence/v1/presence_pb.js";
import { Code, Refusal } from "../refusal.js";
import * as says from "../sdktest/replicated.js";
import { joins, Room } from "../sdktest/room.js";

// A watch that refuses ends its call, without effects, and says no more (REP-STREAM-004). It
// hears of the end, which may change the value (REP-CANCEL-005) and, where that refuses, has
// changed nothing.
for (const fails of [false, true]) {
  test(`a watch refuses, and its end ${fails ? "as well" : "changes the value"}`, async () => {
    const refusal = new Refusal(Code.ABORTED, "wrong of the domain");
    const room = await Room.open((context, people, person) => {
      people.add(person);
      if (person !== "anna") return undefined;
      context.watch({
        changed(news) {
          news.effect(PresenceService.method.getPeople, {});
          throw refusal;
        },
        cancelled(ending) {
          people.delete(person);
          ending.effect(PresenceService.method.getPeople, {});
          if (fails) throw refusal;
        },
      });
      return undefined;
    });
    assert.ok((await room.ask(joins(1n, "anna"))).reply.streamed);
    const [last, ...more] = (await room.ask(joins(2n, "ben"))).news;
    assert.ok(last?.message.case === "streamedMessage" && more.length === 0);
    const { clientAction, sideEffects, endStream } = last.message.value;
    assert.equal(clientAction?.action.case, "failure");
    assert.deepEqual(
      [clientAction.action.value.description, sideEffects, endStream],
      [refusal.message, [], false],
    );
    assert.deepEqual((await room.ask(joins(3n, "cleo"))).news, []);

    const [left, ...others] = (await room.step(says.cancelled("e", 1n))).answers;
    assert.ok(left?.message.case === "streamCancelledResponse" && others.length === 0);
    assert.equal(left.message.value.commandId, 1n);
    assert.equal(left.message.value.stateAction?.action.case, fails ? undefined : "update");
    assert.equal(left.message.value.sideEffects.length, fails ? 0 : 1);
    assert.equal(room.surroundings.logged.includes(refusal.message), fails);
    assert.deepEqual(await room.people(), fails ? ["anna", "ben", "cleo"] : ["ben", "cleo"]);

    const again = (await room.step(says.cancelled("e", 1n))).answers; // has ended already (REP-CANCEL-003)
    assert.equal(again[0]?.message.case, "streamCancelledResponse");
    assert.deepEqual(again[0].message.value.sideEffects, []);
  });
}

// A command that deletes the entity opens no call (REP-STREAM-002), and ends those that are
// open: nothing is done at their end any more.
test("a delete ends every call", async () => {
  const room = await Room.open((context, people, person) => {
    if (person === "last") context.delete();
    people.add(person);
    context.watch({ changed: () => ({}), cancelled: () => void people.delete(person) });
    return {};
  });
  assert.ok((await room.ask(joins(1n, "anna"))).reply.streamed);
  const { reply, news } = await room.ask(joins(2n, "last"));
  assert.deepEqual([reply.streamed, reply.stateAction?.action.case, news], [false, "delete", []]);
  for (const id of [1n, 2n]) {
    const [left] = (await room.step(says.cancelled("e", id))).answers;
    assert.ok(left?.message.case === "streamCancelledResponse");
    assert.equal(left.message.value.stateAction, undefined);
  }
});
