package dev.stateward.sdk.multiplex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** The four rules of credit. */
class BalanceTest {
  @Test // MUX-CREDIT-011
  void aMessageLargerThanTheWindow() {
    Balance balance = new Balance();
    assertFalse(balance.admits(0));
    assertTrue(balance.admits(100_000), "nothing is owed");
    balance.take(100_000);
    assertFalse(balance.admits(1));
    assertTrue(balance.give(100_000 - 65536 + 1));
    assertTrue(balance.admits(1));
    assertFalse(balance.admits(2));
    assertFalse(balance.give(0));
    assertFalse(balance.give(65536));
  }

  /** What is given back is never more than was taken, and never rises above the window. */
  @Property
  void bytesAreKept(@ForAll List<@IntRange(min = -10, max = 70_000) Integer> steps) {
    Balance balance = new Balance();
    long owed = 0;
    for (int bytes : steps) {
      if (balance.admits(bytes)) {
        balance.take(bytes);
        owed += bytes;
      } else if (balance.give(bytes)) {
        owed -= bytes;
      }
      assertTrue(owed >= 0);
      assertEquals(Long.toString(Balance.WINDOW - owed), balance.toString());
    }
  }
}
