// The cart: the domain alone, and behind the protocol.
import { create, equals, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AddItemRequestSchema,
  file_stateward_samples_cart_v1_cart as cartFile,
  GetCartRequestSchema,
  RemoveItemRequestSchema,
  ShoppingCartService,
} from "../gen/stateward/samples/cart/v1/cart_pb.js";
import {
  CartSnapshotSchema,
  file_stateward_samples_cart_v1_events as eventsFile,
  type ItemAdded,
  ItemAddedSchema,
} from "../gen/stateward/samples/cart/v1/events_pb.js";
import { pack } from "../sdk/index.js";
import type { AnyEventSourced } from "../sdk/eventsourced/activation.js";
import { EventSourcedConversation } from "../sdk/eventsourced/conversation.js";
import * as says from "../sdk/sdktest/eventsourced.js";
import { Show } from "../sdk/sdktest/show.js";
import { TestSurroundings } from "../sdk/sdktest/surroundings.js";
import { Cart } from "./cart.js";
import { cartEntity } from "./entity.js";

const most = 2 ** 31 - 1;
const item = (productId: string, quantity: number): ItemAdded =>
  create(ItemAddedSchema, { item: { productId, name: productId, quantity } });

/** A cart to which these were added. */
function cartOf(...items: ItemAdded[]): Cart {
  const cart = new Cart();
  for (const added of items) cart.added(added);
  return cart;
}

for (const [name, cart, product, quantity, refused] of [
  ["the first", cartOf(), "apple", 1, undefined],
  ["more of it", cartOf(item("apple", 2)), "apple", 3, undefined],
  ["as many as there are", cartOf(), "apple", most, undefined],
  ["up to the brim", cartOf(item("apple", 1)), "apple", most - 1, undefined],
  ["one too many", cartOf(item("apple", 1)), "apple", most, "too many"],
  ["another beside a lot", cartOf(item("apple", most)), "pear", 1, undefined],
  ["none", cartOf(), "apple", 0, "quantity"],
  ["less than none", cartOf(item("apple", 5)), "apple", -1, "quantity"],
  ["no product", cartOf(), "", 1, "no product"],
] as const) {
  test(`adding ${name}`, () => {
    const before = cart.save();
    if (refused === undefined)
      assert.deepEqual(cart.add(product, product, quantity), item(product, quantity));
    else assert.throws(() => cart.add(product, product, quantity), { reason: refused });
    assert.deepEqual(cart.save(), before, "deciding changes nothing");
  });
}

test("removing", () => {
  const cart = cartOf(item("pear", 1), item("apple", 2));
  assert.throws(() => cart.remove("plum"), { reason: "missing" });
  cart.removed(cart.remove("apple"));
  assert.deepEqual(
    cart.items().map(({ productId }) => productId),
    ["pear"],
  );
  assert.throws(() => cart.remove("apple"), { reason: "missing" });
});

test("what is saved is restored, in the order of products", () => {
  const added = fc.tuple(fc.string({ unit: "binary", maxLength: 3 }), fc.integer({ min: 1, max: 9 }));
  fc.assert(
    fc.property(fc.array(added), (all) => {
      const cart = cartOf(...all.map(([product, quantity]) => item(product, quantity)));
      const again = new Cart();
      again.restore(cart.save());
      assert.ok(equals(CartSnapshotSchema, again.save(), cart.save()));
      const keys = cart.items().map(({ productId }) => Buffer.from(productId));
      assert.ok(keys.every((key, i) => i === 0 || Buffer.compare(keys[i - 1] ?? key, key) < 0));
    }),
  );
});

const show = new Show(cartFile, eventsFile);

/** Speaks to one cart as the proxy does, and keeps count. */
class Shopper {
  readonly #stream = new EventSourcedConversation(
    new Map([[ShoppingCartService.typeName, cartEntity as unknown as AnyEventSourced]]),
    new TestSurroundings(),
  );
  #id = 0n;

  async say(request: ReturnType<typeof says.init>): Promise<string> {
    return (await this.#stream.step(request)).answers.map(show.eventSourced).join("; ");
  }

  async ask(name: string, payload: ReturnType<typeof pack>): Promise<string> {
    this.#id++;
    const said = await this.say(says.command({ entityId: "anna", id: this.#id, name, payload }));
    return said.replace(`${this.#id} `, "");
  }

  add(productId: string, quantity = 1): Promise<string> {
    return this.ask(
      "AddItem",
      pack(AddItemRequestSchema, { userId: "anna", productId, name: productId, quantity }),
    );
  }

  remove(productId: string): Promise<string> {
    return this.ask("RemoveItem", pack(RemoveItemRequestSchema, { userId: "anna", productId }));
  }

  get(): Promise<string> {
    return this.ask("GetCart", pack(GetCartRequestSchema, { userId: "anna" }));
  }
}

const init = says.init(ShoppingCartService.typeName, "anna");

test("shopping", async () => {
  const shopper = new Shopper();
  await shopper.say(init);
  assert.equal(await shopper.get(), "reply {}");
  assert.equal(
    await shopper.add("pear", 2),
    'reply {}, event {"item":{"productId":"pear","name":"pear","quantity":2}}',
  );
  await shopper.add("apple");
  await shopper.add("pear", 3);
  const [apple, pear] = ["apple", "pear"].map((id, i) =>
    JSON.stringify({ productId: id, name: id, quantity: i * 4 + 1 }),
  );
  assert.equal(await shopper.get(), `reply {"items":[${apple},${pear}]}`);
  assert.equal(await shopper.remove("pear"), 'reply {}, event {"productId":"pear"}');
  assert.equal(await shopper.get(), `reply {"items":[${apple}]}`);
});

test("what is refused emits nothing, and has the code that callers act on", async () => {
  const shopper = new Shopper();
  await shopper.say(init);
  await shopper.add("apple");
  assert.equal(await shopper.add("apple", 0), "failure INVALID_ARGUMENT the quantity must be at least 1");
  assert.equal(await shopper.add(""), "failure INVALID_ARGUMENT a product needs an id");
  assert.equal(
    await shopper.add("apple", most),
    "failure OUT_OF_RANGE the cart cannot hold so many of one product",
  );
  assert.equal(await shopper.remove("pear"), "failure NOT_FOUND the product is not in the cart");
  assert.match(await shopper.get(), /"quantity":1\}/);
});

test("the hundredth event brings the whole cart along, from which the next activation begins", async () => {
  const shopper = new Shopper();
  await shopper.say(init);
  for (let n = 1; n < 100; n++) assert.doesNotMatch(await shopper.add("apple"), /snapshot/);
  const snapshot = cartOf(item("apple", 99), item("pear", 1)).save();
  assert.match(
    await shopper.add("pear"),
    new RegExp(
      `snapshot ${JSON.stringify(toJson(CartSnapshotSchema, snapshot)).replace(/[[\]{}]/g, "\\$&")}$`,
    ),
  );
  assert.doesNotMatch(await shopper.add("pear"), /snapshot/);
  const again = new Shopper();
  await again.say(
    says.init(ShoppingCartService.typeName, "anna", [100n, pack(CartSnapshotSchema, snapshot)]),
  );
  await again.say(says.event(101n, pack(ItemAddedSchema, item("pear", 1))));
  assert.match(
    await again.get(),
    /"apple","quantity":99\},\{"productId":"pear","name":"pear","quantity":2\}/,
  );
});
