package dev.stateward.cart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.stateward.cart.Cart.Refused;
import dev.stateward.cart.Cart.Refused.Reason;
import dev.stateward.samples.cart.v1.LineItem;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** The domain, of which no proxy knows. */
class CartTest {
  // In UTF-16 the second, which is a surrogate pair, comes first.
  private static final String TILDE = Character.toString(0xFF5E);
  private static final String APPLE = Character.toString(0x1F34E);

  private static final Comparator<String> BY_CODE_POINT =
      Comparator.comparing(id -> id.codePoints().toArray(), Arrays::compare);

  private static LineItem item(String product, String name, int quantity) {
    return LineItem.newBuilder().setProductId(product).setName(name).setQuantity(quantity).build();
  }

  /** Returns a cart to which these were added. */
  private static Cart cartOf(LineItem... items) {
    Cart cart = new Cart();
    for (LineItem item : items) {
      cart.added(cart.add(item.getProductId(), item.getName(), item.getQuantity()));
    }
    return cart;
  }

  private static void refuses(Reason reason, Cart cart, String product, int quantity) {
    List<LineItem> before = cart.items();
    Refused refused = assertThrows(Refused.class, () -> cart.add(product, "Name", quantity));
    assertEquals(reason, refused.reason());
    assertEquals(before, cart.items(), "deciding has changed the cart");
  }

  @Test
  void add() {
    Cart cart = cartOf(item("apple", "Apple", 1), item("pear", "Pear", 1));
    refuses(Reason.NO_PRODUCT, cart, "", 1);
    refuses(Reason.QUANTITY, cart, "apple", 0);
    refuses(Reason.QUANTITY, cart, "apple", Integer.MIN_VALUE);
    refuses(Reason.TOO_MANY, cart, "apple", Integer.MAX_VALUE);
    assertEquals(2, cart.items().size());
    cart.add("apple", "Apple", 1);
    assertEquals(1, cart.items().get(0).getQuantity(), "deciding has changed the cart");
    cart.added(cart.add("apple", "Red apple", Integer.MAX_VALUE - 1)); // up to the brim
    assertEquals(
        List.of(item("apple", "Red apple", Integer.MAX_VALUE), item("pear", "Pear", 1)),
        cart.items());
  }

  @Test
  void remove() {
    Cart cart = cartOf(item("apple", "Apple", 2), item("pear", "Pear", 1));
    assertEquals(Reason.MISSING, assertThrows(Refused.class, () -> cart.remove("plum")).reason());
    cart.removed(cart.remove("apple"));
    assertEquals(List.of(item("pear", "Pear", 1)), cart.items());
    assertThrows(Refused.class, () -> cart.remove("apple"));
  }

  @Test
  void itemsAreOrderedByCodePoint() {
    LineItem tilde = item(TILDE, "Fullwidth tilde", 1);
    LineItem apple = item(APPLE, "Red apple", 1);
    assertEquals(List.of(tilde, apple), cartOf(apple, tilde).items());
  }

  /** One thing that is done to a cart: a product is removed where there is no quantity. */
  record Act(String product, String name, int quantity) {}

  @Provide
  Arbitrary<Act> acts() {
    return Combinators.combine(
            Arbitraries.of("apple", "pear", TILDE, APPLE),
            Arbitraries.of("one", "two"),
            Arbitraries.integers().between(0, 3))
        .as(Act::new);
  }

  /** A cart holds the sum of what was added since it was removed, and is what it was saved as. */
  @Property
  void likeAMap(@ForAll List<@From("acts") Act> acts) {
    Cart cart = new Cart();
    Map<String, LineItem> model = new TreeMap<>(BY_CODE_POINT);
    for (Act act : acts) {
      if (act.quantity() > 0) {
        cart.added(cart.add(act.product(), act.name(), act.quantity()));
        int before = model.getOrDefault(act.product(), item("", "", 0)).getQuantity();
        model.put(act.product(), item(act.product(), act.name(), before + act.quantity()));
      } else if (model.remove(act.product()) != null) {
        cart.removed(cart.remove(act.product()));
      } else {
        assertThrows(Refused.class, () -> cart.remove(act.product()));
      }
      assertEquals(List.copyOf(model.values()), cart.items());
    }
    Cart restored = new Cart();
    restored.restore(cart.save());
    assertEquals(cart.items(), restored.items());
  }
}
