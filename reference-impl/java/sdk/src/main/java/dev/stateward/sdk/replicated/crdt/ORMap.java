package dev.stateward.sdk.replicated.crdt;

import dev.stateward.replicated.v1.Delta;
import java.util.function.Function;

/**
 * Entries of a key and a value. The values are of one class, such as {@link PNCounter}; where that
 * is {@link Entry}, each key may have its own. Of a change and a remove of an entry at once on two
 * proxies, the change wins. A map may stand in a map, 16 deep.
 *
 * <p>The map creates its values: {@link #ensure} takes the place of put, which is an {@link
 * UnsupportedOperationException}. What is done to a value is done to the map, until its entry is
 * removed or the command is answered; whoever goes on later asks the map for it anew.
 */
public final class ORMap<K, V extends Entry> extends ReplicatedMap<K, V, V> implements Entry {
  /**
   * Creates an empty map.
   *
   * @param create makes the value of a new entry, always of the same type for the same key, so that
   *     no two proxies choose differently
   */
  public ORMap(Codec<K> keys, Function<K, V> create) {
    super(keys, create);
  }

  @Override
  V show(V value) {
    return value;
  }

  /** Returns the value under the key; where there is none it creates one. */
  public V ensure(K key) {
    return entries.ensure(key);
  }

  @Override
  public boolean apply(Delta delta) throws InvalidDeltaException {
    InvalidDeltaException.requireType(delta, Delta.DeltaCase.ORMAP);
    return entries.apply(delta.getOrmap());
  }

  @Override
  public Delta delta() {
    return Delta.newBuilder().setOrmap(entries.delta()).build();
  }
}
