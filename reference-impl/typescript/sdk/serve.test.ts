// A function that is served: what it says of itself, and how it ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { file_cloudstate_entity_key } from "../gen/cloudstate/entity_key_pb.js";
import {
  Health as HealthService,
  HealthCheckResponse_ServingStatus as Status,
} from "../gen/grpc/health/v1/health_pb.js";
import { DiscoveryService, Severity } from "../gen/stateward/discovery/v1/discovery_pb.js";
import { CancelReason } from "../gen/stateward/entity/v1/entity_pb.js";
import { EventSourcedService } from "../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import { HealthStatus, LifecycleService } from "../gen/stateward/lifecycle/v1/lifecycle_pb.js";
import { AddItemRequestSchema, ShoppingCartService } from "../gen/stateward/samples/cart/v1/cart_pb.js";
import { cartEntity } from "../cart/entity.js";
import { Capability, capabilities } from "./capability.js";
import type { EventSourcedContext } from "./eventsourced/context.js";
import { eventSourced } from "./eventsourced/entity.js";
import type { Config } from "./function.js";
import { Health } from "./health.js";
import { Metadata } from "./metadata.js";
import { pack } from "./payload.js";
import { Code, Refusal } from "./refusal.js";
import { Proxy } from "./sdktest/proxy.js";

const cart: Config = { name: "cart", version: "1", entities: [cartEntity] };
const handle = EventSourcedService.method.handle;

/** A cart whose AddItem does this, and nothing else. */
function cartThat(addItem: (context: EventSourcedContext<never>) => Promise<object>): Config {
  const entity = eventSourced(ShoppingCartService, "cart", () => undefined)
    .command("addItem", addItem)
    .command("removeItem", () => ({}))
    .command("getCart", () => ({}));
  return { ...cart, entities: [entity], stopWithin: 1000 };
}

const init = {
  message: { case: "init", value: { serviceName: ShoppingCartService.typeName, entityId: "e" } },
} as const;
const command = (id: bigint, name: string, timeout = 0n) =>
  ({
    message: {
      case: "command",
      value: {
        entityId: "e",
        id,
        name,
        timeout,
        payload: pack(AddItemRequestSchema, { productId: "p", quantity: 1 }),
      },
    },
  }) as const;

test("discovery gives the same answer every time, with descriptors that are complete (DISC-CALL-001, DISC-DESC-001)", async (t) => {
  const proxy = await Proxy.start(t, cart);
  const spec = await proxy.announce();
  assert.deepEqual(await proxy.announce(Capability.CANCEL), spec);
  const { file } = fromBinary(FileDescriptorSetSchema, spec.proto);
  const seen = new Set<string>();
  for (const { name, dependency } of file) {
    for (const needed of dependency) assert.ok(seen.has(needed), `${needed} stands behind ${name}`);
    assert.ok(!seen.has(name), `${name} stands twice`);
    seen.add(name);
  }
  assert.ok(seen.has("stateward/samples/cart/v1/events.proto"), "what is stored is there");
  assert.ok(seen.has(file_cloudstate_entity_key.proto.name));
  const addItem = file.find(({ name }) => name === "stateward/samples/cart/v1/cart.proto")?.service[0]
    ?.method[0];
  assert.equal(addItem?.options?.$unknown?.[0]?.no, 72295728, "the HTTP annotations are there");
  assert.deepEqual(spec.serviceInfo?.capabilities, [...capabilities]);
  assert.deepEqual(
    spec.entities.map(({ persistenceId }) => persistenceId),
    ["shopping-cart"],
  );
  assert.match(
    proxy.logged,
    /does not support this kind of entity \(DISC-ENT-001\)" service=\S+ShoppingCartService/,
  );
});

test("reports go to the log, as loud as they were meant (DISC-REPORT-001, DISC-REPORT-005)", async (t) => {
  const proxy = await Proxy.start(t, cart);
  await proxy.ask(DiscoveryService.method.reportError, {
    message: "loud",
    code: "X-1",
    sourceLocations: [{ file: "f", line: 2, column: 3, symbol: "s" }],
  });
  await proxy.ask(DiscoveryService.method.reportError, { message: "soft", severity: Severity.WARNING });
  assert.match(proxy.logged, /level=ERROR msg="the proxy reports: loud" code=X-1 .* at="f:2:3 s"/);
  assert.match(proxy.logged, /level=WARN msg="the proxy reports: soft"/);
});

test("health is that of the whole function", async (t) => {
  const health = new Health();
  const proxy = await Proxy.start(t, { ...cart, health });
  const check = HealthService.method.check;
  assert.equal((await proxy.ask(check, {})).status, Status.SERVING);
  health.notServing("no database");
  assert.equal((await proxy.ask(check, {})).status, Status.NOT_SERVING);
  const call = proxy.call(check);
  call.send({ service: "x" });
  assert.equal((await call.end()).code, Code.NOT_FOUND);
});

test("what one connection announces holds there alone (DISC-CAP-005)", async (t) => {
  const seen: string[] = [];
  const proxy = await Proxy.start(
    t,
    cartThat((context) => {
      try {
        context.delete();
        seen.push("deletes");
      } catch (error) {
        seen.push(String(error));
      }
      return Promise.resolve({});
    }),
  );
  const ask = async (): Promise<void> => {
    const call = proxy.call(handle);
    call.send(init);
    await call.exchange(command(1n, "AddItem"));
    call.halfClose();
    assert.equal((await call.end()).code, 0);
  };
  await proxy.announce(Capability.EVENT_SOURCED_DELETE);
  await ask();
  proxy.connect();
  await ask();
  await proxy.announce();
  await ask();
  assert.deepEqual(seen, [
    "deletes",
    ...Array<string>(2).fill("Refusal: the proxy deletes no event sourced entities (DISC-CAP-006)"),
  ]);
});

