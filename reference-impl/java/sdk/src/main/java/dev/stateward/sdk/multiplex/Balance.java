package dev.stateward.sdk.multiplex;

/**
 * What a sender may still send on a handle, in bytes. It is below 0 behind a message that was
 * larger than the window. Both sides count it.
 */
final class Balance {
  /** What a side may send on a handle that has taken nothing yet, in bytes. */
  static final long WINDOW = 65536;

  private long left = WINDOW;

  /** Says whether a message of so many bytes may be sent: it fits, or nothing is owed. */
  boolean admits(int bytes) {
    return bytes > 0 && (bytes <= left || left == WINDOW);
  }

  /** Takes a message of so many bytes, which is admitted. */
  void take(int bytes) {
    left -= bytes;
  }

  /** Gives so many bytes back, or returns false and changes nothing where not as many are owed. */
  boolean give(long bytes) {
    if (bytes <= 0 || bytes > WINDOW - left) {
      return false;
    }
    left += bytes;
    return true;
  }

  /** Returns it as people read it. */
  @Override
  public String toString() {
    return Long.toString(left);
  }
}
