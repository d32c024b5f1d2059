import assert from "node:assert/strict";
import { test } from "node:test";
import { Health } from "../../gen/grpc/health/v1/health_pb.js";
import { PresenceService } from "../../gen/stateward/samples/presence/v1/presence_pb.js";
import { enters, newRoom } from "../sdktest/room.js";
import { codec, ORSet } from "./crdt/index.js";
import { type Replicated, replicated } from "./entity.js";

function bare(persistenceId = "x") {
  return replicated(PresenceService, persistenceId, () => new ORSet(codec.string));
}

/** The definition as whoever writes JavaScript sees it. */
function untyped(
  entity: unknown,
): Record<"command", (name: string, handle: () => unknown) => { mistakes(): string[] }> {
  return entity as never;
}

test("a definition without mistakes", () => {
  const room = newRoom(enters());
  assert.deepEqual(room.mistakes(), []);
  const line = room.describe();
  assert.equal(line.entityType, "stateward.replicated.v1.ReplicatedEntityService");
  assert.deepEqual([line.serviceName, line.persistenceId], [PresenceService.typeName, "room"]);
});

// Every mistake of an author is named before the function serves.
for (const [name, mistakes, want] of [
  [
    "an unknown method",
    untyped(newRoom(enters()))
      .command("getRooms", () => ({}))
      .mistakes(),
    /no method "getRooms"/,
  ],
  [
    "two handlers",
    newRoom(enters())
      .command("getPeople", () => ({}))
      .mistakes(),
    /getPeople has two handlers/,
  ],
  [
    "another shape",
    untyped(bare())
      .command("join", () => ({}))
      .mistakes(),
    /join is server_streaming, not unary/,
  ],
  ["no handler", bare().mistakes(), /PresenceService\.Join: no handler/],
  ["no persistence id", bare("").mistakes(), /DISC-ENT-002/],
  ["a timeout of 0", bare().passivateAfter(0).mistakes(), /DISC-ENT-004/],
  ["inputs without key", health().mistakes(), /DISC-KEY-001/],
] as [string, string[], RegExp][]) {
  test(`a mistake: ${name}`, () => {
    assert.match(mistakes.join("\n"), want);
  });
}

// A stream of responses is what this kind alone may have (DISC-METHOD-001).
test("streamed responses are no mistake", () => {
  assert.doesNotMatch(health().mistakes().join("\n"), /DISC-METHOD-001/);
});

/** A service whose inputs have no key, and one of whose methods streams. */
function health(): Replicated<typeof Health, ORSet<string>> {
  return replicated(Health, "x", () => new ORSet(codec.string));
}
