package dev.stateward.sdk.replicated.crdt;

import static dev.stateward.sdk.replicated.crdt.Subjects.NAMES;
import static dev.stateward.sdk.replicated.crdt.Subjects.act;
import static dev.stateward.sdk.replicated.crdt.Subjects.once;
import static dev.stateward.sdk.replicated.crdt.Subjects.plain;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import dev.stateward.replicated.v1.ORMapEntryDelta;
import dev.stateward.replicated.v1.ORMultiMapEntryDelta;
import dev.stateward.replicated.v1.PNCounterMapEntryDelta;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds of every value, whatever is done to it. */
class LawsTest {
  @Provide
  Arbitrary<String> types() {
    return Arbitraries.of(new TreeMap<>(Subjects.MAKERS).keySet());
  }

  @Provide
  Arbitrary<List<Integer>> numbers() {
    return Arbitraries.integers().between(0, 59).list().ofMaxSize(80);
  }

  /**
   * Two values that tell each other their deltas stay equal, whichever is changed (REP-UPD-001,
   * REP-DELTA-001, REP-ORSET-002, REP-MAP-003, REP-GCOUNTER-002, REP-PNCOUNTER-002, REP-LWW-004,
   * REP-FLAG-002, REP-FLAG-001, REP-GCOUNTER-001, REP-PNCOUNTER-001, REP-ORSET-001); a delta holds
   * nothing that was received (REP-DELTA-003), leads from the empty value to the same
   * (REP-INIT-008), and is undone without a trace (REP-FAIL-003).
   */
  @Property
  void deltas(@ForAll("types") String type, @ForAll("numbers") List<Integer> numbers)
      throws InvalidDeltaException {
    var choose = new Choices(numbers);
    var here = Subjects.MAKERS.get(type).get();
    var there = Subjects.MAKERS.get(type).get();
    tell(here, there, choose); // a register is created with a value
    for (var commands = 1 + choose.below(5); commands > 0; commands--) {
      var before = plain(here);
      for (var acts = choose.below(7); acts > 0; acts--) {
        act(here, choose);
      }
      if (choose.below(4) == 3) {
        here.rollback();
        assertEquals(before, plain(here), "rolled back");
      }
      tell(here, there, choose);
      var other = here;
      here = there;
      there = other;
    }
  }

  /** Commits what was done to one value, and applies it to the other. */
  private static void tell(Value from, Value to, Choices choose) throws InvalidDeltaException {
    var before = plain(from);
    var delta = from.delta();
    assertEquals(before, plain(from), "asked for its delta");
    assertEquals(delta, from.delta(), "asked again");
    var inner = (com.google.protobuf.Message) delta.getAllFields().values().iterator().next();
    assertEquals(from.changed(), inner.getSerializedSize() > 0, () -> "changed by " + delta);
    var held = plain(to);
    if (from.changed() || !(from instanceof LWWRegister)) { // whose delta is never empty
      var changes = to.apply(Subjects.shuffled(delta, choose));
      assertTrue(changes ? from.changed() : held.equals(plain(to)), () -> "says of " + delta);
    }
    assertEquals(plain(from), plain(to), "told");
    assertFalse(to.changed(), "what was received is to be sent");
    from.commit();
    assertFalse(from.changed(), "what was sent is to be sent again");
  }

  /**
   * The lists of a set's update are what came and what went, once each (REP-ORSET-003,
   * REP-ORSET-004, REP-ORSET-006); a clear names what is there afterwards, and nothing of what went
   * (REP-ORSET-005).
   */
  @Property
  void listsOfASet(@ForAll("numbers") List<Integer> numbers) {
    var choose = new Choices(numbers);
    var set = new ORSet<>(Codec.STRING);
    for (var acts = choose.below(6); acts > 0; acts--) {
      act(set, choose);
    }
    set.commit();
    var before = new HashSet<>(set);
    for (var acts = choose.below(9); acts > 0; acts--) {
      act(set, choose);
    }
    var delta = set.delta().getOrset();
    var came = new HashSet<>(set);
    var went = new HashSet<>(before);
    if (delta.getCleared()) {
      assertFalse(before.isEmpty(), "an empty set is cleared");
      went.clear();
    } else {
      came.removeAll(before);
      went.removeAll(set);
    }
    assertEquals(came, once(delta.getAddedList(), LawsTest::text));
    assertEquals(went, once(delta.getRemovedList(), LawsTest::text));
  }

