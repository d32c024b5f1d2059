package dev.stateward.cart;

import com.google.protobuf.ByteString;
import dev.stateward.samples.cart.v1.CartSnapshot;
import dev.stateward.samples.cart.v1.ItemAdded;
import dev.stateward.samples.cart.v1.ItemRemoved;
import dev.stateward.samples.cart.v1.LineItem;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one user has put together. It knows nothing of proxies and streams: methods that decide read
 * it and return an event; methods that apply one change it and decide nothing.
 */
final class Cart {
  /** What a cart refuses, and why. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** Why. */
    enum Reason {
      NO_PRODUCT("a product needs an id"),
      QUANTITY("the quantity must be at least 1"),
      TOO_MANY("the cart cannot hold so many of one product"),
      MISSING("the product is not in the cart");

      private final String text;

      Reason(String text) {
        this.text = text;
      }
    }

    private final Reason reason;

    private Refused(Reason reason) {
      super(reason.text);
      this.reason = reason;
    }

    Reason reason() {
      return reason;
    }
  }

  /** The order of the contract, which is by code point: Java's own is by the units of UTF-16. */
  private static final Comparator<String> BY_BYTES =
      Comparator.comparing(
          ByteString::copyFromUtf8, ByteString.unsignedLexicographicalComparator());

  private final SortedMap<String, LineItem> lines = new TreeMap<>(BY_BYTES); // by product id

  /** Decides whether so many of the product can be put into the cart. */
  ItemAdded add(String productId, String name, int quantity) {
    if (productId.isEmpty()) {
      throw new Refused(Refused.Reason.NO_PRODUCT);
    }
    if (quantity < 1) {
      throw new Refused(Refused.Reason.QUANTITY);
    }
    if (quantity > Integer.MAX_VALUE - quantityOf(productId)) {
      throw new Refused(Refused.Reason.TOO_MANY);
    }
    return ItemAdded.newBuilder()
        .setItem(LineItem.newBuilder().setProductId(productId).setName(name).setQuantity(quantity))
        .build();
  }

  /** Decides whether the product can be taken out of the cart. */
  ItemRemoved remove(String productId) {
    if (!lines.containsKey(productId)) {
      throw new Refused(Refused.Reason.MISSING);
    }
    return ItemRemoved.newBuilder().setProductId(productId).build();
  }

  /**
   * Applies that items were put into the cart. A product goes by the name that it was last given.
   */
  void added(ItemAdded event) {
    LineItem item = event.getItem();
    int sum = quantityOf(item.getProductId()) + item.getQuantity();
    lines.put(item.getProductId(), item.toBuilder().setQuantity(sum).build());
  }

  /** Applies that a product was taken out of the cart. */
  void removed(ItemRemoved event) {
    lines.remove(event.getProductId());
  }

  /** Returns the lines, ordered by product. */
  List<LineItem> items() {
    return List.copyOf(lines.values());
  }

  /** Returns the whole cart. */
  CartSnapshot save() {
    return CartSnapshot.newBuilder().addAllItems(items()).build();
  }

  /** Brings a new cart to what was saved. */
  void restore(CartSnapshot saved) {
    saved.getItemsList().forEach(item -> lines.put(item.getProductId(), item));
  }

  private int quantityOf(String productId) {
    return lines.getOrDefault(productId, LineItem.getDefaultInstance()).getQuantity();
  }
}
