// Calls of an action: in each shape, and when they go wrong.
import { create, createFileRegistry, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Any,
  AnySchema,
  file_google_protobuf_any,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ActionCommand,
  ActionCommandSchema,
  type ActionResponse,
} from "../../gen/stateward/action/v1/action_pb.js";
import {
  ActionTckModelService as Model,
  ActionTwoService,
  file_stateward_tck_action_v1_action as file,
  type ProcessRequest,
  ProcessRequestSchema,
  type ProcessResponseSchema,
  type ProcessStepSchema,
} from "../../gen/stateward/tck/action/v1/action_pb.js";
import { actions } from "../../model/action.js";
import { fileSet } from "../discovery.js";
import { Host } from "../host.js";
import { textLog } from "../log.js";
import { pack } from "../payload.js";
import { Code, Refusal } from "../refusal.js";
import { Show } from "../sdktest/show.js";
import { TestStream } from "../sdktest/stream.js";
import { action, type CallHandlers } from "./action.js";
import { Call, type Shape } from "./call.js";
import type { ActionContext } from "./context.js";

type Step = NonNullable<MessageInitShape<typeof ProcessStepSchema>["step"]>;
type AnyAction = ConstructorParameters<typeof Call>[1] extends ReadonlyMap<string, infer A> ? A : never;

const show = new Show(file);
const names = {
  unary: "ProcessUnary",
  client_streaming: "ProcessStreamedIn",
  server_streaming: "ProcessStreamedOut",
  bidi_streaming: "ProcessStreamed",
} as const;

/** A call in progress, and the function's log. */
class Talk extends TestStream<ActionCommand, ActionResponse> {
  logged = "";
  readonly host = new Host(textLog((line) => (this.logged += line)));
  readonly ended: Promise<void>;

  constructor(shape: Shape, served = actions as unknown as AnyAction[]) {
    super();
    this.ended = new Call(
      this.host,
      new Map(served.map((one) => [one.service.typeName, one])),
      shape,
      this,
    ).serve();
  }

  /** What is said until the call ends, a line each. */
  async whole(): Promise<string[]> {
    await this.ended;
    return (await this.rest()).map(show.response);
  }
}

const first = (name: string, payload?: ActionCommand["payload"]): ActionCommand =>
  create(ActionCommandSchema, { serviceName: Model.typeName, name, ...(payload && { payload }) });
const later = (payload: ActionCommand["payload"]): ActionCommand =>
  create(ActionCommandSchema, { ...(payload && { payload }) });
const groups = (...all: Step[][]) =>
  pack(ProcessRequestSchema, { groups: all.map((steps) => ({ steps: steps.map((step) => ({ step })) })) });
const reply = (message: string): Step => ({ case: "reply", value: { message } });
const effect = (id: string): Step => ({ case: "effect", value: { id } });
const fail: Step = { case: "fail", value: { message: "no" } };
const forward: Step = { case: "forward", value: { id: "t" } };

test("one request, one response; effects go with it (ACT-ANSWER-002)", async () => {
  const talk = new Talk("unary").say(first(names.unary, groups([effect("x")], [reply("a"), reply("b")])));
  assert.deepEqual(await talk.whole(), ['reply {"message":"b"}, effect ActionTwoService.Call {"id":"x"}']);
});

test("a failure keeps its effects, and a forward answers", async () => {
  assert.deepEqual(await new Talk("unary").say(first(names.unary, groups([effect("x"), fail]))).whole(), [
    'failure UNKNOWN no, effect ActionTwoService.Call {"id":"x"}',
  ]);
  assert.deepEqual(await new Talk("unary").say(first(names.unary, groups([forward]))).whole(), [
    'forward ActionTwoService.Call {"id":"t"}',
  ]);
  assert.deepEqual(await new Talk("unary").say(first(names.unary, groups([effect("x")]))).whole(), [
    'no case, effect ActionTwoService.Call {"id":"x"}',
  ]);
});

test("requests that stream: the first command is none (ACT-OPEN-004, ACT-REQ-003)", async () => {
  const talk = new Talk("client_streaming")
    .say(
      first(names.client_streaming, groups([reply("never")])),
      later(groups([reply("a")])),
      later(groups([reply("b")])),
    )
    .halfClose();
  assert.deepEqual(await talk.whole(), ['reply {"message":"b"}']);
});

test("responses that stream, a failure among them (ACT-FAIL-005)", async () => {
  const talk = new Talk("server_streaming").say(
    first(names.server_streaming, groups([reply("a")], [fail], [effect("x")], [reply("b")])),
  );
  assert.deepEqual(await talk.whole(), [
    'reply {"message":"a"}',
    "failure UNKNOWN no",
    'no case, effect ActionTwoService.Call {"id":"x"}',
    'reply {"message":"b"}',
  ]);
});

