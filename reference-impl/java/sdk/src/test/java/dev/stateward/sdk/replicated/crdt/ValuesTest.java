package dev.stateward.sdk.replicated.crdt;

import static dev.stateward.sdk.replicated.crdt.Deltas.read;
import static dev.stateward.sdk.replicated.crdt.Deltas.says;
import static dev.stateward.sdk.replicated.crdt.Subjects.plain;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.StringValue;
import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.ORMapDelta;
import dev.stateward.replicated.v1.ORMapEntryDelta;
import dev.stateward.sdk.Refusal;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What each type does in its own way. */
class ValuesTest {
  private static void outOfRange(Executable act) {
    assertEquals(Status.Code.OUT_OF_RANGE, assertThrows(Refusal.class, act).code());
  }

  /**
   * A counter is never taken out of its range by its own proxy (REP-LIMIT-004), and wraps where
   * several were (REP-GCOUNTER-002).
   */
  @Test
  void rangeOfAGCounter() throws InvalidDeltaException {
    var counter = new GCounter();
    counter.apply(read("{\"gcounter\": {\"increment\": \"18446744073709551614\"}}"));
    counter.increment(1);
    outOfRange(() -> counter.increment(1));
    outOfRange(() -> counter.incrementUnsigned(-1));
    assertThrows(IllegalArgumentException.class, () -> counter.increment(-1));
    assertEquals("18446744073709551615", Long.toUnsignedString(counter.value()));
    assertEquals("18446744073709551615", counter.toString());
    says(counter, "{\"gcounter\": {\"increment\": \"1\"}}");
    counter.apply(counter.delta());
    assertEquals(0, counter.value(), "over the brim by others");
    var whole = new GCounter();
    whole.incrementUnsigned(-1);
    assertEquals(-1, whole.value(), "from nothing to the brim at once");
  }

  /** The same of a PNCounter (REP-LIMIT-004, REP-PNCOUNTER-002). */
  @Test
  void rangeOfAPNCounter() throws InvalidDeltaException {
    var counter = new PNCounter();
    counter.apply(read("{\"pncounter\": {\"change\": \"9223372036854775806\"}}"));
    counter.increment(1);
    outOfRange(() -> counter.increment(1));
    outOfRange(() -> counter.decrement(-1));
    assertEquals(Long.MAX_VALUE, counter.value());
    counter.apply(counter.delta());
    assertEquals(Long.MIN_VALUE, counter.value(), "over the brim by others");
    outOfRange(() -> counter.decrement(1));

    var least = new PNCounter();
    least.increment(Long.MIN_VALUE);
    assertEquals(Long.MIN_VALUE, least.value());

    var far = new PNCounter(); // a change of 2^63 is more than a delta can say
    far.decrement(2);
    far.commit();
    far.increment(Long.MAX_VALUE);
    outOfRange(() -> far.increment(1));
    assertEquals(Long.MAX_VALUE - 2, far.value());
  }

  /** REP-VOTE-001, REP-VOTE-002, REP-VOTE-003, REP-VOTE-004. */
  @Test
  void vote() throws InvalidDeltaException {
    var vote = new Vote();
    is(vote, false, 0, 1);
    vote.cast(false); // it is so already
    assertFalse(vote.changed());
    vote.cast(true);
    is(vote, true, 1, 1);
    assertTrue(vote.changed());
    says(vote, "{\"vote\": {\"selfVote\": true}}");
    vote.rollback();
    is(vote, false, 0, 1);
    assertFalse(vote.changed());

    vote.cast(true);
    vote.commit();
    assertTrue(
        vote.apply(read("{\"vote\": {\"selfVote\": true, \"votesFor\": 2, \"totalVoters\": 3}}")));
    is(vote, true, 2, 3);
    assertFalse(vote.changed());
    assertFalse(
        vote.apply(read("{\"vote\": {\"selfVote\": true, \"votesFor\": 2, \"totalVoters\": 3}}")));
    vote.cast(false);
    vote.cast(true);
    assertFalse(vote.changed(), "withdrawn and given again");
    vote.cast(false);
    is(vote, false, 1, 3);
    says(vote, "{\"vote\": {}}");
    vote.commit();
    assertTrue(vote.apply(read("{\"vote\": {}}")));
    is(vote, false, 0, 0); // defaults are values too
  }

  private static void is(Vote vote, boolean mine, int votesFor, int voters) {
    assertEquals(mine, vote.mine());
    assertEquals(votesFor, vote.votesFor());
    assertEquals(voters, vote.voters());
  }

