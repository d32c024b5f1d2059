package dev.stateward.sdk.replicated.crdt;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** One element of a set, or one entry of a map. It equals no other. */
final class Row<K, V> {
  private static final Comparator<Row<?, ?>> BY_FORM =
      Comparator.<Row<?, ?>, String>comparing(row -> row.form.getTypeUrl())
          .thenComparing(
              row -> row.form.getValue(), ByteString.unsignedLexicographicalComparator());

  final K key;

  /** How the key is packed here. */
  final Any id;

  /** How it came, be it from here: what is removed is named by it (REP-EQ-003). */
  final Any form;

  final V value;

  Row(K key, Any id, Any form, V value) {
    this.key = key;
    this.id = id;
    this.form = form;
    this.value = value;
  }

  /** Puts rows into an order, so that one change is always told in one way. */
  static <K, V> List<Row<K, V>> sorted(Collection<Row<K, V>> rows) {
    return rows.stream().sorted(BY_FORM).toList();
  }
}
