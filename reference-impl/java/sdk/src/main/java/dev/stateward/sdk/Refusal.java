package dev.stateward.sdk;

import io.grpc.Status;

/**
 * A refusal by the domain: a handler that throws it refuses the command, and the entity lives on.
 * The caller gets its code as the gRPC status, and its message, unchanged, as the description.
 *
 * <p>gRPC's own StatusRuntimeException, as a call of another service throws it, refuses as well.
 * Any other exception is a mistake in the handler: the log has its stack, and the entity is reset.
 */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** One of gRPC's codes 1 to 16. */
  private final Status.Code code;

  /** Refuses with this code; OK, which is no refusal, becomes UNKNOWN. */
  public Refusal(Status.Code code, String description) {
    super(description, null, false, false); // it is an answer, and nobody reads its stack
    this.code = code == Status.Code.OK ? Status.Code.UNKNOWN : code;
  }

  /** Refuses with UNKNOWN, for what callers need not tell apart. */
  public Refusal(String description) {
    this(Status.Code.UNKNOWN, description);
  }

  /** Returns what the caller gets as the status. */
  public Status.Code code() {
    return code;
  }
}
