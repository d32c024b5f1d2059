import { create } from "@bufbuild/protobuf";
import { DeltaSchema, type Delta } from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { outOfRange } from "./range.js";
import { received, type Entry } from "./value.js";

/** A number from -2^63 to 2^63 - 1 that grows and shrinks. */
export class PNCounter implements Entry {
  readonly type = "pncounter";
  #value = 0n;
  #change = 0n; // since the last commit

  /** The count. */
  get value(): bigint {
    return this.#value;
  }

  /**
   * Adds n, and takes from the counter where n is negative. Throws where the counter
   * would leave its range; it is then as it was. One command changes a counter by less
   * than 2^63, for that is what a delta can say.
   */
  add(n: bigint | number): this {
    const [value, change] = [this.#value + BigInt(n), this.#change + BigInt(n)];
    if (wrap(value) !== value || wrap(change) !== change) throw outOfRange();
    this.#value = value;
    this.#change = change;
    return this;
  }

  /** Adds what the delta adds, modulo 2^64 (REP-PNCOUNTER-002). */
  apply(delta: Delta): boolean {
    const { change } = received(delta, this.type);
    this.#value = wrap(this.#value + change);
    return change !== 0n;
  }

  /** What was added and taken again comes to nothing. */
  get changed(): boolean {
    return this.#change !== 0n;
  }

  /** What was added less what was taken (REP-PNCOUNTER-001). */
  delta(): Delta {
    return create(DeltaSchema, { delta: { case: this.type, value: { change: this.#change } } });
  }

  commit(): void {
    this.#change = 0n;
  }

  rollback(): void {
    this.#value -= this.#change;
    this.#change = 0n;
  }
}

function wrap(n: bigint): bigint {
  return BigInt.asIntN(64, n);
}
