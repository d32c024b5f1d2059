package dev.stateward.sdk.value;

import com.google.protobuf.Message;

/** What one method does: it reads the value, sets or removes it, and returns the response. */
@FunctionalInterface
public interface Handler<V extends Message, Q, R> {
  /**
   * Handles one command. It runs alone in its entity, and many entities run at once.
   *
   * @throws dev.stateward.sdk.Refusal refuses the command
   */
  R handle(ValueContext<V> context, Q request);
}
