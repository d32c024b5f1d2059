import { create } from "@bufbuild/protobuf";
import { DeltaSchema, type Delta } from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { outOfRange } from "./range.js";
import { received, type Entry } from "./value.js";

/** A number from 0 to 2^64 - 1 that grows. */
export class GCounter implements Entry {
  readonly type = "gcounter";
  #value = 0n;
  #added = 0n; // since the last commit

  /** The count. */
  get value(): bigint {
    return this.#value;
  }

  /** Adds n, which is not negative. Throws where the counter would leave its range; it is then as it was. */
  add(n: bigint | number): this {
    const added = BigInt(n);
    const value = this.#value + added;
    if (added < 0n || BigInt.asUintN(64, value) !== value) throw outOfRange();
    this.#value = value;
    this.#added += added;
    return this;
  }

  /** Adds what the delta adds, modulo 2^64 (REP-GCOUNTER-002). */
  apply(delta: Delta): boolean {
    const { increment } = received(delta, this.type);
    this.#value = BigInt.asUintN(64, this.#value + increment);
    return increment !== 0n;
  }

  get changed(): boolean {
    return this.#added !== 0n;
  }

  /** The sum of what was added (REP-GCOUNTER-001). */
  delta(): Delta {
    return create(DeltaSchema, { delta: { case: this.type, value: { increment: this.#added } } });
  }

  commit(): void {
    this.#added = 0n;
  }

  rollback(): void {
    this.#value -= this.#added;
    this.#added = 0n;
  }
}
