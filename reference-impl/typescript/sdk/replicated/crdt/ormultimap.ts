import { create } from "@bufbuild/protobuf";
import {
  DeltaSchema,
  ORMultiMapEntryDeltaSchema,
  type Delta,
} from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import type { Codec } from "./codec.js";
import { each, Entries, entryDelta } from "./entries.js";
import { ORSet } from "./orset.js";
import { received, type Value } from "./value.js";

/** A map of sets. A key stays until it is deleted, with an empty set where nothing else is left. */
export class ORMultiMap<K, E> extends Entries<K, ORSet<E>, ORSet<E>> implements Value {
  readonly type = "ormultiMap";

  constructor(keys: Codec<K>, elements: Codec<E>) {
    super(keys, () => new ORSet(elements));
  }

  /**
   * The set under the key, a new one where there is none. What is done to a set of the map
   * is done to the map, until the key is deleted.
   */
  ensure(key: K): ORSet<E> {
    return this.valueOf(key);
  }

  /** Applies the delta of an ORMap for which the delta stands (REP-MULTI-001). */
  apply(delta: Delta): boolean {
    return this.receive(
      each(received(delta, this.type), ({ key, set }) =>
        entryDelta(key, set && { case: "orset", value: set }),
      ),
    );
  }

  /** What stands for the delta of the ORMap (REP-MULTI-002). */
  delta(): Delta {
    const value = each(this.done(), ({ key, delta }) =>
      create(ORMultiMapEntryDeltaSchema, { key, set: received(delta, "orset") }),
    );
    return create(DeltaSchema, { delta: { case: this.type, value } });
  }

  protected override show(set: ORSet<E>): ORSet<E> {
    return set;
  }
}
