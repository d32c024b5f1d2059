// What an author's code may do wrong, in the two kinds that store.
import { create } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EventSourcedTwoService as Two,
  file_stateward_tck_eventsourced_v1_eventsourced as file,
  PersistedSchema,
  ProcessRequestSchema,
} from "../gen/stateward/tck/eventsourced/v1/eventsourced_pb.js";
import { EventSourcedConversation } from "./eventsourced/conversation.js";
import type { EventSourcedContext } from "./eventsourced/context.js";
import { eventSourced } from "./eventsourced/entity.js";
import { pack } from "./payload.js";
import { Code, Refusal } from "./refusal.js";
import * as says from "./sdktest/eventsourced.js";
import { Show } from "./sdktest/show.js";
import { TestSurroundings } from "./sdktest/surroundings.js";
import * as saysValue from "./sdktest/value.js";
import type { AnyValueEntity } from "./value/activation.js";
import type { ValueContext } from "./value/context.js";
import { ValueConversation } from "./value/conversation.js";
import { value } from "./value/entity.js";
import type { AnyEventSourced } from "./eventsourced/activation.js";

const show = new Show(file);
type Context = EventSourcedContext<ReturnType<typeof event>>;
const event = (text: string) => create(PersistedSchema, { value: text });

/** No message can be made of it. */
const unpackable = Object.defineProperties({} as { value: string }, {
  value: { enumerable: true, get: () => assert.fail("unpackable") },
  message: { enumerable: true, get: () => assert.fail("unpackable") },
});

/** A stream to an event sourced entity whose Call does this. */
function eventSourcedThat(call: (context: Context) => object | Promise<object>) {
  const entity = eventSourced(Two, "two", () => ({ value: "" }))
    .event(PersistedSchema, (state, { value: text }) => {
      if (text === "bad") throw new RangeError("bad event");
      state.value += text;
    })
    .snapshot(
      PersistedSchema,
      2,
      (state) => (state.value.endsWith("!") ? unpackable : { value: state.value }),
      (state, saved) => (state.value = saved.value),
    )
    .command("call", (context) => call(context));
  const surroundings = new TestSurroundings();
  const stream = new EventSourcedConversation(
    new Map([[Two.typeName, entity as unknown as AnyEventSourced]]),
    surroundings,
  );
  return { surroundings, stream };
}

/** A stream to a value entity whose Call does this. */
function valueThat(call: (context: ValueContext<typeof PersistedSchema>) => object | Promise<object>) {
  const entity = value(Two, "two", PersistedSchema).command("call", (context) => call(context));
  const surroundings = new TestSurroundings();
  const stream = new ValueConversation(
    new Map([[Two.typeName, entity as unknown as AnyValueEntity]]),
    surroundings,
  );
  return { surroundings, stream };
}

/** Emits these, and answers. */
function emitting(context: Context, ...events: ReturnType<typeof event>[]): object {
  for (const emitted of events) context.emit(emitted);
  return {};
}

const call = { entityId: "e", id: 1n, name: "Call", payload: pack(ProcessRequestSchema, {}) };
const broken = "broken 1: the function threw; its log has the stack";

