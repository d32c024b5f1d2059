package dev.stateward.sdk.replicated.crdt;

import dev.stateward.replicated.v1.ORMapDelta;
import dev.stateward.replicated.v1.ORMapEntryDelta;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;

/** What all four maps are made of: rows whose values are values too. */
final class Entries<K, V extends Entry> {
  final Table<K, V> table;
  private final Function<K, V> create;

  /**
   * The rows whose values were handed out since the last commit, or delta from elsewhere: only
   * these can have changed. Those that went since then are among them, to be rolled back.
   */
  final Set<Row<K, V>> touched = new LinkedHashSet<>();

  Entries(Codec<K> keys, Function<K, V> create) {
    this.table = new Table<>(keys);
    this.create = create;
  }

  /** Returns the value under the key, for the handler to change; null where there is none. */
  V get(Object key) {
    var row = table.find(key);
    return row == null ? null : touch(row);
  }

  /** Returns the value under the key, a new one where there is none. */
  V ensure(K key) {
    var value = get(key);
    return value != null ? value : touch(table.add(key, create.apply(key)));
  }

  private V touch(Row<K, V> row) {
    touched.add(row);
    return row.value;
  }

  /** Goes over what there is now, each key with its value. */
  <T> Iterator<T> iterator(View<K, V, T> view) {
    return table.iterator(row -> view.of(row.key, touch(row)));
  }

  /** Shows a key and its value in some way. */
  interface View<K, V, T> {
    T of(K key, V value);
  }

  /** Changes the map in this order: cleared, removed, updated, added (REP-MAP-002). */
  boolean apply(ORMapDelta delta) throws InvalidDeltaException {
    touched.clear(); // nothing is collected; what was only read, and goes now, is not kept
    var changes = table.take(delta.getCleared(), delta.getRemovedList());
    for (var entry : delta.getUpdatedList()) {
      changes |= update(entry);
    }
    for (var entry : delta.getAddedList()) {
      insert(entry);
      changes = true;
    }
    return changes;
  }

  /** Changes one entry from elsewhere. One whose key is not there is added. */
  private boolean update(ORMapEntryDelta entry) throws InvalidDeltaException {
    var row = receive(entry).row();
    if (row != null) {
      return row.value.apply(entry.getDelta());
    }
    insert(entry);
    return true;
  }

  /** Adds one entry from elsewhere, in place of the one that has its key. */
  private void insert(ORMapEntryDelta entry) throws InvalidDeltaException {
    var received = receive(entry);
    var value = create.apply(received.key());
    value.apply(entry.getDelta());
    table.accept(received, value);
  }

  private Table.Received<K, V> receive(ORMapEntryDelta entry) throws InvalidDeltaException {
    if (!entry.hasKey()) {
      throw new InvalidDeltaException("an entry without key");
    }
    return table.receive(entry.getKey());
  }

  boolean changed() {
    return table.changed() || touched.stream().anyMatch(this::updated);
  }

  /** Returns whether the row was there at the last commit, still is, and holds another value. */
  private boolean updated(Row<K, V> row) {
    return table.survives(row) && row.value.changed();
  }

  /** Returns what was done, as an ORMap says it (REP-MAP-003 to REP-MAP-007). */
  ORMapDelta delta() {
    var updated = Row.sorted(touched.stream().filter(this::updated).toList());
    return ORMapDelta.newBuilder()
        .setCleared(table.cleared())
        .addAllRemoved(table.removed())
        .addAllUpdated(deltas(updated))
        .addAllAdded(deltas(table.added()))
        .build();
  }

  private Iterable<ORMapEntryDelta> deltas(Collection<Row<K, V>> rows) {
    return rows.stream()
        .map(row -> ORMapEntryDelta.newBuilder().setKey(row.form).setDelta(row.value.delta()))
        .map(ORMapEntryDelta.Builder::build)
        .toList();
  }

  void commit() {
    touched.forEach(row -> row.value.commit());
    touched.clear();
    table.commit();
  }

  void rollback() {
    touched.forEach(row -> row.value.rollback());
    touched.clear();
    table.rollback();
  }
}
