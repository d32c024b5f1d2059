package dev.stateward.model;

import com.google.protobuf.ByteString;
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
import dev.stateward.tck.replicated.v1.ORSetValue;
import dev.stateward.tck.replicated.v1.State;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** Values as the kit reads them: elements and entries are sorted. */
final class ReplicatedState {
  private static final Comparator<String> BY_BYTES =
      Comparator.comparing(
          ByteString::copyFromUtf8, ByteString.unsignedLexicographicalComparator());

  private ReplicatedState() {}

  static State of(Value value) {
    var state = State.newBuilder();
    if (value instanceof GCounter counter) {
      state.getGcounterBuilder().setValue(counter.value());
    } else if (value instanceof PNCounter counter) {
      state.getPncounterBuilder().setValue(counter.value());
    } else if (value instanceof GSet<?> set) {
      state.getGsetBuilder().addAllElements(sorted(set));
    } else if (value instanceof ORSet<?> set) {
      state.setOrset(set(set));
    } else if (value instanceof LWWRegister<?> register) {
      state.getLwwregisterBuilder().setValue((String) register.get());
    } else if (value instanceof Flag flag) {
      state.getFlagBuilder().setValue(flag.value());
    } else if (value instanceof Vote vote) {
      state
          .getVoteBuilder()
          .setSelfVote(vote.mine())
          .setVotesFor(vote.votesFor())
          .setTotalVoters(vote.voters());
    } else if (value instanceof ORMap<?, ?> map) {
      var entries = state.getOrmapBuilder();
      each(map, (key, entry) -> entries.addEntriesBuilder().setKey(key).setValue(of(entry)));
    } else if (value instanceof PNCounterMap<?> map) {
      var entries = state.getPncounterMapBuilder();
      each(
          map,
          (key, count) ->
              entries.addEntriesBuilder().setKey(key).getCounterBuilder().setValue(count));
    } else if (value instanceof LWWRegisterMap<?, ?> map) {
      var entries = state.getLwwregisterMapBuilder();
      each(
          map,
          (key, text) ->
              entries.addEntriesBuilder().setKey(key).getRegisterBuilder().setValue((String) text));
    } else if (value instanceof ORMultiMap<?, ?> map) {
      var entries = state.getOrmultiMapBuilder();
      each(map, (key, set) -> entries.addEntriesBuilder().setKey(key).setSet(set(set)));
    }
    return state.build();
  }

  private static ORSetValue set(ORSet<?> set) {
    return ORSetValue.newBuilder().addAllElements(sorted(set)).build();
  }

  private static List<String> sorted(Collection<?> elements) {
    return elements.stream().map(String.class::cast).sorted(BY_BYTES).toList();
  }

  private static <V> void each(Map<?, V> map, BiConsumer<String, V> with) {
    var sorted = new TreeMap<String, V>(BY_BYTES);
    map.forEach((key, value) -> sorted.put((String) key, value));
    sorted.forEach(with);
  }
}
