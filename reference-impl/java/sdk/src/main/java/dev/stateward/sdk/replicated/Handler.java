package dev.stateward.sdk.replicated;

/**
 * What one method does: it reads and changes the value, and returns the response or refuses.
 *
 * @param <V> the value
 * @param <Q> the request
 * @param <R> the response; {@link Streamed} where the method streams its responses
 */
@FunctionalInterface
public interface Handler<V, Q, R> {
  /**
   * Handles one command. It runs alone in its entity, and many entities run at once.
   *
   * @throws dev.stateward.sdk.Refusal refuses the command; what it did to the value is undone
   */
  R handle(ReplicatedContext context, V value, Q request);
}
