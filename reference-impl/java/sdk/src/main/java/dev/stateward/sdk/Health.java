package dev.stateward.sdk;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a function says of itself: whether commands may be sent to it. A database that it needs is
 * gone, a model is still being loaded. It is the function that is well or not, not one entity: an
 * entity that cannot answer refuses its commands. Any thread may use it.
 */
public final class Health {
  /** The most that a reason may hold, in bytes (LIFE-HEALTH-006). */
  private static final int MAX_REASON = 1024;

  /** How the function is; the reason is empty where it is serving. */
  record State(boolean serving, String reason) {}

  private final Set<Runnable> watchers = ConcurrentHashMap.newKeySet();
  private volatile State state = new State(true, "");

  /** Says that commands may be sent. */
  public void serving() {
    set(new State(true, ""));
  }

  /**
   * Says that commands would fail, and why, for people. Commands that are at hand are answered all
   * the same. A reason is cut after 1024 bytes (LIFE-HEALTH-006).
   */
  public void notServing(String reason) {
    set(new State(false, Failures.cut(reason, MAX_REASON)));
  }

  private void set(State next) {
    if (!next.equals(state)) {
      state = next;
      watchers.forEach(Runnable::run);
    }
  }

  /** Returns how the function is. */
  State now() {
    return state;
  }

  /** Calls whoever watches after each change. */
  void watch(Runnable watcher) {
    watchers.add(watcher);
  }

  /** Calls it no more. */
  void unwatch(Runnable watcher) {
    watchers.remove(watcher);
  }
}
