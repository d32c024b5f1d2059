import { create } from "@bufbuild/protobuf";
import { DeltaSchema, type Delta } from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { Elements } from "./elements.js";
import { received, type Entry } from "./value.js";

/** A set that grows: a `Set` without what takes away. */
export class GSet<E> extends Elements<E> implements Entry {
  readonly type = "gset";

  override add(element: E): this {
    if (!this.has(element)) this.table.add(element, undefined);
    return this;
  }

  apply(delta: Delta): boolean {
    return this.receive(received(delta, this.type).added);
  }

  /** The elements that were added (REP-GSET-001). */
  delta(): Delta {
    return create(DeltaSchema, { delta: { case: this.type, value: { added: this.added } } });
  }
}
