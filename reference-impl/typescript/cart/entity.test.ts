// The cart as the proxy meets it.
import { create, type DescMethod, type MessageInitShape } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  GetCartResponseSchema,
  type LineItem,
  LineItemSchema,
  ShoppingCartService,
} from "../gen/stateward/samples/cart/v1/cart_pb.js";
import { ItemAddedSchema, ItemRemovedSchema } from "../gen/stateward/samples/cart/v1/events_pb.js";
import type { EventSourcedReply, HandleRequest } from "../gen/stateward/eventsourced/v1/eventsourced_pb.js";
import type { AnyEventSourced } from "../sdk/eventsourced/activation.js";
import { EventSourcedConversation } from "../sdk/eventsourced/conversation.js";
import { Code, pack, unpack } from "../sdk/index.js";
import * as says from "../sdk/sdktest/eventsourced.js";
import { TestSurroundings } from "../sdk/sdktest/surroundings.js";
import { cartEntity } from "./entity.js";

const service = ShoppingCartService.typeName;
const { addItem, removeItem, getCart } = ShoppingCartService.method;
const userId = "anna";

/** Speaks to one cart as the proxy does, and keeps count. */
class Shopper {
  readonly #stream = new EventSourcedConversation(
    new Map([[service, cartEntity as unknown as AnyEventSourced]]),
    new TestSurroundings(),
  );
  #id = 0n;

  /** A cart of which this is stored, init first. */
  static async of(...stored: HandleRequest[]): Promise<Shopper> {
    const shopper = new Shopper();
    for (const message of stored.length > 0 ? stored : [says.init(service, userId)]) {
      assert.deepEqual(await shopper.#stream.step(message), { answers: [], more: true });
    }
    return shopper;
  }

  async ask<M extends DescMethod>(
    method: M,
    request: MessageInitShape<M["input"]>,
  ): Promise<EventSourcedReply> {
    const payload = pack(method.input, request);
    const command = says.command({ entityId: userId, id: ++this.#id, name: method.name, payload });
    const { answers, more } = await this.#stream.step(command);
    const [answer, ...others] = answers;
    assert.ok(more && others.length === 0 && answer?.message.case === "reply");
    return answer.message.value;
  }

  add(productId: string, quantity: number): Promise<EventSourcedReply> {
    return this.ask(addItem, { userId, productId, name: productId, quantity });
  }

  remove(productId: string): Promise<EventSourcedReply> {
    return this.ask(removeItem, { userId, productId });
  }

  /** Checks what the cart holds. */
  async holds(...want: LineItem[]): Promise<void> {
    const { clientAction } = await this.ask(getCart, { userId });
    assert.ok(clientAction?.action.case === "reply");
    assert.deepEqual(unpack(GetCartResponseSchema, clientAction.action.value.payload).items, want);
  }
}

function item(productId: string, quantity: number, name = productId): LineItem {
  return create(LineItemSchema, { productId, name, quantity });
}

test("shopping", async () => {
  const anna = await Shopper.of();
  await anna.holds();
  assert.deepEqual((await anna.add("pear", 2)).events, [pack(ItemAddedSchema, { item: item("pear", 2) })]);
  await anna.add("apple", 1);
  await anna.add("pear", 3);
  await anna.holds(item("apple", 1), item("pear", 5));
  assert.deepEqual((await anna.remove("pear")).events, [pack(ItemRemovedSchema, { productId: "pear" })]);
  await anna.holds(item("apple", 1));
});

// What is refused emits nothing, and the cart is as it was.
test("refusals", async () => {
  const anna = await Shopper.of();
  await anna.add("apple", 1);
  for (const [answer, code] of [
    [anna.add("apple", 0), Code.INVALID_ARGUMENT],
    [anna.add("apple", -1), Code.INVALID_ARGUMENT],
    [anna.add("", 1), Code.INVALID_ARGUMENT],
    [anna.add("apple", 2 ** 31 - 1), Code.OUT_OF_RANGE],
    [anna.remove("pear"), Code.NOT_FOUND],
    [anna.remove(""), Code.NOT_FOUND],
  ] as const) {
    const { clientAction, events } = await answer;
    assert.ok(clientAction?.action.case === "failure");
    const { description, restart } = clientAction.action.value;
    assert.deepEqual([clientAction.action.value.code, restart, events], [code, false, []]);
    assert.notEqual(description, "");
  }
  await anna.holds(item("apple", 1));
});

// The hundredth event brings the whole cart along, from which the next activation begins.
test("snapshots", async () => {
  const anna = await Shopper.of();
  for (let n = 1; n < 100; n++) assert.equal((await anna.add("apple", 1)).snapshot, undefined, `event ${n}`);
  const { snapshot } = await anna.add("pear", 1);
  assert.ok(snapshot, "no snapshot with the hundredth event");
  assert.equal((await anna.add("pear", 1)).snapshot, undefined, "with the event after it");

  const later = says.event(101n, pack(ItemAddedSchema, { item: item("pear", 1, "Williams") }));
  const again = await Shopper.of(says.init(service, userId, [100n, snapshot]), later);
  await again.holds(item("apple", 99), item("pear", 2, "Williams"));
});

// Every mistake of the definition would be named here.
test("the definition has no mistake", () => {
  assert.deepEqual(cartEntity.mistakes(), []);
});