  private static String text(Any form) {
    try {
      return Codec.STRING.unpack(form);
    } catch (InvalidDeltaException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * The lists of a map's update (REP-MAP-001, REP-MAP-004 to REP-MAP-008), against a reference that
   * notes what the command did to each key.
   */
  @Property
  void listsOfAMap(@ForAll("numbers") List<Integer> numbers) {
    var choose = new Choices(numbers);
    var map = new PNCounterMap<>(Codec.STRING);
    for (var acts = choose.below(6); acts > 0; acts--) {
      act(map, choose);
    }
    map.commit();
    var was = Set.copyOf(map.keySet());
    Set<String> gone = new HashSet<>();
    Map<String, Long> created = new HashMap<>();
    Map<String, Long> updated = new HashMap<>();
    var cleared = false;
    for (var acts = choose.below(11); acts > 0; acts--) {
      var key = choose.of(NAMES);
      switch (choose.below(5)) {
        case 0 -> {
          cleared |= !map.isEmpty() && !was.isEmpty();
          map.clear();
          gone.addAll(was);
          created.clear();
          updated.clear();
        }
        case 1 -> {
          map.remove(key);
          if (was.contains(key)) {
            gone.add(key);
          }
          created.remove(key);
          updated.remove(key);
        }
        default -> {
          var n = choose.below(3) - 1L;
          var isOld = was.contains(key) && !gone.contains(key);
          map.increment(key, n);
          (isOld ? updated : created).merge(key, n, Long::sum);
        }
      }
    }
    updated.values().removeIf(n -> n == 0); // nothing is left of what was done
    var delta = map.delta().getPncounterMap();
    assertEquals(cleared, delta.getCleared());
    assertEquals(cleared ? Set.of() : gone, once(delta.getRemovedList(), LawsTest::text));
    assertEquals(updated, changes(delta.getUpdatedList()));
    assertEquals(created, changes(delta.getAddedList()));
  }

  private static Map<String, Long> changes(List<PNCounterMapEntryDelta> entries) {
    Map<String, Long> changes = new HashMap<>();
    for (var entry : entries) {
      var twice = changes.put(text(entry.getKey()), entry.getChange());
      assertEquals(null, twice, () -> "one stands twice in " + entries);
    }
    return changes;
  }

  /**
   * An update of a map of one type stands for that of an ORMap with the same values, to which the
   * same was done (REP-PNMAP-002, REP-LWWMAP-002, REP-MULTI-002), and one that is received as well
   * (REP-PNMAP-001, REP-LWWMAP-001, REP-MULTI-001).
   */
  @Property
  void mapsOfOneTypeStandForAnORMap(@ForAll("numbers") List<Integer> numbers) {
    var choose = new Choices(numbers);
    var shorter = new ORMultiMap<>(Codec.STRING, Codec.STRING);
    var longer = new ORMap<>(Codec.STRING, key -> new ORSet<>(Codec.STRING));
    for (var commands = 2; commands > 0; commands--) {
      for (var acts = choose.below(9); acts > 0; acts--) {
        var key = choose.of(NAMES);
        var element = choose.of(NAMES);
        switch (choose.below(6)) {
          case 0 -> {
            shorter.clear();
            longer.clear();
          }
          case 1 -> {
            shorter.remove(key);
            longer.remove(key);
          }
          case 2 -> {
            shorter.ensure(key).remove(element);
            longer.ensure(key).remove(element);
          }
          default -> {
            shorter.ensure(key).add(element);
            longer.ensure(key).add(element);
          }
        }
      }
      var is = shorter.delta().getOrmultiMap();
      var stands = longer.delta().getOrmap();
      assertEquals(stands.getCleared(), is.getCleared());
      assertEquals(stands.getRemovedList(), is.getRemovedList());
      assertEquals(sets(stands.getUpdatedList()), is.getUpdatedList());
      assertEquals(sets(stands.getAddedList()), is.getAddedList());
      shorter.commit();
      longer.commit();
    }
  }

  private static List<ORMultiMapEntryDelta> sets(List<ORMapEntryDelta> entries) {
    return ReplicatedMap.each(
        entries,
        entry ->
            ORMultiMapEntryDelta.newBuilder()
                .setKey(entry.getKey())
                .setSet(entry.getDelta().getOrset())
                .build());
  }
}
