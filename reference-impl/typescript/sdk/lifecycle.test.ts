// A Watch, on which both sides say how they are and take their leave.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cartEntity } from "../cart/entity.js";
import { EventSourcedService } from "../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import {
  HealthStatus,
  LifecycleService,
  type WatchResponse,
} from "../gen/stateward/lifecycle/v1/lifecycle_pb.js";
import { GetCartRequestSchema, ShoppingCartService } from "../gen/stateward/samples/cart/v1/cart_pb.js";
import type { Config } from "./function.js";
import { Health } from "./health.js";
import { pack } from "./payload.js";
import { Code } from "./refusal.js";
import { Proxy } from "./sdktest/proxy.js";

const cart: Config = { name: "cart", version: "1", entities: [cartEntity] };
const watching = LifecycleService.method.watch;
const start = { message: { case: "start", value: {} } } as const;

/** How what is still open ends when the function does. */
const stopping = { code: Code.UNAVAILABLE, details: "the function is stopping" };

/** The grace that a function states which drains. */
function graceOf({ message }: WatchResponse): bigint {
  return message.case === "draining" ? message.value.grace : assert.fail(`not draining but ${message.case}`);
}

/** Opens the stream of a cart; each call of what is returned gets the cart, or fails. */
function openCart(proxy: Proxy) {
  const call = proxy.call(EventSourcedService.method.handle);
  const serviceName = ShoppingCartService.typeName;
  call.send({ message: { case: "init", value: { serviceName, entityId: "e" } } });
  let id = 0n;
  const get = async (): Promise<void> => {
    const payload = pack(GetCartRequestSchema, { userId: "e" });
    const value = { entityId: "e", id: ++id, name: "GetCart", payload };
    const { message } = await call.exchange({ message: { case: "command", value } });
    assert.equal(message.case === "reply" && message.value.clientAction?.action.case, "reply");
  };
  return { call, get };
}

test("a watch hears of each change of health, and of what it may not say (LIFE-HEALTH-001, LIFE-WATCH-002)", async (t) => {
  const health = new Health();
  const proxy = await Proxy.start(t, { ...cart, health });
  const watch = proxy.call(watching);
  await watch.exchange(start);
  health.notServing("no database");
  const { message } = await watch.receive();
  assert.deepEqual(message.case === "health" && [message.value.status, message.value.reason], [
    HealthStatus.NOT_SERVING,
    "no database",
  ]);
  watch.send({ message: { case: "draining", value: { grace: 7n } } });
  watch.send(start);
  assert.deepEqual(await watch.end(), {
    code: Code.INVALID_ARGUMENT,
    details: "a second start (LIFE-WATCH-002)",
  });
  assert.match(proxy.logged, /the proxy is going to stop" grace=7/);
  for (const first of [undefined, "draining"] as const) {
    const wrong = proxy.call(watching);
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

test("a watch that breaks ends no drain: its connection is served on (LIFE-DRAIN-001, LIFE-WATCH-011)", async (t) => {
  const proxy = await Proxy.start(t, { ...cart, stopWithin: 60_000 });
  const { call, get } = openCart(proxy);
  const watch = proxy.call(watching);
  await watch.exchange(start);
  proxy.tellToStop();
  assert.equal(graceOf(await watch.receive()), 60_000n);
  watch.send(start); // a second one breaks it (LIFE-WATCH-002)
  assert.equal((await watch.end()).code, Code.INVALID_ARGUMENT);
  await get();
  const again = proxy.call(watching);
  assert.equal((await again.exchange(start)).message.case, "health"); // LIFE-WATCH-007
  const left = graceOf(await again.receive());
  assert.ok(left > 0n && left <= 60_000n, `${left} ms are left of 60000`);
  again.halfClose(); // which releases the function, long before the grace has passed
  assert.equal((await again.end()).code, Code.OK); // LIFE-DRAIN-008
  await proxy.stop();
  assert.deepEqual(await call.end(), stopping);
});

test(
  "a drain ends when no connection is left that was told of it (LIFE-DRAIN-009)",
  { timeout: 10_000 },
  async (t) => {
    const proxy = await Proxy.start(t, { ...cart, stopWithin: 20_000 });
    const watch = proxy.call(watching);
    await watch.exchange(start);
    proxy.tellToStop();
    await watch.receive();
    watch.send(start);
    assert.equal((await watch.end()).code, Code.INVALID_ARGUMENT);
    proxy.disconnect();
    await proxy.stop();
  },
);

test("once the grace has passed, what is left is ended (LIFE-DRAIN-001)", async (t) => {
  const proxy = await Proxy.start(t, { ...cart, stopWithin: 1000 });
  const { call, get } = openCart(proxy);
  await get();
  const watch = proxy.call(watching);
  await watch.exchange(start);
  proxy.tellToStop();
  await watch.receive();
  assert.deepEqual(await call.end(), stopping);
  assert.deepEqual(await watch.end(), stopping);
});