test("both stream: each request is answered before the next is sent", async () => {
  const talk = new Talk("bidi_streaming").say(first(names.bidi_streaming));
  for (const message of ["a", "b"]) {
    talk.say(later(groups([reply(message)])));
    assert.equal(show.response(await talk.hear()), `reply {"message":"${message}"}`);
  }
  talk.halfClose();
  assert.deepEqual(await talk.whole(), []);
});

test("what cannot be read refuses the call, whatever the handler makes of it (ACT-REQ-005)", async () => {
  const mild = action(Model)
    .call("processUnary", () => ({}))
    .call("processStreamedIn", async (_context, requests) => {
      try {
        for await (const request of requests) assert.ok(request);
      } catch {
        return { message: "never mind" };
      }
      return {};
    })
    .call("processStreamedOut", () => [])
    .call("processStreamed", () => []);
  const refused = /^failure INVALID_ARGUMENT .*\(ACT-REQ-005\)$/;
  for (const [shape, served] of [
    ["client_streaming", [mild]],
    ["bidi_streaming", undefined],
    ["client_streaming", undefined],
  ] as const) {
    const talk = new Talk(shape, served as unknown as AnyAction[]).say(first(names[shape]), later(undefined));
    assert.match((await talk.whole()).join(";"), refused);
  }
  for (const shape of ["unary", "server_streaming"] as const) {
    assert.match((await new Talk(shape).say(first(names[shape])).whole()).join(";"), refused);
  }
});

test("a method that takes an Any is given whatever came, and the Any in an Any (ACT-REQ-005)", async () => {
  const set = fromBinary(FileDescriptorSetSchema, fileSet([file_google_protobuf_any, file]));
  const proto = set.file.at(-1) ?? assert.fail();
  proto.dependency.push(file_google_protobuf_any.proto.name);
  const methods = proto.service.flatMap(({ method }) => method);
  const unary = methods.find(({ name }) => name === names.unary) ?? assert.fail();
  unary.inputType = `.${AnySchema.typeName}`;
  const service = createFileRegistry(set).getService(Model.typeName) ?? assert.fail();
  const takes = action(service as unknown as typeof Model).call("processUnary", (_context, request) => ({
    message: (request as unknown as Any).typeUrl,
  }));
  for (const [payload, answered] of [
    [groups(), 'reply {"message":"type.googleapis.com/stateward.tck.action.v1.ProcessRequest"}'],
    [create(AnySchema, { typeUrl: "p.cloudstate.io/bool" }), 'reply {"message":"p.cloudstate.io/bool"}'],
    [pack(AnySchema, { typeUrl: "x/y" }), 'reply {"message":"x/y"}'],
    [undefined, "failure INVALID_ARGUMENT there is no payload (ACT-REQ-005)"],
  ] as const) {
    const talk = new Talk("unary", [takes as unknown as AnyAction]).say(first(names.unary, payload));
    assert.deepEqual(await talk.whole(), [answered]);
  }
});

test("what cannot be handled is refused (ACT-CALL-004, ACT-OPEN-001)", async () => {
  const unknown = create(ActionCommandSchema, { serviceName: "x", name: "y" });
  for (const [command, reason] of [
    [unknown, 'no action "x"'],
    [first("Other"), `${Model.typeName} has no method "Other"`],
    [first(names.server_streaming), `${Model.typeName}.ProcessStreamedOut is streamed out, not unary`],
  ] as const) {
    assert.deepEqual(await new Talk("unary").say(command).whole(), [
      `failure UNIMPLEMENTED ${reason} (ACT-CALL-004)`,
    ]);
  }
  assert.deepEqual(await new Talk("bidi_streaming").halfClose().whole(), [
    "failure INVALID_ARGUMENT a call without a first command (ACT-OPEN-001)",
  ]);
});

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

test("a handler that waits is told of the end: the caller's, and the function's", async () => {
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

test("any commands, in any shape, end in responses that can be sent", async () => {
  const step = fc.constantFrom<Step>(reply("a"), effect("x"), fail, forward, { case: undefined } as never);
  const payload = fc.oneof(
    fc.constant(undefined),
    fc.array(fc.array(step, { maxLength: 3 }), { maxLength: 3 }).map((all) => groups(...all)),
    fc.uint8Array({ maxLength: 9 }).map((value) => ({ ...groups(), value })),
  );
  const command = fc
    .record({ name: fc.constantFrom(...Object.values(names), "Other"), payload })
    .map(({ name, payload }) => first(name, payload));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<Shape>(...(Object.keys(names) as Shape[])),
      fc.array(command, { maxLength: 5 }),
      async (shape, commands) => {
        const talk = new Talk(shape).say(...commands).halfClose();
        const said = await talk.whole();
        assert.ok(
          shape === "server_streaming" || shape === "bidi_streaming" || said.length === 1,
          said.join("; "),
        );
        assert.doesNotMatch(talk.logged, /defect/);
      },
    ),
    { numRuns: 300 },
  );
});
