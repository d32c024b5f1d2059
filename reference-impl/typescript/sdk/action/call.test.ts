// Calls of an action, in each shape.
import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import {
  type Any,
  AnySchema,
  file_google_protobuf_any,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ActionCommandSchema } from "../../gen/stateward/action/v1/action_pb.js";
import {
  ActionTckModelService as Model,
  file_stateward_tck_action_v1_action as file,
} from "../../gen/stateward/tck/action/v1/action_pb.js";
import {
  type AnyAction,
  effect,
  fail,
  first,
  forward,
  groups,
  later,
  names,
  reply,
  show,
  type Step,
  Talk,
} from "../../model/sdktest/action.js";
import { fileSet } from "../discovery.js";
import { pack } from "../payload.js";
import { action } from "./action.js";
import type { Shape } from "./call.js";

test("one request, one response; effects go with it (ACT-ANSWER-001, ACT-ANSWER-002)", async () => {
  const talk = new Talk("unary").say(first(names.unary, groups([effect("x")], [reply("a"), reply("b")])));
  assert.deepEqual(await talk.whole(), ['reply {"message":"b"}, effect ActionTwoService.Call {"id":"x"}']);
});

test("a failure keeps its effects, and a forward answers (ACT-FAIL-001, ACT-ANSWER-009, FX-FAIL-002)", async () => {
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

test("both stream: each request is answered before the next is sent (ACT-END-002)", async () => {
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
    const talk = new Talk("unary", [takes]).say(first(names.unary, payload));
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
