package dev.stateward.sdk.replicated.crdt;

import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.ORSetDelta;

/** A set that grows and shrinks. Of an add and a remove at once on two proxies, the add wins. */
public final class ORSet<E> extends Elements<E> implements Entry {
  /** Creates an empty set. */
  public ORSet(Codec<E> codec) {
    super(codec);
  }

  @Override
  public boolean remove(Object element) {
    return table.remove(element) != null;
  }

  @Override
  public void clear() {
    table.clear();
  }

  /** Removes and adds in this order: cleared, removed, added (REP-ORSET-001). */
  @Override
  public boolean apply(Delta delta) throws InvalidDeltaException {
    InvalidDeltaException.requireType(delta, Delta.DeltaCase.ORSET);
    var change = delta.getOrset();
    var removes = table.take(change.getCleared(), change.getRemovedList());
    var adds = receive(change.getAddedList());
    return removes || adds;
  }

  /**
   * Returns what came and went: after a clear every element that is there, otherwise what is new,
   * and what is gone (REP-ORSET-002 to REP-ORSET-004).
   */
  @Override
  public Delta delta() {
    return Delta.newBuilder()
        .setOrset(
            ORSetDelta.newBuilder()
                .setCleared(table.cleared())
                .addAllRemoved(table.removed())
                .addAllAdded(added()))
        .build();
  }
}
