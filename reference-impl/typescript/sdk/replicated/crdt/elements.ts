import type { Any } from "@bufbuild/protobuf/wkt";
import type { Codec } from "./codec.js";
import { Table } from "./table.js";

/** What both sets are made of: rows without values. */
export abstract class Elements<E> implements ReadonlySet<E> {
  protected readonly table: Table<E, undefined>;

  /** An empty set, whose elements travel by this codec. */
  constructor(codec: Codec<E>) {
    this.table = new Table(codec);
  }

  /** How many elements there are. */
  get size(): number {
    return this.table.size;
  }

  /** Whether the element is in the set. */
  has(element: E): boolean {
    return this.table.find(element).length > 0;
  }

  /** Puts the element into the set. */
  abstract add(element: E): this;

  /** The elements, in no order that others share. */
  *[Symbol.iterator](): Generator<E, undefined> {
    for (const row of this.table) yield row.key;
  }

  keys(): Generator<E, undefined> {
    return this[Symbol.iterator]();
  }

  values(): Generator<E, undefined> {
    return this[Symbol.iterator]();
  }

  *entries(): Generator<[E, E], undefined> {
    for (const element of this) yield [element, element];
  }

  forEach(callback: (element: E, again: E, set: this) => void, self?: unknown): void {
    for (const element of this) callback.call(self, element, element, this);
  }

  get changed(): boolean {
    return this.table.changed;
  }

  commit(): void {
    this.table.commit();
  }

  rollback(): void {
    this.table.rollback();
  }

  /** Puts elements from elsewhere into the set; what is there already changes nothing (REP-GSET-002). */
  protected receive(forms: readonly Any[]): boolean {
    const before = this.table.size;
    for (const form of forms) {
      if (!this.table.receive(form).found) this.table.insert(form, () => undefined);
    }
    return this.table.size !== before;
  }

  /** The elements that were added, in order. */
  protected get added(): Any[] {
    return this.table.added.map((row) => row.form);
  }
}
