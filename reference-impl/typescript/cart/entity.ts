import { ShoppingCartService } from "../gen/stateward/samples/cart/v1/cart_pb.js";
import {
  CartSnapshotSchema,
  ItemAddedSchema,
  ItemRemovedSchema,
} from "../gen/stateward/samples/cart/v1/events_pb.js";
import { Code, eventSourced, Refusal } from "../sdk/index.js";
import { Cart, CartError, type Reason } from "./cart.js";

/** After how many events a cart is saved whole. */
const snapshotEvery = 100;

/** The codes that callers act on. */
const codes: Readonly<Record<Reason, Code>> = {
  "no product": Code.INVALID_ARGUMENT,
  quantity: Code.INVALID_ARGUMENT,
  "too many": Code.OUT_OF_RANGE,
  missing: Code.NOT_FOUND,
};

/** Binds the domain to the protos: which event does what, which command decides what. */
export const cartEntity = eventSourced(ShoppingCartService, "shopping-cart", () => new Cart())
  .snapshot(
    CartSnapshotSchema,
    snapshotEvery,
    (cart) => cart.save(),
    (cart, saved) => cart.restore(saved),
  )
  .event(ItemAddedSchema, (cart, event) => cart.added(event))
  .event(ItemRemovedSchema, (cart, event) => cart.removed(event))
  .command("addItem", (context, cart, { productId, name, quantity }) => {
    context.emit(decide(() => cart.add(productId, name, quantity)));
    return {};
  })
  .command("removeItem", (context, cart, { productId }) => {
    context.emit(decide(() => cart.remove(productId)));
    return {};
  })
  .command("getCart", (_context, cart) => ({ items: cart.items() }));

/** What the domain decides; its refusal gets the code that callers act on. */
function decide<Event>(decision: () => Event): Event {
  try {
    return decision();
  } catch (error) {
    if (error instanceof CartError) throw new Refusal(codes[error.reason], error.message);
    throw error;
  }
}
