package dev.stateward.sdk.replicated;

import com.google.protobuf.Message;

/**
 * What a handler of a method that streams its responses returns.
 *
 * @param response goes to the caller at once; null where there is none yet
 * @param watch says what comes later; null where the call ends with the response
 */
public record Streamed<R extends Message>(R response, Watch<R> watch) {
  /** Answers, and ends the call. */
  public static <R extends Message> Streamed<R> last(R response) {
    return new Streamed<>(response, null);
  }

  /** Answers, and keeps the call open. */
  public static <R extends Message> Streamed<R> open(R response, Watch<R> watch) {
    return new Streamed<>(response, watch);
  }

  /** Keeps the call open, and says nothing yet. */
  public static <R extends Message> Streamed<R> open(Watch<R> watch) {
    return new Streamed<>(null, watch);
  }
}
