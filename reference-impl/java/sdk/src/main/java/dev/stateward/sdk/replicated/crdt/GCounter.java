package dev.stateward.sdk.replicated.crdt;

import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.GCounterDelta;
import dev.stateward.sdk.Refusal;
import io.grpc.Status;

/**
 * A number from 0 to 2^64 − 1 that grows. Java has no such number: above 2^63 − 1 a long stands for
 * it that is negative to whoever reads it otherwise than by {@link Long#toUnsignedString} and its
 * like.
 */
public final class GCounter implements Entry {
  private long value;
  private long added; // since the last commit

  /** Returns the count, unsigned. */
  public long value() {
    return value;
  }

  /**
   * Adds n.
   *
   * @throws IllegalArgumentException if n is negative, for a counter that also shrinks is a {@link
   *     PNCounter}
   * @throws Refusal with OUT_OF_RANGE if it would leave its range; it is then as it was
   */
  public void increment(long n) {
    if (n < 0) {
      throw new IllegalArgumentException("a GCounter does not shrink: " + n);
    }
    incrementUnsigned(n);
  }

  /**
   * Adds n, unsigned.
   *
   * @throws Refusal with OUT_OF_RANGE if it would leave its range; it is then as it was
   */
  public void incrementUnsigned(long n) {
    if (Long.compareUnsigned(n, -1L - value) > 0) { // −1 is 2^64 − 1
      throw outOfRange();
    }
    value += n;
    added += n;
  }

  static Refusal outOfRange() { // REP-LIMIT-004
    return new Refusal(Status.Code.OUT_OF_RANGE, "the counter would leave its range");
  }

  /** Adds what the delta adds, modulo 2^64 (REP-GCOUNTER-002). */
  @Override
  public boolean apply(Delta delta) throws InvalidDeltaException {
    InvalidDeltaException.requireType(delta, Delta.DeltaCase.GCOUNTER);
    value += delta.getGcounter().getIncrement();
    return delta.getGcounter().getIncrement() != 0;
  }

  @Override
  public boolean changed() {
    return added != 0;
  }

  /** Returns the sum of what was added (REP-GCOUNTER-001). */
  @Override
  public Delta delta() {
    return Delta.newBuilder().setGcounter(GCounterDelta.newBuilder().setIncrement(added)).build();
  }

  @Override
  public void commit() {
    added = 0;
  }

  @Override
  public void rollback() {
    value -= added;
    added = 0;
  }

  @Override
  public String toString() {
    return Long.toUnsignedString(value);
  }
}
