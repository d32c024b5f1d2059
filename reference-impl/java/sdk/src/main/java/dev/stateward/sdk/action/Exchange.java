package dev.stateward.sdk.action;

import java.util.stream.Stream;

/**
 * What one call says whose requests and responses both stream. Most say nothing but in answer to a
 * request, and are a function of it.
 */
@FunctionalInterface
public interface Exchange<Q, R> {
  /** Returns what is said before the first request. */
  default Stream<R> open() {
    return Stream.empty();
  }

  /** Answers a request. The next one comes once these responses are sent. */
  Stream<R> request(Q request);

  /**
   * Returns what is said behind the last request: the caller has half-closed, or the context was
   * told to {@link ActionContext#end}.
   */
  default Stream<R> end() {
    return Stream.empty();
  }
}
