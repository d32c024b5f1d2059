package dev.stateward.sdk.replicated;

/**
 * How many proxies must hold a change before the caller of its command is answered. One that is not
 * reached within 5 s fails the command with DEADLINE_EXCEEDED; the change stays.
 */
public enum WriteConsistency {
  /** Waits for nobody. */
  LOCAL(dev.stateward.replicated.v1.WriteConsistency.WRITE_CONSISTENCY_LOCAL),
  /** Waits for more than half of the proxies, and the store. */
  MAJORITY(dev.stateward.replicated.v1.WriteConsistency.WRITE_CONSISTENCY_MAJORITY),
  /** Waits for every proxy, and the store. */
  ALL(dev.stateward.replicated.v1.WriteConsistency.WRITE_CONSISTENCY_ALL);

  final dev.stateward.replicated.v1.WriteConsistency wire;

  WriteConsistency(dev.stateward.replicated.v1.WriteConsistency wire) {
    this.wire = wire;
  }
}
