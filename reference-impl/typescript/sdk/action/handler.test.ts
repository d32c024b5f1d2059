// Handlers of an action that go wrong, and what they are told of the end.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ActionTckModelService as Model,
  ActionTwoService,
  type ProcessRequest,
  type ProcessResponseSchema,
} from "../../gen/stateward/tck/action/v1/action_pb.js";
import { type AnyAction, first, groups, names, Talk } from "../../model/sdktest/action.js";
import { Code, Refusal } from "../refusal.js";
import { action, type CallHandlers } from "./action.js";
import type { ActionContext } from "./context.js";

/** An action whose ProcessStreamed does this. */
function streaming(
  handle: CallHandlers<ProcessRequest, typeof ProcessResponseSchema>["bidi_streaming"],
): AnyAction[] {
  const one = action(Model)
    .call("processUnary", () => Promise.reject(new TypeError("defect")))
    .call("processStreamedIn", () => ({}))
    .call("processStreamedOut", () => [])
    .call("processStreamed", handle);
  return [one];
}

test("a defect ends its call, and the log has the stack", async () => {
  const talk = new Talk(
    "unary",
    streaming(() => []),
  ).say(first(names.unary, groups()));
  assert.deepEqual(await talk.whole(), ["failure INTERNAL the function threw; its log has the stack"]);
  assert.match(talk.logged, /msg=defect error="TypeError: defect\\n/);
  const late = new Talk(
    "bidi_streaming",
    streaming(function* () {
      yield { message: "a" };
      throw new Refusal(Code.ABORTED, "enough");
    }),
  ).say(first(names.bidi_streaming));
  assert.deepEqual(await late.whole(), ['reply {"message":"a"}', "failure ABORTED enough"]);
});

test("what is asked for behind the last response is said", async () => {
  const talk = new Talk(
    "bidi_streaming",
    streaming((context) => {
      context.effect(ActionTwoService.method.call, { id: "x" });
      return [];
    }),
  ).say(first(names.bidi_streaming));
  assert.deepEqual(await talk.whole(), ['no case, effect ActionTwoService.Call {"id":"x"}']);
});

test("a handler that waits is told of the end: the caller's, and the function's (ACT-CANCEL-004)", async () => {
  let left = 0;
  const waits = streaming(async function* (_context, requests) {
    try {
      for await (const { groups } of requests) yield { message: String(groups.length) };
    } finally {
      left++;
    }
  });
  const reset = new Talk("bidi_streaming", waits).say(first(names.bidi_streaming));
  reset.reset();
  assert.deepEqual(await reset.whole(), []);
  const stopped = new Talk("bidi_streaming", waits).say(first(names.bidi_streaming));
  await new Promise((resolve) => setImmediate(resolve)); // it waits
  stopped.host.stop();
  assert.deepEqual(await stopped.whole(), ["failure UNAVAILABLE the function is stopping"]);
  assert.equal(left, 1, "the one that had begun");
});

test("a handler that responds for ever is told that the function stops, while its call lasts", async () => {
  const contexts: ActionContext[] = [];
  const endless = streaming(async function* (context) {
    contexts.push(context);
    yield {};
    const { stopping } = context;
    if (!stopping.aborted) await new Promise((resolve) => stopping.addEventListener("abort", resolve));
  });
  const talk = new Talk("bidi_streaming", endless).say(first(names.bidi_streaming));
  await talk.hear();
  talk.host.stop();
  assert.deepEqual(await talk.whole(), []);
  const brief = streaming((context) => {
    contexts.push(context);
    return [];
  });
  const over = new Talk("bidi_streaming", brief).say(first(names.bidi_streaming));
  await over.ended;
  over.host.stop();
  assert.deepEqual(
    contexts.map(({ stopping }) => stopping.aborted),
    [true, false],
  );
});
