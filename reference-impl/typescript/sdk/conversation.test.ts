// How a stream is read, whatever its kind.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { HandleRequest, HandleResponse } from "../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import { converse } from "./conversation.js";
import { Host } from "./host.js";
import { textLog } from "./log.js";
import * as says from "./sdktest/eventsourced.js";
import { TestStream } from "./sdktest/stream.js";

// No abort would come to a command that begins behind it, and its handler could wait for ever.
test("what was read ahead is not begun on a stream that is over", async () => {
  const stream = new TestStream<HandleRequest, HandleResponse>();
  const begun: (string | undefined)[] = [];
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const ended = converse(new Host(textLog(() => undefined)), stream, () => ({
    async step({ message }) {
      begun.push(message.case);
      await held;
      return { answers: [], more: true };
    },
  }));
  stream.say(says.init("s", "e"), says.command({ entityId: "e", id: 1n }));
  await new Promise((resolve) => setImmediate(resolve)); // the command is read ahead
  stream.reset();
  release();
  await assert.rejects(ended, /the call is over/);
  assert.deepEqual(begun, ["init"]);
});
