package dev.stateward.sdk.replicated.crdt;

/**
 * Gives a write to a register its time, by which the proxy finds the last one.
 *
 * @param kind as the protocol names it; one that is unknown is the default
 * @param time of the custom clocks, and 0 of the others
 */
public record Clock(dev.stateward.replicated.v1.Clock kind, long time) {
  /** The proxy's own clock: the last write wins. */
  public static final Clock DEFAULT = new Clock(dev.stateward.replicated.v1.Clock.CLOCK_DEFAULT, 0);

  /** The same clock backwards: the first write wins. */
  public static final Clock REVERSE = new Clock(dev.stateward.replicated.v1.Clock.CLOCK_REVERSE, 0);

  /** Makes a clock of the protocol's parts. */
  public Clock {
    switch (kind) {
      case CLOCK_CUSTOM, CLOCK_CUSTOM_AUTO_INCREMENT -> {}
      case CLOCK_REVERSE -> time = 0;
      default -> {
        kind = dev.stateward.replicated.v1.Clock.CLOCK_DEFAULT;
        time = 0;
      }
    }
  }

  /** Lets the write with the greatest time win, in whatever unit. */
  public static Clock custom(long time) {
    return new Clock(dev.stateward.replicated.v1.Clock.CLOCK_CUSTOM, time);
  }

  /**
   * Is {@link #custom}, with a time that is at least one more than that of the value which the
   * write replaces.
   */
  public static Clock customAutoIncrement(long time) {
    return new Clock(dev.stateward.replicated.v1.Clock.CLOCK_CUSTOM_AUTO_INCREMENT, time);
  }
}
