package dev.stateward.sdk;

import dev.stateward.discovery.v1.Capability;
import io.grpc.Context;
import io.grpc.Status;
import java.util.logging.Logger;

/**
 * What a stream stands in. It is for the kinds of entities.
 *
 * @param host the function that serves it
 * @param connection what the proxy said of itself where the stream was opened
 * @param commands which of the stream's commands are under way
 * @param scope ends with the stream
 */
public record Surroundings(Host host, Connection connection, Outstanding commands, Context scope) {

  /** Returns the function's log. */
  public Logger log() {
    return host.log();
  }

  /**
   * Refuses, FAILED_PRECONDITION, where the proxy cannot do what the capability is for: what
   * belongs to a capability that is not in force is never sent (DISC-CAP-006).
   *
   * @param what says what the proxy then does not do
   */
  public void require(Capability capability, String what) {
    if (!connection.inForce(capability)) {
      throw new Refusal(Status.Code.FAILED_PRECONDITION, "the proxy " + what + " (DISC-CAP-006)");
    }
  }
}
