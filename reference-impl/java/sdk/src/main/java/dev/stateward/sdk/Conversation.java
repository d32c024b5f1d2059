package dev.stateward.sdk;

/**
 * What was said on one stream, and so which message may come next, and what answers it. It does no
 * I/O, and is used by one thread at a time.
 */
public interface Conversation<Q, R> {
  /** Takes one message and returns what answers it. It throws nothing. */
  Step<R> step(Q message);

  /** Takes the proxy's half-close, behind the last message. */
  default Step<R> halfClose() {
    return Step.end();
  }

  /** Releases what the author's code holds: the stream is over, however it ended. Called last. */
  default void close() {}
}
