package dev.stateward.sdk.replicated.crdt;

import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.PNCounterDelta;
import dev.stateward.sdk.Refusal;

/** A number from −2^63 to 2^63 − 1 that grows and shrinks. */
public final class PNCounter implements Entry {
  private long value;
  private long change; // since the last commit

  /** Returns the count. */
  public long value() {
    return value;
  }

  /**
   * Adds n, and takes from the counter where n is negative. One command changes a counter by less
   * than 2^63, for that is what a delta can say.
   *
   * @throws Refusal with OUT_OF_RANGE if it would leave its range; it is then as it was
   */
  public void increment(long n) {
    try {
      set(Math.addExact(value, n), Math.addExact(change, n));
    } catch (ArithmeticException overflow) {
      throw GCounter.outOfRange();
    }
  }

  /**
   * Takes n, and adds where n is negative.
   *
   * @throws Refusal with OUT_OF_RANGE if it would leave its range; it is then as it was
   */
  public void decrement(long n) {
    try {
      set(Math.subtractExact(value, n), Math.subtractExact(change, n));
    } catch (ArithmeticException overflow) {
      throw GCounter.outOfRange();
    }
  }

  private void set(long value, long change) {
    this.value = value;
    this.change = change;
  }

  /** Adds what the delta adds, modulo 2^64 (REP-PNCOUNTER-002). */
  @Override
  public boolean apply(Delta delta) throws InvalidDeltaException {
    InvalidDeltaException.requireType(delta, Delta.DeltaCase.PNCOUNTER);
    value += delta.getPncounter().getChange();
    return delta.getPncounter().getChange() != 0;
  }

  /** Returns whether anything is left of what was added and taken. */
  @Override
  public boolean changed() {
    return change != 0;
  }

  /** Returns what was added less what was taken (REP-PNCOUNTER-001). */
  @Override
  public Delta delta() {
    return Delta.newBuilder().setPncounter(PNCounterDelta.newBuilder().setChange(change)).build();
  }

  @Override
  public void commit() {
    change = 0;
  }

  @Override
  public void rollback() {
    value -= change;
    change = 0;
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}
