import { create } from "@bufbuild/protobuf";
import {
  DeltaSchema,
  LWWRegisterMapEntryDeltaSchema,
  type Delta,
} from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import type { Clock } from "./clock.js";
import type { Codec } from "./codec.js";
import { each, Entries, entryDelta } from "./entries.js";
import { LWWRegister } from "./lwwregister.js";
import { received, type Value } from "./value.js";

/** A map of registers, each with its own times. */
export class LWWRegisterMap<K, T> extends Entries<K, LWWRegister<T>, T> implements Value, Map<K, T> {
  readonly type = "lwwregisterMap";
  readonly [Symbol.toStringTag] = "LWWRegisterMap";
  readonly #values: Codec<T>;

  constructor(keys: Codec<K>, values: Codec<T>) {
    super(keys, () => new LWWRegister(values, undefined as T)); // a write follows at once
    this.#values = values;
  }

  /** Sets the value under the key, by the proxy's clock where no other is given. */
  set(key: K, value: T, clock?: Clock): this {
    this.#values.pack(value); // throws while there is no entry without a value yet
    this.valueOf(key).set(value, clock);
    return this;
  }

  /** Applies the delta of an ORMap for which the delta stands (REP-LWWMAP-001). */
  apply(delta: Delta): boolean {
    return this.receive(
      each(received(delta, this.type), ({ key, register }) =>
        entryDelta(key, register && { case: "lwwregister", value: register }),
      ),
    );
  }

  /** What stands for the delta of the ORMap (REP-LWWMAP-002). */
  delta(): Delta {
    const value = each(this.done(), ({ key, delta }) =>
      create(LWWRegisterMapEntryDeltaSchema, { key, register: received(delta, "lwwregister") }),
    );
    return create(DeltaSchema, { delta: { case: this.type, value } });
  }

  protected override show(register: LWWRegister<T>): T {
    return register.value;
  }
}
