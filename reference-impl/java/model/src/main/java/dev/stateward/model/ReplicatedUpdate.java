package dev.stateward.model;

import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.replicated.crdt.Clock;
import dev.stateward.sdk.replicated.crdt.Entry;
import dev.stateward.sdk.replicated.crdt.Flag;
import dev.stateward.sdk.replicated.crdt.GCounter;
import dev.stateward.sdk.replicated.crdt.GSet;
import dev.stateward.sdk.replicated.crdt.LWWRegister;
import dev.stateward.sdk.replicated.crdt.LWWRegisterMap;
import dev.stateward.sdk.replicated.crdt.ORMap;
import dev.stateward.sdk.replicated.crdt.ORMultiMap;
import dev.stateward.sdk.replicated.crdt.ORSet;
import dev.stateward.sdk.replicated.crdt.PNCounter;
import dev.stateward.sdk.replicated.crdt.PNCounterMap;
import dev.stateward.sdk.replicated.crdt.Value;
import dev.stateward.sdk.replicated.crdt.Vote;
import dev.stateward.tck.replicated.v1.LWWRegisterMapUpdate;
import dev.stateward.tck.replicated.v1.LWWRegisterUpdate;
import dev.stateward.tck.replicated.v1.ORMapUpdate;
import dev.stateward.tck.replicated.v1.ORMultiMapUpdate;
import dev.stateward.tck.replicated.v1.ORSetUpdate;
import dev.stateward.tck.replicated.v1.PNCounterMapUpdate;
import dev.stateward.tck.replicated.v1.Update;
import io.grpc.Status;

/** Does to values what the kit asks for. */
final class ReplicatedUpdate {
  private ReplicatedUpdate() {}

  /** Does to the value what the update says, and refuses one of another type. */
  static void perform(Value value, Update update) {
    switch (update.getUpdateCase()) {
      case GCOUNTER -> {
        GCounter counter = as(GCounter.class, value);
        counter.incrementUnsigned(update.getGcounter().getIncrement());
      }
      case PNCOUNTER -> {
        PNCounter counter = as(PNCounter.class, value);
        counter.increment(update.getPncounter().getChange());
      }
      case GSET -> {
        GSet<String> set = as(GSet.class, value);
        set.add(update.getGset().getAdd());
      }
      case ORSET -> perform(as(ORSet.class, value), update.getOrset());
      case LWWREGISTER -> {
        LWWRegister<String> register = as(LWWRegister.class, value);
        register.set(update.getLwwregister().getValue(), clock(update.getLwwregister()));
      }
      case FLAG -> {
        Flag flag = as(Flag.class, value);
        flag.set();
      }
      case ORMAP -> perform(as(ORMap.class, value), update.getOrmap());
      case VOTE -> {
        Vote vote = as(Vote.class, value);
        vote.cast(update.getVote().getSelfVote());
      }
      case PNCOUNTER_MAP -> perform(as(PNCounterMap.class, value), update.getPncounterMap());
      case LWWREGISTER_MAP -> perform(as(LWWRegisterMap.class, value), update.getLwwregisterMap());
      case ORMULTI_MAP -> perform(as(ORMultiMap.class, value), update.getOrmultiMap());
      default -> throw unknown();
    }
  }

  /** Returns a value of this type, whose elements and keys are all strings, and refuses others. */
  @SuppressWarnings("unchecked")
  private static <V extends Value> V as(Class<? super V> type, Value value) {
    if (!type.isInstance(value)) {
      throw new Refusal(Status.Code.INVALID_ARGUMENT, "the update is not of the value's type");
    }
    return (V) value;
  }

  /** Refuses an update of a set or a map without an action that is known here. */
  private static Refusal unknown() {
    return new Refusal(Status.Code.INVALID_ARGUMENT, "an update without a case that is known here");
  }

  private static Clock clock(LWWRegisterUpdate update) {
    return new Clock(update.getClock().getClockType(), update.getClock().getCustomClockValue());
  }

  private static void perform(ORSet<String> set, ORSetUpdate update) {
    switch (update.getActionCase()) {
      case ADD -> set.add(update.getAdd());
      case REMOVE -> set.remove(update.getRemove());
      case CLEAR -> clear(set::clear, update.getClear());
      default -> throw unknown();
    }
  }

  private static void clear(Runnable clear, boolean asked) {
    if (asked) {
      clear.run();
    }
  }

  private static void perform(ORMap<String, Entry> map, ORMapUpdate update) {
    switch (update.getActionCase()) {
      case ADD -> map.ensure(typed(update.getAdd()));
      case UPDATE ->
          perform(map.ensure(typed(update.getUpdate().getKey())), update.getUpdate().getUpdate());
      case REMOVE -> map.remove(typed(update.getRemove()));
      case CLEAR -> clear(map::clear, update.getClear());
      default -> throw unknown();
    }
  }

  /** Returns a key that names a type, and refuses any other. */
  private static String typed(String key) {
    ReplicatedModel.requireType(ReplicatedModel.emptyEntry(key));
    return key;
  }

  private static void perform(PNCounterMap<String> map, PNCounterMapUpdate update) {
    switch (update.getActionCase()) {
      case ADD -> map.increment(update.getAdd(), 0);
      case UPDATE ->
          map.increment(update.getUpdate().getKey(), update.getUpdate().getCounter().getChange());
      case REMOVE -> map.remove(update.getRemove());
      case CLEAR -> clear(map::clear, update.getClear());
      default -> throw unknown();
    }
  }

  private static void perform(LWWRegisterMap<String, String> map, LWWRegisterMapUpdate update) {
    switch (update.getActionCase()) {
      case ADD -> map.putIfAbsent(update.getAdd(), "");
      case UPDATE -> {
        var register = update.getUpdate().getRegister();
        map.put(update.getUpdate().getKey(), register.getValue(), clock(register));
      }
      case REMOVE -> map.remove(update.getRemove());
      case CLEAR -> clear(map::clear, update.getClear());
      default -> throw unknown();
    }
  }

  private static void perform(ORMultiMap<String, String> map, ORMultiMapUpdate update) {
    switch (update.getActionCase()) {
      case ADD -> map.ensure(update.getAdd());
      case UPDATE -> perform(map.ensure(update.getUpdate().getKey()), update.getUpdate().getSet());
      case REMOVE -> map.remove(update.getRemove());
      case CLEAR -> clear(map::clear, update.getClear());
      default -> throw unknown();
    }
  }
}
