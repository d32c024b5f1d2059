import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { type LineItem, LineItemSchema } from "../gen/stateward/samples/cart/v1/cart_pb.js";
import {
  type ItemAdded,
  ItemAddedSchema,
  type ItemRemoved,
  ItemRemovedSchema,
} from "../gen/stateward/samples/cart/v1/events_pb.js";
import { Cart, CartError, type Reason } from "./cart.js";

function item(productId: string, name: string, quantity: number): LineItem {
  return create(LineItemSchema, { productId, name, quantity });
}

/** A cart to which these were added. */
function cartOf(...items: LineItem[]): Cart {
  const cart = new Cart();
  for (const item of items) cart.added(create(ItemAddedSchema, { item }));
  return cart;
}

function refuses(reason: Reason): (error: unknown) => boolean {
  return (error) => error instanceof CartError && error.reason === reason && error.message !== "";
}

const most = 2 ** 31 - 1;

for (const [name, cart, product, quantity, reason] of [
  ["the first", cartOf(), "apple", 1],
  ["more of it", cartOf(item("apple", "Apple", 2)), "apple", 3],
  ["as many as there are", cartOf(), "apple", most],
  ["up to the brim", cartOf(item("apple", "Apple", 1)), "apple", most - 1],
  ["one too many", cartOf(item("apple", "Apple", 1)), "apple", most, "too many"],
  ["another beside a lot", cartOf(item("apple", "Apple", most)), "pear", 1],
  ["none", cartOf(), "apple", 0, "quantity"],
  ["less than none", cartOf(item("apple", "Apple", 5)), "apple", -1, "quantity"],
  ["the least that there is", cartOf(item("apple", "Apple", 5)), "apple", -most - 1, "quantity"],
  ["no product", cartOf(), "", 1, "no product"],
] as [string, Cart, string, number, Reason?][]) {
  test(`add: ${name}`, () => {
    const before = cart.save();
    if (reason === undefined) {
      assert.deepEqual(cart.add(product, "Name", quantity).item, item(product, "Name", quantity));
    } else {
      assert.throws(() => cart.add(product, "Name", quantity), refuses(reason));
    }
    assert.deepEqual(cart.save(), before, "deciding has changed the cart");
  });
}

test("remove", () => {
  const cart = cartOf(item("apple", "Apple", 2), item("pear", "Pear", 1));
  assert.throws(() => cart.remove("plum"), refuses("missing"));
  cart.removed(cart.remove("apple"));
  assert.deepEqual(cart.items(), [item("pear", "Pear", 1)]);
  assert.throws(() => cart.remove("apple"), refuses("missing"));
});

test("items are ordered, and added up", () => {
  const cart = cartOf(item("pear", "Pear", 1), item("apple", "Apple", 2), item("pear", "Williams", 3));
  assert.deepEqual(cart.items(), [item("apple", "Apple", 2), item("pear", "Williams", 4)]);
});

test("items are ordered by code point", () => {
  // In UTF-16 the second, which is a surrogate pair, comes first.
  const [tilde, apple] = [item("\uff5e", "Fullwidth tilde", 1), item("\u{1f34e}", "Red apple", 1)];
  assert.deepEqual(cartOf(apple, tilde).items(), [tilde, apple]);
});

// A cart that was saved at any point, and given the later events, is the cart that was given
// all of them.
test("a snapshot, then events, is events", () => {
  const product = fc.constantFrom("apple", "pear", "plum");
  const added = fc
    .tuple(product, fc.string(), fc.integer({ min: 1, max: 9 }))
    .map((line) => create(ItemAddedSchema, { item: item(...line) }));
  const removed = product.map((productId) => create(ItemRemovedSchema, { productId }));
  fc.assert(
    fc.property(fc.array(fc.oneof(added, removed)), fc.nat(), (events, at) => {
      const cut = at % (events.length + 1);
      const [whole, early, restored] = [new Cart(), new Cart(), new Cart()];
      apply(whole, events);
      apply(early, events.slice(0, cut));
      restored.restore(early.save());
      apply(restored, events.slice(cut));
      assert.deepEqual(restored.save(), whole.save());
    }),
  );
});

function apply(cart: Cart, events: readonly (ItemAdded | ItemRemoved)[]): void {
  for (const event of events) {
    if ("item" in event) cart.added(event);
    else cart.removed(event as ItemRemoved);
  }
}
