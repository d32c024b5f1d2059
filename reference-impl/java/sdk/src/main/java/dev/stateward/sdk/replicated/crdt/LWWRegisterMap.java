package dev.stateward.sdk.replicated.crdt;

import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.LWWRegisterMapDelta;
import dev.stateward.replicated.v1.LWWRegisterMapEntryDelta;
import dev.stateward.replicated.v1.ORMapDelta;
import dev.stateward.replicated.v1.ORMapEntryDelta;
import java.util.AbstractMap;
import java.util.Map;

/** A map of registers, each with its own times. To put is to write, also the same value again. */
public final class LWWRegisterMap<K, T> extends ReplicatedMap<K, LWWRegister<T>, T>
    implements Value {
  private final Codec<T> values;

  /** Creates an empty map. */
  public LWWRegisterMap(Codec<K> keys, Codec<T> values) {
    super(keys, key -> new LWWRegister<>(values)); // which a write follows at once
    this.values = values;
  }

  @Override
  T show(LWWRegister<T> register) {
    return register.get();
  }

  /** Sets the value under the key by the proxy's clock, and returns the value before. */
  @Override
  public T put(K key, T value) {
    return put(key, value, Clock.DEFAULT);
  }

  /** Sets the value under the key by this clock, and returns the value before. */
  public T put(K key, T value, Clock clock) {
    values.pack(value); // or refuse it before there is an entry for it
    var register = entries.ensure(key);
    var before = register.get();
    register.set(value, clock);
    return before;
  }

  /** Returns an entry through which the register can be written to. */
  @Override
  Map.Entry<K, T> entry(K key, LWWRegister<T> register) {
    return new AbstractMap.SimpleEntry<>(key, register.get()) {
      private static final long serialVersionUID = 1;

      @Override
      public T setValue(T value) {
        register.set(value);
        return super.setValue(value);
      }
    };
  }

  /** Applies the delta of an ORMap for which the delta stands (REP-LWWMAP-001). */
  @Override
  public boolean apply(Delta delta) throws InvalidDeltaException {
    InvalidDeltaException.requireType(delta, Delta.DeltaCase.LWWREGISTER_MAP);
    var change = delta.getLwwregisterMap();
    return entries.apply(
        ORMapDelta.newBuilder()
            .setCleared(change.getCleared())
            .addAllRemoved(change.getRemovedList())
            .addAllUpdated(each(change.getUpdatedList(), LWWRegisterMap::standsFor))
            .addAllAdded(each(change.getAddedList(), LWWRegisterMap::standsFor))
            .build());
  }

  private static ORMapEntryDelta standsFor(LWWRegisterMapEntryDelta entry) {
    var stands = ORMapEntryDelta.newBuilder();
    if (entry.hasKey()) {
      stands.setKey(entry.getKey());
    }
    if (entry.hasRegister()) {
      stands.getDeltaBuilder().setLwwregister(entry.getRegister());
    }
    return stands.build();
  }

  /** Returns what stands for the delta of the ORMap (REP-LWWMAP-002). */
  @Override
  public Delta delta() {
    var stands = entries.delta();
    return Delta.newBuilder()
        .setLwwregisterMap(
            LWWRegisterMapDelta.newBuilder()
                .setCleared(stands.getCleared())
                .addAllRemoved(stands.getRemovedList())
                .addAllUpdated(each(stands.getUpdatedList(), LWWRegisterMap::shorter))
                .addAllAdded(each(stands.getAddedList(), LWWRegisterMap::shorter)))
        .build();
  }

  private static LWWRegisterMapEntryDelta shorter(ORMapEntryDelta entry) {
    return LWWRegisterMapEntryDelta.newBuilder()
        .setKey(entry.getKey())
        .setRegister(entry.getDelta().getLwwregister())
        .build();
  }
}
