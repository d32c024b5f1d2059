package dev.stateward.sdk;

/**
 * Which command of a stream is being handled, and which has been read behind it. Whoever reads the
 * stream and whoever handles its commands share it.
 */
public final class Outstanding {
  private long read; // the last command read
  private long cancelled; // that command, where its cancel came before it began
  private long running; // the command being handled
  private Runnable cancel; // ends it; null where there is none

  /** Notes a command that was read. */
  synchronized void arrive(long id) {
    read = id;
    cancelled = 0;
  }

  /** Notes that the command is being handled, and how to end that. */
  synchronized void begin(long id, Runnable end) {
    running = id;
    cancel = end;
    if (cancelled == id && id != 0) {
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
    } else if (read == id) {
      cancelled = id;
    }
  }
}
