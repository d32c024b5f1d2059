package dev.stateward.sdk.replicated;

import com.google.protobuf.Message;

/**
 * Keeps a streamed call open. The entity calls it, one thing at a time, and it may use the value
 * that the handler was given.
 *
 * @param <R> the response
 */
@FunctionalInterface
public interface Watch<R extends Message> {
  /**
   * Returns what to say of the value, which has just been changed: by another command, from
   * elsewhere, or at the end of another call. Null says nothing; a refusal ends the call with it.
   * It changes no value.
   */
  R changed(News news);

  /**
   * Hears that the call has ended otherwise than by {@link News#end}: its caller has gone, or a
   * refusal ended it. It may change the value and ask for effects; where it refuses it did neither.
   * Nobody hears more.
   */
  default void cancelled(ReplicatedContext context) {}
}
