// A Watch, on which both sides say how they are. (How it ends a function: serve.test.ts.)
import assert from "node:assert/strict";
import { test } from "node:test";
import { cartEntity } from "../cart/entity.js";
import { HealthStatus, LifecycleService } from "../gen/stateward/lifecycle/v1/lifecycle_pb.js";
import type { Config } from "./function.js";
import { Health } from "./health.js";
import { Code } from "./refusal.js";
import { Proxy } from "./sdktest/proxy.js";

const cart: Config = { name: "cart", version: "1", entities: [cartEntity] };

test("a watch hears of each change of health, and of what it may not say (LIFE-HEALTH-001, LIFE-WATCH-002)", async (t) => {
  const health = new Health();
  const proxy = await Proxy.start(t, { ...cart, health });
  const watch = proxy.call(LifecycleService.method.watch);
  await watch.exchange({ message: { case: "start", value: {} } });
  health.notServing("no database");
  const { message } = await watch.receive();
  assert.deepEqual(message.case === "health" && [message.value.status, message.value.reason], [
    HealthStatus.NOT_SERVING,
    "no database",
  ]);
  watch.send({ message: { case: "draining", value: { grace: 7n } } });
  watch.send({ message: { case: "start", value: {} } });
  assert.deepEqual(await watch.end(), {
    code: Code.INVALID_ARGUMENT,
    details: "a second start (LIFE-WATCH-002)",
  });
  assert.match(proxy.logged, /the proxy is going to stop" grace=7/);
  for (const first of [undefined, "draining"] as const) {
    const wrong = proxy.call(LifecycleService.method.watch);
    wrong.send({ message: first === undefined ? { case: first } : { case: first, value: {} } });
    assert.equal((await wrong.end()).code, Code.INVALID_ARGUMENT);
  }
});

test("a reason is cut at 1024 bytes of whole characters (LIFE-HEALTH-006)", () => {
  const health = new Health();
  health.notServing("é".repeat(600));
  assert.equal(health.notServingReason, "é".repeat(512));
  health.notServing("");
  assert.equal(health.notServingReason, "");
});
