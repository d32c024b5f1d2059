package dev.stateward.sdk.replicated.crdt;

import dev.stateward.replicated.v1.Delta;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Values of every type, what is done to them, and how they are compared. */
final class Subjects {
  private Subjects() {}

  /** Names are few, so that changes meet. */
  static final String[] NAMES = {"", "a", "b", "c"};

  private static final String[] MIXED_KEYS = {
    "gcounter", "pncounter", "gset", "orset", "register", "flag", "map"
  };

  /**
   * Make an empty value of each type. A vote's deltas do not say the same in both directions, and
   * it has its own tests.
   */
  static final Map<String, Supplier<Value>> MAKERS =
      Map.of(
          "GCounter", GCounter::new,
          "PNCounter", PNCounter::new,
          "GSet", () -> new GSet<>(Codec.STRING),
          "ORSet", () -> new ORSet<>(Codec.STRING),
          "LWWRegister", () -> new LWWRegister<>(Codec.STRING, ""),
          "Flag", Flag::new,
          "ORMap", Subjects::mixed,
          "PNCounterMap", () -> new PNCounterMap<>(Codec.STRING),
          "LWWRegisterMap", () -> new LWWRegisterMap<>(Codec.STRING, Codec.STRING),
          "ORMultiMap", () -> new ORMultiMap<>(Codec.STRING, Codec.STRING));

  /** Returns a map whose values are of the type that their key names. */
  static ORMap<String, Entry> mixed() {
    return new ORMap<>(
        Codec.STRING,
        key ->
            switch (key) {
              case "gcounter" -> new GCounter();
              case "pncounter" -> new PNCounter();
              case "gset" -> new GSet<>(Codec.STRING);
              case "orset" -> new ORSet<>(Codec.STRING);
              case "register" -> new LWWRegister<>(Codec.STRING, "");
              case "flag" -> new Flag();
              default -> mixed();
            });
  }

  /** Does one thing to the value, as a handler does. */
  @SuppressWarnings("unchecked") // all elements and keys here are strings
  static void act(Value value, Choices choose) {
    var name = choose.of(NAMES);
    if (value instanceof GCounter counter) {
      counter.increment(choose.below(3));
    } else if (value instanceof PNCounter counter) {
      counter.increment(choose.below(5) - 2);
    } else if (value instanceof GSet<?> set) {
      ((GSet<String>) set).add(name);
    } else if (value instanceof ORSet<?> set) {
      edit(choose, set::clear, () -> set.remove(name), () -> ((ORSet<String>) set).add(name));
    } else if (value instanceof LWWRegister<?> register) {
      ((LWWRegister<String>) register).set(name, Clock.custom(choose.below(10)));
    } else if (value instanceof Flag flag) {
      if (name.equals("a")) {
        flag.set();
      }
    } else if (value instanceof ORMap<?, ?> map) {
      var key = choose.of(MIXED_KEYS);
      var mixed = (ORMap<String, Entry>) map;
      edit(choose, map::clear, () -> map.remove(key), () -> act(mixed.ensure(key), choose));
    } else if (value instanceof PNCounterMap<?> map) {
      var counters = (PNCounterMap<String>) map;
      var n = choose.below(5) - 2;
      edit(choose, map::clear, () -> map.remove(name), () -> counters.increment(name, n));
    } else if (value instanceof LWWRegisterMap<?, ?> map) {
      var registers = (LWWRegisterMap<String, String>) map;
      var text = choose.of(NAMES);
      edit(choose, map::clear, () -> map.remove(name), () -> registers.put(name, text));
    } else if (value instanceof ORMultiMap<?, ?> map) {
      var sets = (ORMultiMap<String, String>) map;
      edit(choose, map::clear, () -> map.remove(name), () -> act(sets.ensure(name), choose));
    } else {
      throw new IllegalArgumentException("nothing is known to do to " + value.getClass());
    }
  }

  /** Puts, or removes the key, or everything. */
  private static void edit(Choices choose, Runnable clear, Runnable remove, Runnable put) {
    switch (choose.below(6)) {
      case 5 -> clear.run();
      case 3, 4 -> remove.run();
      default -> put.run();
    }
  }

  /** Returns the value as Java has it: an independent picture, to compare. */
  static Object plain(Object value) {
    if (value instanceof Map<?, ?> map) {
      var copy = new HashMap<>();
      map.forEach((key, entry) -> copy.put(key, plain(entry)));
      return copy;
    } else if (value instanceof Collection<?> set) {
      return new HashSet<>(set);
    } else if (value instanceof GCounter counter) {
      return counter.value();
    } else if (value instanceof PNCounter counter) {
      return counter.value();
    } else if (value instanceof LWWRegister<?> register) {
      return register.get();
    } else if (value instanceof Flag flag) {
      return flag.value();
    }
    return value;
  }

  /** Returns the delta with each of its lists in another order (REP-EQ-004). */
  static Delta shuffled(Delta delta, Choices choose) {
    var shuffled = delta.toBuilder();
    for (var field : delta.getAllFields().keySet()) {
      var inner = shuffled.getFieldBuilder(field);
      for (var list : inner.getAllFields().keySet()) {
        if (list.isRepeated()) {
          var order = choose.shuffled((java.util.List<?>) inner.getField(list));
          inner.setField(list, order);
        }
      }
    }
    return shuffled.build();
  }

  /** Returns what of makes of each, as a set; it fails where one comes twice. */
  static <A, B> java.util.Set<B> once(Collection<A> all, Function<A, B> of) {
    var set = all.stream().map(of).collect(Collectors.toSet());
    if (set.size() != all.size()) {
      throw new AssertionError("one stands twice in " + all);
    }
    return set;
  }
}