  /** The last value that was set, with its clock (REP-LWW-001, REP-LWW-002, REP-LWW-003). */
  @Test
  void register() {
    var isNew = StringValue.of("new");
    var register = new LWWRegister<>(Codec.message(StringValue.class), isNew);
    var says =
        "{\"lwwregister\": {\"value\": {\"@type\":"
            + " \"type.googleapis.com/google.protobuf.StringValue\", \"value\": \"new\"}%s}}";
    says(register, says.formatted(""));
    register.rollback(); // created all the same
    says(register, says.formatted(""));
    register.commit();
    Map.of(
            Clock.DEFAULT,
            "",
            Clock.REVERSE,
            ", \"clock\": \"CLOCK_REVERSE\"",
            Clock.custom(-5),
            ", \"clock\": \"CLOCK_CUSTOM\", \"customClockValue\": \"-5\"",
            Clock.customAutoIncrement(7),
            ", \"clock\": \"CLOCK_CUSTOM_AUTO_INCREMENT\", \"customClockValue\": \"7\"")
        .forEach(
            (clock, fields) -> {
              register.set(StringValue.of("old"), Clock.customAutoIncrement(9));
              register.set(isNew, clock); // the same as it was
              says(register, says.formatted(fields));
              register.commit();
            });
    register.set(StringValue.of("other"), Clock.REVERSE);
    register.set(isNew);
    says(register, says.formatted(""));
    register.set(StringValue.of("other"));
    register.rollback();
    assertEquals(isNew, register.get());
    assertFalse(register.changed());
    assertThrows(NullPointerException.class, () -> register.set(null));
    assertFalse(register.changed());
  }

  /** The protocol's clocks are the library's; one that is unknown is the default. */
  @Test
  void clocks() {
    for (var kind : dev.stateward.replicated.v1.Clock.values()) {
      var clock = new Clock(kind, 7);
      switch (kind) {
        case CLOCK_REVERSE -> assertEquals(Clock.REVERSE, clock);
        case CLOCK_CUSTOM -> assertEquals(Clock.custom(7), clock);
        case CLOCK_CUSTOM_AUTO_INCREMENT -> assertEquals(Clock.customAutoIncrement(7), clock);
        default -> assertEquals(Clock.DEFAULT, clock);
      }
    }
  }

  /**
   * The table of the specification: what a command on a map of a 5 and z 1 is answered with
   * (REP-PNMAP-002, REP-MAP-005, REP-MAP-006, REP-MAP-007).
   */
  @Test
  void tableOfAPNCounterMap() {
    var a = StringValue.of("a");
    var b = StringValue.of("b");
    var anA = "{\"@type\": \"type.googleapis.com/google.protobuf.StringValue\", \"value\": \"a\"}";
    var aB = anA.replace("\"a\"", "\"b\"");

    answers(m -> increment(m, a, 3, -1), "\"updated\": [{\"key\": " + anA + ", \"change\": 2}]");
    answers(m -> m.remove(a), "\"removed\": [" + anA + "]");
    answers(
        m -> {
          m.increment(a, 3);
          m.remove(a);
        },
        "\"removed\": [" + anA + "]");
    answers(
        m -> {
          m.remove(a);
          m.increment(a, 3);
        },
        "\"removed\": [" + anA + "], \"added\": [{\"key\": " + anA + ", \"change\": 3}]");
    answers(m -> increment(m, a, 3, -3), "");
    answers(m -> m.increment(b, 0), "\"added\": [{\"key\": " + aB + "}]");
    answers(m -> m.increment(b, 3), "\"added\": [{\"key\": " + aB + ", \"change\": 3}]");
    answers(
        m -> {
          m.clear();
          m.decrement(b, 0);
        },
        "\"cleared\": true, \"added\": [{\"key\": " + aB + "}]");
    answers(m -> m.remove(b), "");
  }

  private static void increment(PNCounterMap<StringValue> map, StringValue key, long... all) {
    for (var n : all) {
      map.increment(key, n);
    }
  }

  private static void answers(Consumer<PNCounterMap<StringValue>> act, String json) {
    var map = new PNCounterMap<>(Codec.message(StringValue.class));
    map.increment(StringValue.of("a"), 5);
    map.increment(StringValue.of("z"), 1);
    map.commit();
    act.accept(map);
    says(map, "{\"pncounterMap\": {" + json + "}}");
    assertEquals(!json.isEmpty(), map.changed(), json);
  }

