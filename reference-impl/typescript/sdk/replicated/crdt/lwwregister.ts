import { create, equals } from "@bufbuild/protobuf";
import { AnySchema, type Any } from "@bufbuild/protobuf/wkt";
import { DeltaSchema, type Delta } from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { PayloadError } from "../../payload.js";
import { Clock } from "./clock.js";
import type { Codec } from "./codec.js";
import { received, type Entry } from "./value.js";

/** One value, that of the last write. */
export class LWWRegister<T> implements Entry {
  readonly type = "lwwregister";
  readonly #codec: Codec<T>;
  #value: T;
  #before: T; // the value at the last commit
  #created = true; // and not yet committed
  #write: { readonly form: Any; readonly clock: Clock } | undefined; // since the last commit

  /** A register that is created with this value. */
  constructor(codec: Codec<T>, initial: T) {
    this.#codec = codec;
    this.#value = initial === undefined ? initial : codec.unpack(codec.pack(initial)); // as others read it
    this.#before = this.#value;
  }

  /** The value. */
  get value(): T {
    return this.#value;
  }

  /**
   * Sets the value, by the proxy's clock where no other is given. It is a write also where
   * the value is the same (REP-LWW-003).
   */
  set(value: T, clock = Clock.system): void {
    const form = this.#codec.pack(value);
    this.#value = this.#codec.unpack(form); // as others read it
    this.#write = { form, clock };
  }

  /** Takes the value (REP-LWW-004). */
  apply(delta: Delta): boolean {
    const form = received(delta, this.type).value;
    if (form === undefined) throw new PayloadError("a register's delta without value (REP-LWW-001)");
    const value = this.#codec.unpack(form);
    const changed = this.#created || !equals(AnySchema, this.#codec.pack(this.#value), form);
    [this.#value, this.#before, this.#created] = [value, value, false];
    return changed;
  }

  get changed(): boolean {
    return this.#created || this.#write !== undefined;
  }

  /** The last value that was set, with its clock (REP-LWW-001, REP-LWW-002). */
  delta(): Delta {
    const { form, clock } = this.#write ?? { form: undefined, clock: Clock.system };
    const value = form ?? (this.#created ? this.#codec.pack(this.#value) : undefined);
    return create(DeltaSchema, {
      delta: {
        case: this.type,
        value: { clock: clock.kind, customClockValue: clock.time, ...(value && { value }) },
      },
    });
  }

  commit(): void {
    [this.#before, this.#created, this.#write] = [this.#value, false, undefined];
  }

  /** A register that was created stays so. */
  rollback(): void {
    [this.#value, this.#write] = [this.#before, undefined];
  }
}
