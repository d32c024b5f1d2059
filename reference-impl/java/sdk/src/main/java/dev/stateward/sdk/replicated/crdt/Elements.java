package dev.stateward.sdk.replicated.crdt;

import com.google.protobuf.Any;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.List;

/** What both sets are made of: rows without a value. */
abstract class Elements<E> extends AbstractSet<E> {
  final Table<E, Void> table;

  Elements(Codec<E> codec) {
    table = new Table<>(codec);
  }

  @Override
  public int size() {
    return table.size();
  }

  @Override
  public boolean contains(Object element) {
    return table.find(element) != null;
  }

  /** Goes over what is in the set now; the set may be changed meanwhile. */
  @Override
  public Iterator<E> iterator() {
    return table.iterator(row -> row.key);
  }

  /** Puts the element into the set, and returns whether it was not there. */
  @Override
  public boolean add(E element) {
    if (contains(element)) {
      return false;
    }
    if (!table.restore(element)) {
      table.add(element, null);
    }
    return true;
  }

  /** Returns whether anything was done to the set since the last commit. */
  public boolean changed() {
    return table.changed();
  }

  /** Takes what was done as sent. */
  public void commit() {
    table.commit();
  }

  /** Undoes what was done since the last commit. */
  public void rollback() {
    table.rollback();
  }

  /** Adds elements from elsewhere; those that are there change nothing (REP-GSET-002). */
  boolean receive(List<Any> elements) throws InvalidDeltaException {
    var changes = false;
    for (var element : elements) {
      var received = table.receive(element);
      if (received.row() == null) {
        table.accept(received, null);
        changes = true;
      }
    }
    return changes;
  }

  /** Returns the elements that were added, in an order. */
  List<Any> added() {
    return table.added().stream().map(row -> row.form).toList();
  }
}
