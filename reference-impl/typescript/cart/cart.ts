import { create } from "@bufbuild/protobuf";
import type { LineItem } from "../gen/stateward/samples/cart/v1/cart_pb.js";
import { LineItemSchema } from "../gen/stateward/samples/cart/v1/cart_pb.js";
import {
  type CartSnapshot,
  CartSnapshotSchema,
  type ItemAdded,
  ItemAddedSchema,
  type ItemRemoved,
  ItemRemovedSchema,
} from "../gen/stateward/samples/cart/v1/events_pb.js";

/** Why a cart refuses. */
export type Reason = "no product" | "quantity" | "too many" | "missing";

/** What a cart refuses. */
export class CartError extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The most of one product that a cart holds. */
const most = 2 ** 31 - 1;

/** One product in a cart. */
interface Line {
  readonly name: string;
  readonly quantity: number; // at least 1
}

/**
 * What one user has put together. It knows nothing of proxies and streams: methods that
 * decide read it and return an event, or throw a {@link CartError}; methods that apply one
 * change it and decide nothing.
 */
export class Cart {
  readonly #lines = new Map<string, Line>(); // by product id

  /** Decides whether so many of the product can be put into the cart. */
  add(productId: string, name: string, quantity: number): ItemAdded {
    if (productId === "") throw new CartError("no product", "a product needs an id");
    if (quantity < 1) throw new CartError("quantity", "the quantity must be at least 1");
    if (quantity > most - this.#quantity(productId)) {
      throw new CartError("too many", "the cart cannot hold so many of one product");
    }
    return create(ItemAddedSchema, { item: { productId, name, quantity } });
  }

  /** Decides whether the product can be taken out of the cart. */
  remove(productId: string): ItemRemoved {
    if (!this.#lines.has(productId)) throw new CartError("missing", "the product is not in the cart");
    return create(ItemRemovedSchema, { productId });
  }

  /** Applies that items were put into the cart. A product goes by the name that it was last given. */
  added({ item = create(LineItemSchema) }: ItemAdded): void {
    const { productId, name, quantity } = item;
    this.#lines.set(productId, { name, quantity: this.#quantity(productId) + quantity });
  }

  /** Applies that a product was taken out of the cart. */
  removed({ productId }: ItemRemoved): void {
    this.#lines.delete(productId);
  }

  /** The lines, ordered by product; new ones with each call. */
  items(): LineItem[] {
    return [...this.#lines]
      .map(([productId, line]) => create(LineItemSchema, { productId, ...line }))
      .sort((a, b) => Buffer.compare(Buffer.from(a.productId), Buffer.from(b.productId)));
  }

  /** The whole cart. */
  save(): CartSnapshot {
    return create(CartSnapshotSchema, { items: this.items() });
  }

  /** Brings a new cart to what was saved. */
  restore({ items }: CartSnapshot): void {
    for (const { productId, name, quantity } of items) this.#lines.set(productId, { name, quantity });
  }

  /** How many of the product are in the cart. */
  #quantity(productId: string): number {
    return this.#lines.get(productId)?.quantity ?? 0;
  }
}
