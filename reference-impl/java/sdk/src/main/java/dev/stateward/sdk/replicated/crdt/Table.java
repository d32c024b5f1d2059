package dev.stateward.sdk.replicated.crdt;

import com.google.protobuf.Any;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The rows of a collection, and what was done to them since the last commit. Rows are found by how
 * their key is packed here. Mostly there is one for a key; there are more where others packed it
 * differently, and to the proxy these are different ones (REP-EQ-001). To the handler they are one,
 * and the first of them counts.
 */
final class Table<K, V> {
  private final Codec<K> codec;
  private final Map<Any, List<Row<K, V>>> rows = new LinkedHashMap<>();

  private final Map<Any, List<Row<K, V>>> removed = new LinkedHashMap<>(); // since the last commit
  private final Set<Row<K, V>> added = new LinkedHashSet<>(); // since then, and still there
  private boolean cleared; // there was something at the last commit, and all of it went

  Table(Codec<K> codec) {
    this.codec = codec;
  }

  /** Returns how many keys there are. */
  int size() {
    return rows.size();
  }

  /** Returns the row of the key; null where there is none, as for a key of another class. */
  Row<K, V> find(Object key) {
    return codec.takes(key) ? first(rows.get(codec.pack(codec.cast(key)))) : null;
  }

  private Row<K, V> first(List<Row<K, V>> found) {
    return found == null ? null : found.get(0);
  }

  /** Returns whether this row was there at the last commit, and still is. */
  boolean survives(Row<K, V> row) {
    return !added.contains(row) && rows.getOrDefault(row.id, List.of()).contains(row);
  }

  /** Puts a row into the table, whose key is not there, and returns it. */
  Row<K, V> add(K key, V value) {
    var id = codec.pack(key);
    var row = new Row<>(key, id, id, value);
    put(id, List.of(row));
    added.add(row);
    return row;
  }

  /**
   * Takes the key's remove back, and returns whether it could: after a clear, what is there again
   * is added (REP-ORSET-004).
   */
  boolean restore(K key) {
    var id = codec.pack(key);
    if (cleared || !removed.containsKey(id)) {
      return false;
    }
    put(id, removed.remove(id));
    return true;
  }

  /** Removes the key, and returns its row; null where there is none. */
  Row<K, V> remove(Object key) {
    var found = find(key);
    if (found != null) {
      forget(found.id, rows.remove(found.id));
    }
    return found;
  }

  /** Removes all that is there; of nothing, nothing is removed (REP-ORSET-006). */
  void clear() {
    if (!rows.isEmpty()) {
      rows.forEach(this::forget);
      rows.clear();
      cleared = !removed.isEmpty();
    }
  }

  /** Notes that these rows go. */
  private void forget(Any id, List<Row<K, V>> gone) {
    for (var row : gone) {
      if (!added.remove(row)) {
        removed.computeIfAbsent(id, any -> new ArrayList<>(1)).add(row);
      }
    }
  }

  private void put(Any id, List<Row<K, V>> more) {
    rows.computeIfAbsent(id, any -> new ArrayList<>(1)).addAll(more);
  }

  /** Removes one row. */
  private void drop(Row<K, V> gone) {
    var left = rows.get(gone.id);
    if (left != null && left.remove(gone) && left.isEmpty()) {
      rows.remove(gone.id);
    }
  }

  /**
   * Goes over what there is now, each key once, as view shows its row. Whoever goes over it may
   * change the table meanwhile, and sees nothing of that.
   */
  <T> Iterator<T> iterator(Function<Row<K, V>, T> view) {
    var all = rows.values().stream().map(this::first).toList().iterator();
    return new Iterator<>() {
      private Row<K, V> last;

      @Override
      public boolean hasNext() {
        return all.hasNext();
      }

      @Override
      public T next() {
        last = all.next();
        return view.apply(last);
      }

      @Override
      public void remove() {
        if (last == null) {
          throw new IllegalStateException("there is nothing to remove");
        }
        Table.this.remove(last.key);
        last = null;
      }
    };
  }

  boolean changed() {
    return cleared || !removed.isEmpty() || !added.isEmpty();
  }

  boolean cleared() {
    return cleared;
  }

  /**
   * Returns what a delta names as removed: nothing where it says cleared (REP-ORSET-003,
   * REP-MAP-004).
   */
  List<Any> removed() {
    var gone = removed.values().stream().flatMap(List::stream).toList();
    return cleared ? List.of() : Row.sorted(gone).stream().map(row -> row.form).toList();
  }

  /** Returns the rows that were added: all that there are, where it was cleared. */
  List<Row<K, V>> added() {
    return Row.sorted(added);
  }

  void commit() {
    removed.clear();
    added.clear();
    cleared = false;
  }

  void rollback() {
    added.forEach(this::drop);
    removed.forEach(this::put);
    commit();
  }

  /**
   * A key as it came from elsewhere.
   *
   * @param row the one that has exactly this form; null where there is none
   */
  record Received<K, V>(K key, Any id, Any form, Row<K, V> row) {}

  /** Reads a key from elsewhere. */
  Received<K, V> receive(Any payload) throws InvalidDeltaException {
    var form = Codec.bare(payload);
    var key = codec.unpack(form);
    var id = codec.pack(key);
    for (var row : rows.getOrDefault(id, List.of())) {
      if (row.form.equals(form)) {
        return new Received<>(key, id, form, row);
      }
    }
    return new Received<>(key, id, form, null);
  }

  /** Puts what came from elsewhere in place of the row of its form. */
  void accept(Received<K, V> received, V value) {
    if (received.row() != null) {
      drop(received.row());
    }
    var row = new Row<>(received.key(), received.id(), received.form(), value);
    put(row.id, List.of(row));
  }

  /** Removes what a delta from elsewhere removes, and returns whether there was any of it. */
  boolean take(boolean all, List<Any> forms) throws InvalidDeltaException {
    var changes = all && !rows.isEmpty();
    if (all) {
      rows.clear();
    }
    for (var form : forms) {
      var row = receive(form).row();
      if (row != null) {
        drop(row);
        changes = true;
      }
    }
    return changes;
  }
}
