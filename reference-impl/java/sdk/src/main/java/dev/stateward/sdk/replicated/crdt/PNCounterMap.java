package dev.stateward.sdk.replicated.crdt;

import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.ORMapDelta;
import dev.stateward.replicated.v1.ORMapEntryDelta;
import dev.stateward.replicated.v1.PNCounterMapDelta;
import dev.stateward.replicated.v1.PNCounterMapEntryDelta;
import dev.stateward.sdk.Refusal;

/**
 * A map of counters. They are incremented and decremented; put is an {@link
 * UnsupportedOperationException}, for nobody sets a counter that others count on.
 */
public final class PNCounterMap<K> extends ReplicatedMap<K, PNCounter, Long> implements Value {
  /** Creates an empty map. */
  public PNCounterMap(Codec<K> keys) {
    super(keys, key -> new PNCounter());
  }

  @Override
  Long show(PNCounter counter) {
    return counter.value();
  }

  /**
   * Adds n to the counter under the key, and creates it first, of 0, where there is none.
   *
   * @throws Refusal with OUT_OF_RANGE if it would leave its range; it is then as it was
   */
  public void increment(K key, long n) {
    entries.ensure(key).increment(n);
  }

  /**
   * Takes n from the counter under the key, and creates it first, of 0, where there is none.
   *
   * @throws Refusal with OUT_OF_RANGE if it would leave its range; it is then as it was
   */
  public void decrement(K key, long n) {
    entries.ensure(key).decrement(n);
  }

  /** Applies the delta of an ORMap for which the delta stands (REP-PNMAP-001). */
  @Override
  public boolean apply(Delta delta) throws InvalidDeltaException {
    InvalidDeltaException.requireType(delta, Delta.DeltaCase.PNCOUNTER_MAP);
    var change = delta.getPncounterMap();
    return entries.apply(
        ORMapDelta.newBuilder()
            .setCleared(change.getCleared())
            .addAllRemoved(change.getRemovedList())
            .addAllUpdated(each(change.getUpdatedList(), PNCounterMap::standsFor))
            .addAllAdded(each(change.getAddedList(), PNCounterMap::standsFor))
            .build());
  }

  private static ORMapEntryDelta standsFor(PNCounterMapEntryDelta entry) {
    var stands = ORMapEntryDelta.newBuilder();
    if (entry.hasKey()) {
      stands.setKey(entry.getKey());
    }
    stands.getDeltaBuilder().getPncounterBuilder().setChange(entry.getChange());
    return stands.build();
  }

  /** Returns what stands for the delta of the ORMap (REP-PNMAP-002). */
  @Override
  public Delta delta() {
    var stands = entries.delta();
    return Delta.newBuilder()
        .setPncounterMap(
            PNCounterMapDelta.newBuilder()
                .setCleared(stands.getCleared())
                .addAllRemoved(stands.getRemovedList())
                .addAllUpdated(each(stands.getUpdatedList(), PNCounterMap::shorter))
                .addAllAdded(each(stands.getAddedList(), PNCounterMap::shorter)))
        .build();
  }

  private static PNCounterMapEntryDelta shorter(ORMapEntryDelta entry) {
    return PNCounterMapEntryDelta.newBuilder()
        .setKey(entry.getKey())
        .setChange(entry.getDelta().getPncounter().getChange())
        .build();
  }
}
