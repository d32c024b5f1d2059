package dev.stateward.sdk.replicated.crdt;

import dev.stateward.replicated.v1.Delta;

/**
 * What the entity's stream does with a value; handlers have no use for it. Between two commits a
 * value collects what it is told to change: its delta is that change, and a rollback undoes it. A
 * delta from elsewhere is applied when nothing is collected. A value that has refused one is void.
 */
public sealed interface Value permits Entry, PNCounterMap, LWWRegisterMap, ORMultiMap {
  /**
   * Changes the value by a delta from elsewhere, and returns whether it did. Nothing of it is ever
   * in {@link #delta} (REP-DELTA-003).
   *
   * @throws InvalidDeltaException if it is of another type, or a payload in it cannot be read
   */
  boolean apply(Delta delta) throws InvalidDeltaException;

  /**
   * Returns whether anything was done to the value since the last commit; a register's creation
   * counts.
   */
  boolean changed();

  /**
   * Returns what was done since the last commit; its case is the value's type (REP-TYPE-001), empty
   * where nothing was done. Of a value that was never committed it leads from the empty one.
   */
  Delta delta();

  /** Takes what was done as sent. */
  void commit();

  /** Undoes what was done since the last commit. */
  void rollback();
}