  /**
   * A delta of another type, or of none, is refused by every value (REP-DELTA-004, REP-TYPE-001).
   */
  @Test
  void deltasOfAnotherType() {
    List<Supplier<? extends Value>> all = new ArrayList<>(Subjects.MAKERS.values());
    all.add(Vote::new);
    for (var maker : all) {
      for (var another : all) {
        var delta = another.get().delta();
        if (maker == another) {
          assertDoesNotThrow(() -> maker.get().apply(delta));
        } else {
          refuses(maker.get(), delta);
        }
      }
      refuses(maker.get(), Delta.getDefaultInstance());
      refuses(maker.get(), read("{\"lwwregister\": {}}"));
    }
  }

  private static void refuses(Value value, Delta delta) {
    assertThrows(InvalidDeltaException.class, () -> value.apply(delta), () -> value + ": " + delta);
  }

  /**
   * An entry that lacks its key, or whose delta is of another type or of a map of one type
   * (REP-MAP-017), is refused.
   */
  @Test
  void entriesThatCannotBeApplied() {
    var key = Codec.STRING.pack("pncounter");
    for (var entry :
        List.of(
            ORMapEntryDelta.newBuilder().setDelta(new PNCounter().delta()),
            ORMapEntryDelta.newBuilder().setKey(key),
            ORMapEntryDelta.newBuilder().setKey(key).setDelta(new GCounter().delta()),
            ORMapEntryDelta.newBuilder()
                .setKey(key)
                .setDelta(new PNCounterMap<>(Codec.STRING).delta()))) {
      for (var delta :
          List.of(
              ORMapDelta.newBuilder().addAdded(entry), ORMapDelta.newBuilder().addUpdated(entry))) {
        var map = Subjects.mixed();
        map.ensure("pncounter");
        map.commit();
        refuses(map, Delta.newBuilder().setOrmap(delta).build());
      }
    }
  }

  /** The same of the maps of one type. */
  @Test
  void entriesOfMapsOfOneType() {
    var keys = Codec.message(StringValue.class);
    var key = "{\"@type\": \"type.googleapis.com/google.protobuf.StringValue\"}";
    for (var list : List.of("added", "updated")) {
      var alone = "\": {\"" + list + "\": [{\"key\": " + key + "}]}}";
      refuses(new LWWRegisterMap<>(keys, keys), read("{\"lwwregisterMap" + alone));
      refuses(new ORMultiMap<>(keys, keys), read("{\"ormultiMap" + alone));
      var keyless = "\": {\"" + list + "\": [{\"change\": 1}]}}";
      refuses(new PNCounterMap<>(keys), read("{\"pncounterMap" + keyless));
      var register = "\": {\"" + list + "\": [{\"register\": {\"value\": " + key + "}}]}}";
      refuses(new LWWRegisterMap<>(keys, keys), read("{\"lwwregisterMap" + register));
      var set = "\": {\"" + list + "\": [{\"set\": {}}]}}";
      refuses(new ORMultiMap<>(keys, keys), read("{\"ormultiMap" + set));
    }
  }

  /** What a delta from elsewhere says of what is so already changes nothing. */
  @Test
  void nothingNews() throws InvalidDeltaException {
    assertFalse(new ORSet<>(Codec.STRING).apply(read("{\"orset\": {\"cleared\": true}}")));
    assertFalse(Subjects.mixed().apply(read("{\"ormap\": {\"cleared\": true}}")));
    var set = new GSet<>(Codec.STRING);
    set.add("a");
    var added = set.delta();
    set.commit();
    assertFalse(set.apply(added)); // REP-GSET-002
    assertFalse(new GCounter().apply(read("{\"gcounter\": {}}")));
    assertFalse(new PNCounter().apply(read("{\"pncounter\": {}}")));
    assertFalse(new Flag().apply(read("{\"flag\": {}}")));
    var flag = new Flag();
    assertTrue(flag.apply(read("{\"flag\": {\"value\": true}}")));
    assertFalse(flag.apply(read("{\"flag\": {\"value\": true}}")));
  }

  /**
   * What comes for a key that is not there is new, and what is added in place of one that is there
   * replaces it (REP-MAP-002).
   */
  @Test
  void entriesFromElsewhere() throws InvalidDeltaException {
    var entry =
        ORMapEntryDelta.newBuilder()
            .setKey(Codec.STRING.pack("pncounter"))
            .setDelta(read("{\"pncounter\": {\"change\": 5}}"));
    var map = Subjects.mixed();
    for (var delta :
        List.of(
            ORMapDelta.newBuilder().addUpdated(entry),
            ORMapDelta.newBuilder().addAdded(entry),
            ORMapDelta.newBuilder().setCleared(true).addAdded(entry))) {
      assertTrue(map.apply(Delta.newBuilder().setOrmap(delta).build()));
      assertEquals(Map.of("pncounter", 5L), plain(map));
    }
  }
}
