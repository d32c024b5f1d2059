package dev.stateward.sdk.replicated.crdt;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Random;

/**
 * Decides what a property does next, by a list of numbers that is easily made shorter. Where the
 * list ends, the first of every choice is taken.
 */
final class Choices {
  private final Iterator<Integer> numbers;

  Choices(List<Integer> numbers) {
    this.numbers = numbers.iterator();
  }

  /** Returns a number from 0 on, less than this. */
  int below(int bound) {
    return numbers.hasNext() ? Math.floorMod(numbers.next(), bound) : 0;
  }

  /** Returns one of these. */
  @SafeVarargs
  final <T> T of(T... some) {
    return some[below(some.length)];
  }

  /** Returns these in some order. */
  <T> List<T> shuffled(List<T> some) {
    var order = new ArrayList<>(some);
    if (order.size() > 1) {
      Collections.shuffle(order, new Random(below(100)));
    }
    return order;
  }
}