test("a cancel ends the command's signal, and the command is answered all the same (CORE-CANCEL-002)", async (t) => {
  const proxy = await Proxy.start(t, cartThat(untilAborted));
  const call = proxy.call(handle);
  call.send(init);
  call.send({ message: { case: "cancel", value: { commandId: 1n } } }); // of none that came (CORE-CANCEL-004)
  call.send(command(1n, "AddItem"));
  call.send({ message: { case: "cancel", value: { commandId: 1n, reason: CancelReason.CALLER_GONE } } });
  assert.equal(failureOf(await call.receive()), "1 nobody waits for the answer any more");
  assert.equal(
    failureOf(await call.exchange(command(2n, "AddItem", 1n))),
    "4 the caller's deadline has passed",
  );
  assert.equal(failureOf(await call.exchange(command(3n, "Other")))?.slice(0, 2), "12");
});

/** Waits until nobody waits for the command. */
async function untilAborted({ signal }: EventSourcedContext<never>): Promise<never> {
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  throw signal.reason;
}

/** The code and text of the failure that a reply is. */
function failureOf({
  message,
}: {
  message: { case?: string | undefined; value?: unknown };
}): string | undefined {
  assert.equal(message.case, "reply");
  const { clientAction } = message.value as {
    clientAction: { action: { case: string; value: { code: number; description: string } } };
  };
  return clientAction.action.case === "failure"
    ? `${clientAction.action.value.code} ${clientAction.action.value.description}`
    : undefined;
}

test("a stream that is reset ends its command's signal", async (t) => {
  let ended: (reason: unknown) => void;
  const reason = new Promise((resolve) => (ended = resolve));
  let begun: () => void;
  const began = new Promise<void>((resolve) => (begun = resolve));
  const proxy = await Proxy.start(
    t,
    cartThat(async (context) => {
      begun();
      return untilAborted(context).catch((error: unknown) => {
        ended(error);
        throw error;
      });
    }),
  );
  const call = proxy.call(handle);
  call.send(init);
  call.send(command(1n, "AddItem"));
  await began;
  call.reset();
  assert.equal(String(await reason), "Refusal: the stream is over");
});

test("it drains, answers what is at hand, and ends each stream (LIFE-DRAIN-001, LIFE-DRAIN-008)", async (t) => {
  let release: () => void = () => undefined;
  let begun: () => void;
  const began = new Promise<void>((resolve) => (begun = resolve));
  const proxy = await Proxy.start(
    t,
    cartThat(async (context) => {
      context.replyMetadata.append("x-late", "yes");
      begun();
      await new Promise<void>((resolve) => (release = resolve));
      return {};
    }),
  );
  const watch = proxy.call(LifecycleService.method.watch);
  const health = await watch.exchange({ message: { case: "start", value: {} } });
  assert.equal(health.message.case === "health" && health.message.value.status, HealthStatus.SERVING);
  const call = proxy.call(handle);
  call.send(init);
  call.send(command(1n, "AddItem"));
  await began;
  proxy.tellToStop();
  const draining = await watch.receive();
  assert.equal(draining.message.case === "draining" && draining.message.value.grace, 1000n);
  watch.halfClose();
  assert.equal((await watch.end()).code, Code.OK);
  release();
  const { message } = await call.receive();
  assert.equal(message.case === "reply" && message.value.clientAction?.action.case, "reply");
  assert.deepEqual(await call.end(), { code: Code.UNAVAILABLE, details: "the function is stopping" });
});

test("a handler that never ends is left behind, and that is said", async () => {
  let begun: () => void;
  const began = new Promise<void>((resolve) => (begun = resolve));
  const proxy = await Proxy.start(
    { after: () => undefined },
    { ...cartThat(() => new Promise(() => begun())), stopWithin: 20 },
  );
  const call = proxy.call(handle);
  call.send(init);
  call.send(command(1n, "AddItem"));
  await began;
  await assert.rejects(proxy.stop(), /stopped with commands still being handled after 20 ms/);
});

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

test("metadata", () => {
  const metadata = new Metadata([
    ["a", "1"],
    ["a", "2"],
    ["b-bin", Uint8Array.of(0xff)],
  ]);
  assert.deepEqual(
    [metadata.get("A"), metadata.getAll("a"), metadata.get("c"), metadata.size],
    ["1", ["1", "2"], undefined, 3],
  );
  assert.deepEqual([...Metadata.of(metadata.toMessage())], [...metadata]);
  assert.equal(new Metadata().toMessage(), undefined);
  for (const [key, value] of [
    ["A", "1"],
    ["", "1"],
    ["a b", "1"],
    ["a", "\ud800"],
    ["a-bin", "1"],
    ["a", Uint8Array.of(1)],
  ] as const) {
    assert.throws(() => metadata.append(key, value), TypeError);
  }
});

test("a code that is none is UNKNOWN", async (t) => {
  const proxy = await Proxy.start(
    t,
    cartThat(() => Promise.reject(new Refusal(77 as never, "odd \ud800"))),
  );
  const call = proxy.call(handle);
  call.send(init);
  assert.equal(failureOf(await call.exchange(command(1n, "AddItem"))), "2 odd \ufffd");
});
