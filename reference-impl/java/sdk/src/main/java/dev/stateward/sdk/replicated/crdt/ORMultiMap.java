package dev.stateward.sdk.replicated.crdt;

import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.ORMapDelta;
import dev.stateward.replicated.v1.ORMapEntryDelta;
import dev.stateward.replicated.v1.ORMultiMapDelta;
import dev.stateward.replicated.v1.ORMultiMapEntryDelta;

/**
 * A map of sets. A key stays until it is removed, with an empty set where nothing else is left.
 *
 * <p>The map creates its sets: {@link #ensure} takes the place of put, which is an {@link
 * UnsupportedOperationException}. What is done to a set is done to the map, until its key is
 * removed or the command is answered; whoever goes on later asks the map for it anew.
 */
public final class ORMultiMap<K, E> extends ReplicatedMap<K, ORSet<E>, ORSet<E>> implements Value {
  /** Creates an empty map. */
  public ORMultiMap(Codec<K> keys, Codec<E> elements) {
    super(keys, key -> new ORSet<>(elements));
  }

  @Override
  ORSet<E> show(ORSet<E> set) {
    return set;
  }

  /** Returns the set under the key; where there is none it creates one. */
  public ORSet<E> ensure(K key) {
    return entries.ensure(key);
  }

  /** Applies the delta of an ORMap for which the delta stands (REP-MULTI-001). */
  @Override
  public boolean apply(Delta delta) throws InvalidDeltaException {
    InvalidDeltaException.requireType(delta, Delta.DeltaCase.ORMULTI_MAP);
    var change = delta.getOrmultiMap();
    return entries.apply(
        ORMapDelta.newBuilder()
            .setCleared(change.getCleared())
            .addAllRemoved(change.getRemovedList())
            .addAllUpdated(each(change.getUpdatedList(), ORMultiMap::standsFor))
            .addAllAdded(each(change.getAddedList(), ORMultiMap::standsFor))
            .build());
  }

  private static ORMapEntryDelta standsFor(ORMultiMapEntryDelta entry) {
    var stands = ORMapEntryDelta.newBuilder();
    if (entry.hasKey()) {
      stands.setKey(entry.getKey());
    }
    if (entry.hasSet()) {
      stands.getDeltaBuilder().setOrset(entry.getSet());
    }
    return stands.build();
  }

  /** Returns what stands for the delta of the ORMap (REP-MULTI-002). */
  @Override
  public Delta delta() {
    var stands = entries.delta();
    return Delta.newBuilder()
        .setOrmultiMap(
            ORMultiMapDelta.newBuilder()
                .setCleared(stands.getCleared())
                .addAllRemoved(stands.getRemovedList())
                .addAllUpdated(each(stands.getUpdatedList(), ORMultiMap::shorter))
                .addAllAdded(each(stands.getAddedList(), ORMultiMap::shorter)))
        .build();
  }

  private static ORMultiMapEntryDelta shorter(ORMapEntryDelta entry) {
    return ORMultiMapEntryDelta.newBuilder()
        .setKey(entry.getKey())
        .setSet(entry.getDelta().getOrset())
        .build();
  }
}
