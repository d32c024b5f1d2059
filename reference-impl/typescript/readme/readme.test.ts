// The code in README.md stands word for word in the cart and in the files here, and does what it says.
import { create } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { JoinRequestSchema, PresenceService } from "../gen/stateward/samples/presence/v1/presence_pb.js";
import {
  ChangeEmailRequestSchema,
  CustomerProfileService,
} from "../gen/stateward/samples/profile/v1/profile_pb.js";
import { ProfileSchema } from "../gen/stateward/samples/profile/v1/stored_pb.js";
import {
  TemperatureService,
  WatchRequestSchema,
  WatchResponseSchema,
} from "../gen/stateward/samples/temperature/v1/temperature_pb.js";
import { ActionCommandSchema } from "../gen/stateward/action/v1/action_pb.js";
import { cartEntity } from "../cart/entity.js";
import { later, Talk } from "../model/sdktest/action.js";
import { Code, pack, unpack, UserFunction } from "../sdk/index.js";
import type { AnyReplicated } from "../sdk/replicated/activation.js";
import { ReplicatedConversation } from "../sdk/replicated/conversation.js";
import * as room from "../sdk/sdktest/replicated.js";
import { TestSurroundings } from "../sdk/sdktest/surroundings.js";
import * as profile from "../sdk/sdktest/value.js";
import type { AnyValueEntity } from "../sdk/value/activation.js";
import { ValueConversation } from "../sdk/value/conversation.js";
import { profile as profileEntity } from "./profile.js";
import { room as roomEntity } from "./room.js";
import { temperature } from "./temperature.js";

test("every block is one of the files", () => {
  // This file runs as dist/readme/readme.test.js.
  const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const blocks = [...read("README.md").matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
  const files = ["cart/entity.ts", "readme/profile.ts", "readme/temperature.ts", "readme/room.ts"];
  const found = blocks.map((block) => files.find((file) => read(file).includes(`\n${block}`)));
  assert.deepEqual(found, files);
});

test("no block has a mistake", () => {
  const entities = [cartEntity, profileEntity, temperature, roomEntity];
  assert.doesNotThrow(() => new UserFunction({ name: "readme", version: "1", entities }));
});

test("the profile gets another address, where there is one", async () => {
  const service = CustomerProfileService.typeName;
  const payload = pack(ChangeEmailRequestSchema, { customerId: "c", email: "new@example.com" });
  const command = profile.command({ entityId: "c", id: 1n, name: "ChangeEmail", payload });
  const change = async (stored?: ReturnType<typeof pack>) => {
    const definitions = new Map([[service, profileEntity as unknown as AnyValueEntity]]);
    const stream = new ValueConversation(definitions, new TestSurroundings());
    await stream.step(profile.init(service, "c", stored));
    const [answer] = (await stream.step(command)).answers;
    assert.equal(answer?.message.case, "reply");
    return answer.message.value;
  };
  const { stateAction } = await change(pack(ProfileSchema, { name: "Ada", email: "old@example.com" }));
  assert.equal(stateAction?.action.case, "update");
  const { name, email } = unpack(ProfileSchema, stateAction.action.value.value);
  assert.deepEqual({ name, email }, { name: "Ada", email: "new@example.com" });
  const { clientAction } = await change();
  assert.equal(clientAction?.action.case, "failure");
  assert.equal(clientAction.action.value.code, Code.NOT_FOUND);
});

test("the temperature answers each reading, until the caller has half-closed", async () => {
  const reading = { temperature: { degrees: 21 } };
  const talk = new Talk("bidi_streaming", [temperature])
    .say(create(ActionCommandSchema, { serviceName: TemperatureService.typeName, name: "Watch" }))
    .say(later(pack(WatchRequestSchema, reading)))
    .halfClose();
  await talk.ended;
  const [first, ...others] = await talk.rest();
  assert.equal(others.length, 0);
  assert.equal(first?.response.case, "reply");
  assert.equal(unpack(WatchResponseSchema, first.response.value.payload).temperature?.degrees, 21);
});

test("who has joined the room is out of it once the call has ended", async () => {
  const service = PresenceService.typeName;
  const definitions = new Map([[service, roomEntity as unknown as AnyReplicated]]);
  const stream = new ReplicatedConversation(definitions, new TestSurroundings());
  await stream.step(room.init(service, "r"));
  const payload = pack(JoinRequestSchema, { roomId: "r", person: "Ada" });
  const [joined] = (await stream.step(room.command("r", 1n, "Join", payload, true))).answers;
  assert.equal(joined?.message.case, "reply");
  assert.equal(joined.message.value.stateAction?.action.case, "update");
  const [left] = (await stream.step(room.cancelled("r", 1n))).answers;
  assert.equal(left?.message.case, "streamCancelledResponse");
  assert.equal(left.message.value.stateAction?.action.case, "update");
});
