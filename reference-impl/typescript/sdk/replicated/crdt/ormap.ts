import { create } from "@bufbuild/protobuf";
import { DeltaSchema, type Delta } from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { Entries } from "./entries.js";
import { received, type Entry } from "./value.js";

/**
 * Entries of a key and a value. The values are of one class V, such as PNCounter; where V
 * is Entry, each key may have its own. Of a change and a remove of an entry at once on two
 * proxies, the change wins. A map may stand in a map, 16 deep.
 */
export class ORMap<K, V extends Entry = Entry> extends Entries<K, V, V> implements Entry {
  readonly type = "ormap";

  /**
   * The value under the key, a new one where there is none. What is done to a value of the
   * map is done to the map, until the entry is deleted.
   */
  ensure(key: K): V {
    return this.valueOf(key);
  }

  apply(delta: Delta): boolean {
    return this.receive(received(delta, this.type));
  }

  delta(): Delta {
    return create(DeltaSchema, { delta: { case: this.type, value: this.done() } });
  }

  protected override show(value: V): V {
    return value;
  }
}
