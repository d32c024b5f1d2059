/** What a side may send on a handle that has taken nothing yet, in bytes. */
const window = 65536;

/**
 * What a sender may still send on a handle, in bytes. It is below 0 behind a message that
 * was larger than the window. Both sides count it.
 */
export class Balance {
  #bytes = window;

  /** Whether a message of so many bytes may be sent: it fits, or nothing is owed. */
  admits(bytes: number): boolean {
    return bytes > 0 && (bytes <= this.#bytes || this.#bytes === window);
  }

  /** Counts a message of so many bytes, which is admitted. */
  take(bytes: number): void {
    this.#bytes -= bytes;
  }

  /** Gives so many bytes back; false, and nothing has changed, where so many are not owed. */
  give(bytes: bigint): boolean {
    if (bytes <= 0n || bytes > BigInt(window - this.#bytes)) return false;
    this.#bytes += Number(bytes);
    return true;
  }

  /** In a sentence. */
  toString(): string {
    return String(this.#bytes);
  }
}
