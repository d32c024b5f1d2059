// What an author's code may do, and do wrong, in an event sourced entity.
import { create } from "@bufbuild/protobuf";
import { BytesValueSchema, file_google_protobuf_wrappers, FloatValueSchema } from "@bufbuild/protobuf/wkt";
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
import * as says from "../sdktest/eventsourced.js";
import { Show } from "../sdktest/show.js";
import { TestSurroundings } from "../sdktest/surroundings.js";
import type { AnyEventSourced } from "./activation.js";
import type { EventSourcedContext } from "./context.js";
import { EventSourcedConversation } from "./conversation.js";
import { eventSourced } from "./entity.js";

const show = new Show(file, file_google_protobuf_wrappers);
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
      if (text === "no") throw new Refusal(Code.ABORTED, "refused event");
    })
    .snapshot(
      PersistedSchema,
      2,
      (state) => {
        if (state.value.endsWith("?")) throw new Refusal(Code.ABORTED, "refused snapshot");
        return state.value.endsWith("!") ? unpackable : { value: state.value };
      },
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
  ["emits half of a surrogate pair", (c: Context) => emitting(c, event("\ud800")), broken],
  ["emits an event whose applier throws", (c: Context) => emitting(c, event("bad")), broken],
  ["emits an event that its applier refuses", (c: Context) => emitting(c, event("no")), broken],
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
  [
    "answers with half of a surrogate pair",
    () => ({ message: "\ud800" }),
    /^1 failure INTERNAL the response of Call: .*half of a surrogate pair$/,
  ],
  ["answers with what cannot be packed", () => unpackable, /^1 failure INTERNAL the response of Call: /],
  ["saves what cannot be packed", (c: Context) => emitting(c, event("a"), event("!")), broken],
  ["refuses to save", (c: Context) => emitting(c, event("a"), event("?")), broken],
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

// What the author reads of it is what was thrown, and where.
test("a defect of what keeps the state is in the log, with its cause", async () => {
  for (const [last, what, cause] of [
    ["no", /what applies stateward\.tck\.\S+Persisted has thrown/, /Refusal: refused event/],
    ["?", /the snapshot of stateward\.tck\.\S+ has thrown/, /Refusal: refused snapshot/],
  ] as const) {
    const { stream, surroundings } = eventSourcedThat((c) => emitting(c, event("a"), event(last)));
    await stream.step(says.init(Two.typeName, "e"));
    await stream.step(says.command(call));
    assert.match(surroundings.logged, what);
    assert.match(surroundings.logged, cause);
  }
});

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

// A replay is given what was sent, and comes to the same state (ES-EMIT-002).
test("an event is in the state as it is sent, and is sent as it was emitted", async () => {
  const near = Math.fround(0.1);
  const entity = eventSourced(Two, "two", (): { number: number; bytes: Uint8Array } => ({
    number: 0,
    bytes: new Uint8Array(),
  }))
    .event(FloatValueSchema, (state, { value: number }) => (state.number = number))
    .event(BytesValueSchema, (state, { value: bytes }) => (state.bytes = bytes))
    .command("call", (context, state) => {
      context.emit(create(FloatValueSchema, { value: 0.1 })); // which 32 bits do not hold
      context.emit(create(BytesValueSchema, { value: Uint8Array.of(1) }));
      state.bytes[0] = 2;
      return { message: String(state.number) };
    });
  const definitions = new Map([[Two.typeName, entity as unknown as AnyEventSourced]]);
  const stream = new EventSourcedConversation(definitions, new TestSurroundings());
  await stream.step(says.init(Two.typeName, "e"));
  const { answers } = await stream.step(says.command(call));
  assert.deepEqual(answers.map(show.eventSourced), [
    `1 reply {"message":"${near}"}, event ${near}, event "AQ=="`,
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
