package dev.stateward.sdk;

import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * What a {@link Conversation} says to one message.
 *
 * @param answers are sent in their order, as the proxy has room for them; each one is asked for
 *     when the one before it is sent
 * @param more whether the stream goes on, asked behind them; where not, it ends with status OK
 */
public record Step<R>(Iterator<R> answers, BooleanSupplier more) {
  /** Returns silence, and goes on. */
  public static <R> Step<R> nothing() {
    return new Step<>(Collections.emptyIterator(), () -> true);
  }

  /** Returns one answer, and goes on. */
  public static <R> Step<R> answer(R answer) {
    return new Step<>(Collections.singletonList(answer).iterator(), () -> true);
  }

  /** Returns these answers, and goes on. */
  public static <R> Step<R> answers(List<R> answers) {
    return new Step<>(answers.iterator(), () -> true);
  }

  /** Returns one answer, the last on the stream. */
  public static <R> Step<R> last(R answer) {
    return new Step<>(Collections.singletonList(answer).iterator(), () -> false);
  }

  /** Returns silence, and ends the stream. */
  public static <R> Step<R> end() {
    return new Step<>(Collections.emptyIterator(), () -> false);
  }
}
