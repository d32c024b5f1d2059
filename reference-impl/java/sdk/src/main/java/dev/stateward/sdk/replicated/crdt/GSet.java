package dev.stateward.sdk.replicated.crdt;

import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.GSetDelta;
import java.util.Iterator;

/** A set that grows. What removes from a set is an {@link UnsupportedOperationException}. */
public final class GSet<E> extends Elements<E> implements Entry {
  /** Creates an empty set. */
  public GSet(Codec<E> codec) {
    super(codec);
  }

  @Override
  public Iterator<E> iterator() {
    var all = super.iterator();
    return new Iterator<>() { // cannot remove
      @Override
      public boolean hasNext() {
        return all.hasNext();
      }

      @Override
      public E next() {
        return all.next();
      }
    };
  }

  /** Adds what the delta adds (REP-GSET-002). */
  @Override
  public boolean apply(Delta delta) throws InvalidDeltaException {
    InvalidDeltaException.requireType(delta, Delta.DeltaCase.GSET);
    return receive(delta.getGset().getAddedList());
  }

  /** Returns the elements that were added (REP-GSET-001). */
  @Override
  public Delta delta() {
    return Delta.newBuilder().setGset(GSetDelta.newBuilder().addAllAdded(added())).build();
  }
}
