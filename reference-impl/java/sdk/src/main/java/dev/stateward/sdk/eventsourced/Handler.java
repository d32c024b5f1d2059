package dev.stateward.sdk.eventsourced;

/** What one method does: it reads the state, emits events, and returns the response or refuses. */
@FunctionalInterface
public interface Handler<S, Q, R> {
  /**
   * Handles one command. It runs alone in its entity, and many entities run at once.
   *
   * @throws dev.stateward.sdk.Refusal refuses the command
   */
  R handle(EventSourcedContext context, S state, Q request);
}
