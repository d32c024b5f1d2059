package dev.stateward.sdk.replicated.crdt;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * What all four maps share. Each shows the handler something of its entries' values.
 *
 * @param <K> the keys
 * @param <V> the values, as the proxy knows them
 * @param <S> what is shown of a value
 */
abstract class ReplicatedMap<K, V extends Entry, S> extends AbstractMap<K, S> {
  final Entries<K, V> entries;

  ReplicatedMap(Codec<K> keys, Function<K, V> create) {
    entries = new Entries<>(keys, create);
  }

  /** Returns what the handler is shown of a value. */
  abstract S show(V value);

  @Override
  public int size() {
    return entries.table.size();
  }

  @Override
  public boolean containsKey(Object key) {
    return entries.table.find(key) != null;
  }

  /** Returns what is under the key; null where there is nothing. */
  @Override
  public S get(Object key) {
    var value = entries.get(key);
    return value == null ? null : show(value);
  }

  /**
   * Removes the entry, and returns what it showed. An entry that is created after it under the same
   * key is a new one.
   */
  @Override
  public S remove(Object key) {
    var gone = entries.table.remove(key);
    return gone == null ? null : show(gone.value);
  }

  @Override
  public void clear() {
    entries.table.clear();
  }

  /** Returns the entries. Whoever goes over them may change the map meanwhile. */
  @Override
  public Set<Map.Entry<K, S>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public int size() {
        return ReplicatedMap.this.size();
      }

      @Override
      public Iterator<Map.Entry<K, S>> iterator() {
        return entries.iterator(ReplicatedMap.this::entry);
      }

      @Override
      public void clear() {
        ReplicatedMap.this.clear();
      }
    };
  }

  /** Returns an entry to show, through which nothing is set. */
  Map.Entry<K, S> entry(K key, V value) {
    return Map.entry(key, show(value));
  }

  /** Returns whether anything was done to the map since the last commit. */
  public boolean changed() {
    return entries.changed();
  }

  /** Takes what was done as sent. */
  public void commit() {
    entries.commit();
  }

  /** Undoes what was done since the last commit. */
  public void rollback() {
    entries.rollback();
  }

  /** Returns what of makes of each of these. */
  static <A, B> List<B> each(List<A> all, Function<A, B> of) {
    return all.stream().map(of).toList();
  }
}
