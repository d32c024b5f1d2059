import { create } from "@bufbuild/protobuf";
import { DeltaSchema, type Delta } from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { received, type Entry } from "./value.js";

/** False, until it is set. */
export class Flag implements Entry {
  readonly type = "flag";
  #value = false;
  #sets = false; // since the last commit

  /** Whether the flag is set. */
  get value(): boolean {
    return this.#value;
  }

  /** Sets the flag, for ever. */
  set(): void {
    this.#sets ||= !this.#value;
    this.#value = true;
  }

  /** Sets the flag where the delta says so (REP-FLAG-002). */
  apply(delta: Delta): boolean {
    const changed = received(delta, this.type).value && !this.#value;
    this.#value ||= changed;
    return changed;
  }

  get changed(): boolean {
    return this.#sets;
  }

  /**
   * Whether the flag was set (REP-FLAG-001). Of a flag that had been set before there is
   * nothing to say, and its delta is never sent.
   */
  delta(): Delta {
    return create(DeltaSchema, { delta: { case: this.type, value: { value: this.#sets } } });
  }

  commit(): void {
    this.#sets = false;
  }

  rollback(): void {
    this.#value &&= !this.#sets;
    this.#sets = false;
  }
}
