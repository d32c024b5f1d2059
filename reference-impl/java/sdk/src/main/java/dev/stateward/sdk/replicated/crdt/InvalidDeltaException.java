package dev.stateward.sdk.replicated.crdt;

import dev.stateward.replicated.v1.Delta;
import java.io.Serial;

/** A delta from elsewhere cannot be applied: the proxy has made a mistake, or another function. */
public final class InvalidDeltaException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  InvalidDeltaException(String message) {
    super(message);
  }

  InvalidDeltaException(String message, Throwable cause) {
    super(message + ": " + cause.getMessage(), cause);
  }

  /** Refuses a delta that is not of this type (REP-DELTA-004). */
  static void requireType(Delta delta, Delta.DeltaCase type) throws InvalidDeltaException {
    if (delta.getDeltaCase() != type) {
      throw new InvalidDeltaException(
          "the delta of a %s for a %s (REP-DELTA-004)".formatted(delta.getDeltaCase(), type));
    }
  }
}
