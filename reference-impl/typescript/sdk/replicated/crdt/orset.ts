import { create } from "@bufbuild/protobuf";
import { DeltaSchema, type Delta } from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { Elements } from "./elements.js";
import { received, type Entry } from "./value.js";

/** A set that grows and shrinks. Of an add and a remove at once on two proxies, the add wins. */
export class ORSet<E> extends Elements<E> implements Entry, Set<E> {
  readonly type = "orset";
  readonly [Symbol.toStringTag] = "ORSet";

  override add(element: E): this {
    if (!this.has(element) && !this.table.restore(element)) this.table.add(element, undefined);
    return this;
  }

  /** Removes the element, and tells whether it was there. */
  delete(element: E): boolean {
    return this.table.delete(element);
  }

  /** Removes every element. */
  clear(): void {
    this.table.clear();
  }

  /** Removes and adds in this order: cleared, removed, added (REP-ORSET-001). */
  apply(delta: Delta): boolean {
    const { cleared, removed, added } = received(delta, this.type);
    const went = this.table.take(cleared, removed);
    return this.receive(added) || went;
  }

  /**
   * What came and went: after a clear every element that is there, otherwise what is new,
   * and what is gone (REP-ORSET-002 to REP-ORSET-004).
   */
  delta(): Delta {
    const { cleared, removed } = this.table;
    return create(DeltaSchema, {
      delta: { case: this.type, value: { cleared, removed, added: this.added } },
    });
  }
}
