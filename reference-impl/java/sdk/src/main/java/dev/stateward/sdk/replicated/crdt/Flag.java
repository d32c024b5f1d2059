package dev.stateward.sdk.replicated.crdt;

import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.FlagDelta;

/** False until it is set. */
public final class Flag implements Entry {
  private boolean set;
  private boolean sets; // since the last commit

  /** Returns whether the flag is set. */
  public boolean value() {
    return set;
  }

  /** Sets the flag, for ever. */
  public void set() {
    sets |= !set;
    set = true;
  }

  /** Sets the flag where the delta says so (REP-FLAG-002). */
  @Override
  public boolean apply(Delta delta) throws InvalidDeltaException {
    InvalidDeltaException.requireType(delta, Delta.DeltaCase.FLAG);
    var changes = delta.getFlag().getValue() && !set;
    set |= changes;
    return changes;
  }

  @Override
  public boolean changed() {
    return sets;
  }

  /**
   * Returns whether the flag was set (REP-FLAG-001). Of a flag that had been set before there is
   * nothing to say, and its delta is never sent.
   */
  @Override
  public Delta delta() {
    return Delta.newBuilder().setFlag(FlagDelta.newBuilder().setValue(sets)).build();
  }

  @Override
  public void commit() {
    sets = false;
  }

  @Override
  public void rollback() {
    set &= !sets;
    sets = false;
  }

  @Override
  public String toString() {
    return Boolean.toString(set);
  }
}
