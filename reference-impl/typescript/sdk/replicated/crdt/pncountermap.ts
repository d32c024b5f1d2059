import { create } from "@bufbuild/protobuf";
import {
  DeltaSchema,
  PNCounterDeltaSchema,
  PNCounterMapEntryDeltaSchema,
  type Delta,
} from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import type { Codec } from "./codec.js";
import { each, Entries, entryDelta } from "./entries.js";
import { PNCounter } from "./pncounter.js";
import { received, type Value } from "./value.js";

/** A map of counters. */
export class PNCounterMap<K> extends Entries<K, PNCounter, bigint> implements Value {
  readonly type = "pncounterMap";

  constructor(codec: Codec<K>) {
    super(codec, () => new PNCounter());
  }

  /**
   * Adds n to the counter under the key, and creates it first, of 0, where there is none.
   * Throws where the counter would leave its range; it is then as it was.
   */
  add(key: K, n: bigint | number): this {
    this.valueOf(key).add(n);
    return this;
  }

  /** Applies the delta of an ORMap for which the delta stands (REP-PNMAP-001). */
  apply(delta: Delta): boolean {
    return this.receive(
      each(received(delta, this.type), ({ key, change }) =>
        entryDelta(key, { case: "pncounter", value: create(PNCounterDeltaSchema, { change }) }),
      ),
    );
  }

  /** What stands for the delta of the ORMap (REP-PNMAP-002). */
  delta(): Delta {
    const value = each(this.done(), ({ key, delta }) =>
      create(PNCounterMapEntryDeltaSchema, { key, change: received(delta, "pncounter").change }),
    );
    return create(DeltaSchema, { delta: { case: this.type, value } });
  }

  protected override show(counter: PNCounter): bigint {
    return counter.value;
  }
}
