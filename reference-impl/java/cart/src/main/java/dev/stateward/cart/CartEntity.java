package dev.stateward.cart;

import dev.stateward.samples.cart.v1.AddItemRequest;
import dev.stateward.samples.cart.v1.AddItemResponse;
import dev.stateward.samples.cart.v1.CartSnapshot;
import dev.stateward.samples.cart.v1.GetCartRequest;
import dev.stateward.samples.cart.v1.GetCartResponse;
import dev.stateward.samples.cart.v1.ItemAdded;
import dev.stateward.samples.cart.v1.ItemRemoved;
import dev.stateward.samples.cart.v1.RemoveItemRequest;
import dev.stateward.samples.cart.v1.RemoveItemResponse;
import dev.stateward.samples.cart.v1.ShoppingCartServiceGrpc;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.eventsourced.EventSourcedContext;
import dev.stateward.sdk.eventsourced.EventSourcedEntity;
import io.grpc.Status;
import java.util.function.Supplier;

/** Binds the domain to the protos: which event does what, which command decides what. */
final class CartEntity {
  /** After how many events a cart is saved whole. */
  private static final int SNAPSHOT_EVERY = 100;

  private CartEntity() {}

  static EventSourcedEntity<Cart> definition() {
    return EventSourcedEntity.of(
            ShoppingCartServiceGrpc.getServiceDescriptor(), "shopping-cart", user -> new Cart())
        .snapshot(SNAPSHOT_EVERY, CartSnapshot.class, Cart::save, Cart::restore)
        .apply(ItemAdded.class, Cart::added)
        .apply(ItemRemoved.class, Cart::removed)
        .handle(ShoppingCartServiceGrpc.getAddItemMethod(), CartEntity::addItem)
        .handle(ShoppingCartServiceGrpc.getRemoveItemMethod(), CartEntity::removeItem)
        .handle(ShoppingCartServiceGrpc.getGetCartMethod(), CartEntity::getCart);
  }

  private static AddItemResponse addItem(
      EventSourcedContext context, Cart cart, AddItemRequest request) {
    context.emit(
        decided(() -> cart.add(request.getProductId(), request.getName(), request.getQuantity())));
    return AddItemResponse.getDefaultInstance();
  }

  private static RemoveItemResponse removeItem(
      EventSourcedContext context, Cart cart, RemoveItemRequest request) {
    context.emit(decided(() -> cart.remove(request.getProductId())));
    return RemoveItemResponse.getDefaultInstance();
  }

  private static GetCartResponse getCart(
      EventSourcedContext context, Cart cart, GetCartRequest request) {
    return GetCartResponse.newBuilder().addAllItems(cart.items()).build();
  }

  /** Returns what the domain decides, and gives its refusal the code that callers act on. */
  private static <E> E decided(Supplier<E> decision) {
    try {
      return decision.get();
    } catch (Cart.Refused refused) {
      Status.Code code =
          switch (refused.reason()) {
            case NO_PRODUCT, QUANTITY -> Status.Code.INVALID_ARGUMENT;
            case TOO_MANY -> Status.Code.OUT_OF_RANGE;
            case MISSING -> Status.Code.NOT_FOUND;
          };
      throw new Refusal(code, refused.getMessage());
    }
  }
}