for (const [name, handle, answered] of [
  [
    "throws what is no refusal",
    () => {
      throw new TypeError("oops");
    },
    broken,
  ],
  ["rejects with what is no refusal", () => Promise.reject(new TypeError("oops")), broken],
  [
    "emits an event that nothing applies",
    (c: Context) => emitting(c, create(ProcessRequestSchema) as never),
    broken,
  ],
  ["emits an event that its applier refuses", (c: Context) => emitting(c, event("bad")), broken],
  [
    "forgets to answer",
    () => undefined as never,
    "1 failure INTERNAL the response of Call: there is no message",
  ],
  [
    "forgets to answer after an event",
    (c: Context) => void emitting(c, event("a")),
    "1 failure INTERNAL the response of Call: there is no message restart",
  ],
  ["answers with what cannot be packed", () => unpackable, /^1 failure INTERNAL the response of Call: /],
  [
    "saves what cannot be packed",
    (c: Context) => emitting(c, event("a"), event("!")),
    /^1 failure INTERNAL the snapshot of .* restart$/,
  ],
  [
    "answers later",
    async (c: Context) => {
      await Promise.resolve();
      c.emit(event("a"));
      return { message: "late" };
    },
    '1 reply {"message":"late"}, event {"value":"a"}',
  ],
  [
    "gives up as it is asked to",
    () => Promise.reject(new Refusal(Code.CANCELLED, "gone")),
    "1 failure CANCELLED gone",
  ],
  [
    "waits for what is aborted",
    () =>
      Promise.reject(
        Object.assign(new Error("aborted", { cause: new Refusal(Code.CANCELLED, "gone") }), {
          name: "AbortError",
        }),
      ),
    "1 failure CANCELLED gone",
  ],
] as const) {
  test(`a handler that ${name}`, async () => {
    const { stream, surroundings } = eventSourcedThat(handle as (context: Context) => object);
    await stream.step(says.init(Two.typeName, "e"));
    const { answers, more } = await stream.step(says.command(call));
    const said = answers.map(show.eventSourced).join("; ");
    if (typeof answered === "string") assert.equal(said, answered);
    else assert.match(said, answered);
    assert.equal(more, answered !== broken);
    assert.equal(surroundings.logged.includes("msg=defect"), answered === broken);
  });
}

test("an event that comes after the answer is in no state", async () => {
  const contexts: Context[] = [];
  const { stream } = eventSourcedThat((context) => {
    contexts.push(context);
    return emitting(context, event("a"));
  });
  await stream.step(says.init(Two.typeName, "e"));
  await stream.step(says.command(call));
  assert.throws(() => contexts[0]?.emit(event("late")), /an event for Call, which is answered/);
  const { answers } = await stream.step(says.command(call));
  assert.deepEqual(answers.map(show.eventSourced), [
    '1 reply {}, event {"value":"a"}, snapshot {"value":"aa"}',
  ]);
});

test("an event in the journal that its applier refuses is a defect", async () => {
  const { stream, surroundings } = eventSourcedThat(() => ({}));
  await stream.step(says.init(Two.typeName, "e"));
  const { answers, more } = await stream.step(says.event(1n, pack(PersistedSchema, { value: "bad" })));
  assert.deepEqual(
    [answers.map(show.eventSourced), more],
    [["broken 0: the function threw; its log has the stack"], false],
  );
  assert.match(surroundings.logged, /RangeError: bad event/);
});

test("what a handler does to its copy of the value changes nothing (VAL-CMD-008)", async () => {
  const seen: (string | undefined)[] = [];
  const given = create(PersistedSchema, { value: "b" });
  const { stream } = valueThat((context) => {
    const current = context.current;
    seen.push(current?.value);
    if (current !== undefined) current.value = "changed";
    seen.push(context.current?.value);
    context.update(given);
    given.value = "changed behind it";
    return { message: context.current?.value };
  });
  await stream.step(saysValue.init(Two.typeName, "e", pack(PersistedSchema, { value: "a" })));
  const { answers } = await stream.step(saysValue.command(call));
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
    const { stream } = valueThat((context) => {
      context.updateFor({}, life);
      return {};
    });
    await stream.step(saysValue.init(Two.typeName, "e"));
    const { answers } = await stream.step(saysValue.command(call));
    assert.deepEqual(answers.map(show.value), [answered]);
  }
});

test("a failed command leaves the value as it was (VAL-FAIL-004)", async () => {
  let fails = true;
  const { stream } = valueThat((context) => {
    if (!fails) return { message: context.current?.value };
    fails = false;
    context.update({ value: "b" });
    throw new Refusal(Code.ABORTED, "no");
  });
  await stream.step(saysValue.init(Two.typeName, "e", pack(PersistedSchema, { value: "a" })));
  assert.deepEqual((await stream.step(saysValue.command(call))).answers.map(show.value), [
    "1 failure ABORTED no",
  ]);
  assert.deepEqual((await stream.step(saysValue.command(call))).answers.map(show.value), [
    '1 reply {"message":"a"}',
  ]);
});
