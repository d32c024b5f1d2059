package dev.stateward.sdk.multiplex;

import dev.stateward.multiplex.v1.HandleResponse;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Says in which order the handles of a stream are written: first what needs no credit
 * (MUX-FAIR-004), then one message of each handle that has one, in turn (MUX-FAIR-002). It is used
 * under the session's lock.
 */
final class Outbox {
  private final Set<Handle<?, ?>> control = new LinkedHashSet<>(); // credit or a last frame
  private final Set<Handle<?, ?>> messages = new LinkedHashSet<>(); // a message

  /** Notes that the handle has credit to give, or its last frame to send. */
  void soon(Handle<?, ?> handle) {
    control.add(handle);
  }

  /** Notes that the handle has a message to send, behind all that have one already. */
  void ready(Handle<?, ?> handle) {
    messages.add(handle);
  }

  /** Returns the next frame to write; null where there is none. */
  HandleResponse next() {
    HandleResponse frame = null;
    while (frame == null && !control.isEmpty()) {
      frame = take(control).nextControl();
    }
    while (frame == null && !messages.isEmpty()) {
      frame = take(messages).nextMessage();
    }
    return frame;
  }

  private static Handle<?, ?> take(Set<Handle<?, ?>> queue) {
    Handle<?, ?> first = queue.iterator().next();
    queue.remove(first);
    return first;
  }
}
