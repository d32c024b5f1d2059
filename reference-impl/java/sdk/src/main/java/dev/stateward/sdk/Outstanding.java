package dev.stateward.sdk;

import java.util.HashMap;
import java.util.Map;

/**
 * Which command of a stream is being handled, and which have been read behind it. Whoever reads the
 * stream and whoever handles its commands share it.
 */
public final class Outstanding {
  private final Map<Long, Boolean> waiting = new HashMap<>(); // to begin: whether it is given up
  private long running; // the command being handled
  private Runnable cancel; // ends it; null where there is none

  /** Notes a command that was read. */
  synchronized void arrive(long id) {
    waiting.put(id, false);
  }

  /** Notes that the command is being handled, and how to end that. */
  synchronized void begin(long id, Runnable end) {
    running = id;
    cancel = end;
    if (Boolean.TRUE.equals(waiting.remove(id))) {
      end.run();
    }
  }

  /** Notes that the command is answered: its cancel is late from now on. */
  synchronized void end() {
    cancel = null;
  }

  /** Ends the command; changes nothing where it is answered or never came (CORE-CANCEL-004). */
  synchronized void giveUp(long id) {
    if (cancel != null && running == id) {
      cancel.run();
    } else {
      waiting.replace(id, true);
    }
  }
}
