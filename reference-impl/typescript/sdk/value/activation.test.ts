// What an author's code may do to a value, and do wrong.
import { create, type DescMessage } from "@bufbuild/protobuf";
import { file_google_protobuf_wrappers, FloatValueSchema } from "@bufbuild/protobuf/wkt";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EventSourcedTwoService as Two,
  file_stateward_tck_eventsourced_v1_eventsourced as file,
  PersistedSchema,
  ProcessRequestSchema,
} from "../../gen/stateward/tck/eventsourced/v1/eventsourced_pb.js";
import { pack } from "../payload.js";
import { Code, Refusal } from "../refusal.js";
import { Show } from "../sdktest/show.js";
import { TestSurroundings } from "../sdktest/surroundings.js";
import * as says from "../sdktest/value.js";
import type { AnyValueEntity } from "./activation.js";
import type { ValueContext } from "./context.js";
import { ValueConversation } from "./conversation.js";
import { value } from "./entity.js";

const show = new Show(file, file_google_protobuf_wrappers);

/** A stream to a value entity whose Call does this. */
function valueThat<V extends DescMessage>(schema: V, call: (context: ValueContext<V>) => object) {
  const entity = value(Two, "two", schema).command("call", (context) => call(context));
  const definitions = new Map([[Two.typeName, entity as unknown as AnyValueEntity]]);
  return new ValueConversation(definitions, new TestSurroundings());
}

const call = { entityId: "e", id: 1n, name: "Call", payload: pack(ProcessRequestSchema, {}) };
const broken = "broken 1: the function threw; its log has the stack";

test("what a handler does to its copy of the value changes nothing (VAL-CMD-008)", async () => {
  const seen: (string | undefined)[] = [];
  const given = create(PersistedSchema, { value: "b" });
  const stream = valueThat(PersistedSchema, (context) => {
    const current = context.current;
    seen.push(current?.value);
    if (current !== undefined) current.value = "changed";
    seen.push(context.current?.value);
    context.update(given);
    given.value = "changed behind it";
    return { message: context.current?.value };
  });
  await stream.step(says.init(Two.typeName, "e", pack(PersistedSchema, { value: "a" })));
  const { answers } = await stream.step(says.command(call));
  assert.deepEqual(answers.map(show.value), ['1 reply {"message":"b"}, update {"value":"b"}']);
  assert.deepEqual(seen, ["a", "a"]);
});

test("a value for a time (VAL-EXPIRE-001, VAL-EXPIRE-006)", async () => {
  for (const [life, answered] of [
    [1, "1 reply {}, update {}, for 1 ms"],
    [3_153_600_000_000, "1 reply {}, update {}, for 3153600000000 ms"],
    [0, broken],
    [3_153_600_000_001, broken],
    [1.5, broken],
  ] as const) {
    const stream = valueThat(PersistedSchema, (context) => {
      context.updateFor({}, life);
      return {};
    });
    await stream.step(says.init(Two.typeName, "e"));
    const { answers } = await stream.step(says.command(call));
    assert.deepEqual(answers.map(show.value), [answered]);
  }
});

test("a failed command leaves the value as it was (VAL-FAIL-004)", async () => {
  let fails = true;
  const stream = valueThat(PersistedSchema, (context) => {
    if (!fails) return { message: context.current?.value };
    fails = false;
    context.update({ value: "b" });
    throw new Refusal(Code.ABORTED, "no");
  });
  await stream.step(says.init(Two.typeName, "e", pack(PersistedSchema, { value: "a" })));
  assert.deepEqual((await stream.step(says.command(call))).answers.map(show.value), ["1 failure ABORTED no"]);
  assert.deepEqual((await stream.step(says.command(call))).answers.map(show.value), [
    '1 reply {"message":"a"}',
  ]);
});

// The next activation is given what was sent, and finds the same value.
test("a value is held as it is sent", async () => {
  const near = Math.fround(0.1);
  const stream = valueThat(FloatValueSchema, (context) => {
    context.update({ value: 0.1 }); // which 32 bits do not hold
    return { message: String(context.current?.value) };
  });
  await stream.step(says.init(Two.typeName, "e"));
  const { answers } = await stream.step(says.command(call));
  assert.deepEqual(answers.map(show.value), [`1 reply {"message":"${near}"}, update ${near}`]);
});

test("a value with half of a surrogate pair is a defect", async () => {
  const stream = valueThat(PersistedSchema, (context) => {
    context.update({ value: "\ud800" });
    return {};
  });
  await stream.step(says.init(Two.typeName, "e"));
  assert.deepEqual((await stream.step(says.command(call))).answers.map(show.value), [broken]);
});
