package dev.stateward.sdk.replicated.crdt;

import static dev.stateward.sdk.replicated.crdt.Subjects.NAMES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** The collections keep the promises of {@link java.util}. */
class CollectionsTest {
  @Provide
  Arbitrary<List<Integer>> numbers() {
    return Arbitraries.integers().between(0, 59).list().ofMaxSize(60);
  }

  /** An ORSet is what a HashSet is, whatever is done to both. */
  @Property
  void setLikeAnyOther(@ForAll("numbers") List<Integer> numbers) {
    var choose = new Choices(numbers);
    var set = new ORSet<>(Codec.STRING);
    Set<String> model = new HashSet<>();
    for (var acts = choose.below(15); acts > 0; acts--) {
      var name = choose.of(NAMES);
      switch (choose.below(6)) {
        case 0 -> assertEquals(model.remove(name), set.remove(name));
        case 1 -> {
          model.clear();
          set.clear();
        }
        case 2 -> assertEquals(model.removeIf(name::equals), set.removeIf(name::equals));
        case 3 ->
            assertEquals(model.retainAll(List.of(name, "a")), set.retainAll(List.of(name, "a")));
        default -> assertEquals(model.add(name), set.add(name));
      }
      assertEquals(model, set);
      assertEquals(set, model);
      assertEquals(model.hashCode(), set.hashCode());
      assertEquals(model.size(), set.size());
      assertEquals(model.contains(name), set.contains(name));
    }
  }

  /** An LWWRegisterMap is what a HashMap is, whatever is done to both. */
  @Property
  void mapLikeAnyOther(@ForAll("numbers") List<Integer> numbers) {
    var choose = new Choices(numbers);
    var map = new LWWRegisterMap<>(Codec.STRING, Codec.STRING);
    Map<String, String> model = new HashMap<>();
    for (var acts = choose.below(15); acts > 0; acts--) {
      var key = choose.of(NAMES);
      var value = choose.of(NAMES);
      switch (choose.below(9)) {
        case 0 -> assertEquals(model.remove(key), map.remove(key));
        case 1 -> {
          model.clear();
          map.clear();
        }
        case 2 ->
            assertEquals(
                model.merge(key, value, String::concat), map.merge(key, value, String::concat));
        case 3 -> assertEquals(model.keySet().remove(key), map.keySet().remove(key));
        case 4 ->
            assertEquals(
                model.values().removeIf(value::equals), map.values().removeIf(value::equals));
        case 5 -> {
          model.replaceAll((k, v) -> v + k);
          map.replaceAll((k, v) -> v + k);
        }
        case 6 -> assertEquals(model.putIfAbsent(key, value), map.putIfAbsent(key, value));
        default -> assertEquals(model.put(key, value), map.put(key, value));
      }
      assertEquals(model, map);
      assertEquals(map, model);
      assertEquals(model.hashCode(), map.hashCode());
      assertEquals(model.size(), map.size());
      assertEquals(model.containsKey(key), map.containsKey(key));
      assertEquals(model.get(key), map.get(key));
      assertEquals(model, Subjects.plain(map)); // a copy of every entry
    }
  }

  /** A set that only grows says so to whoever removes. */
  @Test // REP-GSET-001
  void onlyGrows() {
    var set = new GSet<>(Codec.STRING);
    set.addAll(List.of("a", "b"));
    assertThrows(UnsupportedOperationException.class, () -> set.remove("a"));
    assertThrows(UnsupportedOperationException.class, set::clear);
    assertThrows(UnsupportedOperationException.class, () -> set.removeIf("a"::equals));
    assertFalse(set.remove("c"), "was not there");
    assertEquals(Set.of("a", "b"), set);
  }

  /**
   * A map that creates its values says so to whoever puts one, and an entry to whoever sets one.
   */
  @Test
  void createsItsValues() {
    var map = new ORMap<>(Codec.STRING, key -> new Flag());
    var counters = new PNCounterMap<>(Codec.STRING);
    var sets = new ORMultiMap<>(Codec.STRING, Codec.STRING);
    assertThrows(UnsupportedOperationException.class, () -> map.put("a", new Flag()));
    assertThrows(UnsupportedOperationException.class, () -> counters.put("a", 1L));
    assertThrows(
        UnsupportedOperationException.class, () -> sets.put("a", new ORSet<>(Codec.STRING)));
    counters.increment("a", 1);
    var entry = counters.entrySet().iterator().next();
    assertThrows(UnsupportedOperationException.class, () -> entry.setValue(2L));
  }

  /** What is not there is told apart from what is empty. */
  @Test
  void absent() {
    var counters = new PNCounterMap<>(Codec.STRING);
    var sets = new ORMultiMap<>(Codec.STRING, Codec.INT64);
    counters.increment("a", 0);
    sets.ensure("a");
    assertEquals(0, counters.get("a"));
    assertEquals(Set.of(), sets.get("a"));
    assertNull(counters.get("b"));
    assertNull(sets.get("b"));
    assertNull(counters.get(1)); // nor is a key of another class
    assertFalse(counters.containsKey(null));
    assertNull(sets.remove(1));
    assertFalse(sets.get("a").contains("a"));
    assertEquals(Set.of(), sets.remove("a"));
    assertTrue(sets.isEmpty());
  }

  /** What is done to a value that a map has handed out is done to the map. */
  @Test
  void valuesAreTheMaps() {
    var map = new ORMap<>(Codec.STRING, key -> new PNCounter());
    map.ensure("a").increment(1);
    map.ensure("b").increment(1);
    map.commit();
    map.get("a").increment(2);
    map.values().forEach(counter -> counter.increment(3));
    assertEquals(Map.of("a", 6L, "b", 4L), Subjects.plain(map));
    assertTrue(map.changed());
    assertEquals(2, map.delta().getOrmap().getUpdatedCount());
    map.rollback();
    assertEquals(Map.of("a", 1L, "b", 1L), Subjects.plain(map));
  }

  /** What a reader was handed, and what goes elsewhere, is not kept. */
  @Test
  void removedElsewhere() throws InvalidDeltaException {
    var map = new ORMultiMap<>(Codec.STRING, Codec.STRING);
    map.ensure("a");
    map.commit();
    assertEquals(Set.of(), map.get("a"));
    assertTrue(map.apply(Deltas.read("{\"ormultiMap\": {\"cleared\": true}}")));
    assertEquals(Set.of(), map.entries.touched);
  }

  /** An entry of a register map writes, and says so. */
  @Test
  void entriesWrite() {
    var map = new LWWRegisterMap<>(Codec.STRING, Codec.STRING);
    map.put("a", "1");
    map.commit();
    var entry = map.entrySet().iterator().next();
    assertEquals("1", entry.setValue("2"));
    assertEquals("2", entry.getValue());
    assertEquals("2", map.get("a"));
    assertTrue(map.changed());
  }

  /** Whoever goes over a collection may change it meanwhile, and goes over what there was. */
  @Test
  void changedMeanwhile() {
    var set = new ORSet<>(Codec.STRING);
    set.addAll(List.of("a", "b"));
    var all = set.iterator();
    set.add("c");
    set.remove("b");
    assertThrows(IllegalStateException.class, all::remove);
    assertEquals("a", all.next());
    all.remove();
    assertThrows(IllegalStateException.class, all::remove);
    assertEquals("b", all.next());
    assertThrows(NoSuchElementException.class, all::next);
    assertEquals(Set.of("c"), set);
  }
}
