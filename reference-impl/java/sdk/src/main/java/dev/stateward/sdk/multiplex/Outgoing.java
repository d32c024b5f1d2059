package dev.stateward.sdk.multiplex;

import com.google.protobuf.ByteString;
import dev.stateward.multiplex.v1.HandleResponse;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * What one handle has to send: messages, as far as their balance goes; credit; and a last frame. It
 * is used under the session's lock.
 */
final class Outgoing {
  private final Frames frames;
  private final Balance balance = new Balance(); // what the function may send
  private final Queue<ByteString> messages = new ArrayDeque<>();
  private long credit; // bytes to give back
  private HandleResponse last; // null before it is decided, and once it is sent
  private boolean over; // the last frame was sent

  Outgoing(long handle) {
    frames = new Frames(handle);
  }

  /** Adds a message behind those that wait. */
  void add(ByteString message) {
    messages.add(message);
  }

  /** Says whether no message waits. */
  boolean isEmpty() {
    return messages.isEmpty();
  }

  /** Says whether the next message waits for no credit. */
  boolean isSendable() {
    return !messages.isEmpty() && admits(messages.peek());
  }

  /** Says whether the message could be sent, if it were the next. */
  boolean admits(ByteString message) {
    return balance.admits(message.size());
  }

  /** Takes the proxy's credit, or returns false where not as much is owed. */
  boolean give(long bytes) {
    return balance.give(bytes);
  }

  /** Notes bytes to give back. */
  void owe(long bytes) {
    credit += bytes;
  }

  /** Puts the last frame in place of all that waits, be it another last frame. */
  void end(HandleResponse frame) {
    messages.clear();
    credit = 0;
    last = frame;
  }

  /** Says whether the last frame was sent. */
  boolean isOver() {
    return over;
  }

  /** Returns the next message, which counts as sent. */
  HandleResponse nextMessage() {
    ByteString message = messages.remove();
    balance.take(message.size());
    return frames.message(message);
  }

  /** Returns the last frame, or else credit, which then count as sent; null where there is none. */
  HandleResponse nextControl() {
    HandleResponse frame = last;
    if (frame != null) {
      last = null;
      over = true;
    } else if (credit > 0) {
      frame = frames.credit(credit);
      credit = 0;
    }
    return frame;
  }
}
