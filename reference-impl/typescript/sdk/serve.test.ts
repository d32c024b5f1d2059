// A function that is served: what holds of its connections and commands, and how it ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Health as HealthService,
  HealthCheckResponse_ServingStatus as Status,
} from "../gen/grpc/health/v1/health_pb.js";
import { CancelReason } from "../gen/stateward/entity/v1/entity_pb.js";
import { EventSourcedService } from "../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import { HealthStatus, LifecycleService } from "../gen/stateward/lifecycle/v1/lifecycle_pb.js";
import { AddItemRequestSchema, ShoppingCartService } from "../gen/stateward/samples/cart/v1/cart_pb.js";
import { cartEntity } from "../cart/entity.js";
import { Capability } from "./capability.js";
import type { EventSourcedContext } from "./eventsourced/context.js";
import { eventSourced } from "./eventsourced/entity.js";
import type { Config } from "./function.js";
import { Health } from "./health.js";
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
  return { ...cart, entities: [entity], stopWithin: 60_000 };
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

test("a stream that is reset ends its command's signal, and the next one is served (CORE-STREAM-005)", async (t) => {
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
  const next = proxy.call(handle);
  next.send(init);
  assert.equal(failureOf(await next.exchange(command(1n, "Other")))?.slice(0, 2), "12");
});

test("it drains, and answers what is at hand (LIFE-DRAIN-001, LIFE-DRAIN-008)", async (t) => {
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
  assert.equal(draining.message.case === "draining" && draining.message.value.grace, 60_000n);
  watch.halfClose(); // a proxy that has taken its leave is not waited for, whatever is open
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

test("a code that is none is UNKNOWN", async (t) => {
  const proxy = await Proxy.start(
    t,
    cartThat(() => Promise.reject(new Refusal(77 as never, "odd \ud800"))),
  );
  const call = proxy.call(handle);
  call.send(init);
  assert.equal(failureOf(await call.exchange(command(1n, "AddItem"))), "2 odd \ufffd");
});
