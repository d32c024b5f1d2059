import { create } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import {
  ORMapEntryDeltaSchema,
  type Delta,
  type ORMapEntryDelta,
} from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { PayloadError } from "../../payload.js";
import type { Codec } from "./codec.js";
import { sorted, Table, type Row } from "./table.js";
import type { Entry } from "./value.js";

/** The delta of a map whose entries are told as E. */
export interface Lists<E> {
  readonly cleared: boolean;
  readonly removed: Any[];
  readonly updated: E[];
  readonly added: E[];
}

/** The same delta, each entry told in another way. */
export function each<A, B>({ cleared, removed, updated, added }: Lists<A>, as: (entry: A) => B): Lists<B> {
  return { cleared, removed, updated: updated.map(as), added: added.map(as) };
}

/** What was done to one entry of whatever map. */
export interface Told {
  readonly key: Any;
  readonly delta: Delta;
}

/** An entry as an ORMap is told of it; what is absent stays so, and cannot be applied. */
export function entryDelta(key: Any | undefined, delta: Delta["delta"] | undefined): ORMapEntryDelta {
  return create(ORMapEntryDeltaSchema, { ...(key && { key }), ...(delta && { delta: { delta } }) });
}

/**
 * What all four maps are made of: rows whose values are values too. Whoever looks into the
 * map sees of each value V what `show` makes of it.
 */
export abstract class Entries<K, V extends Entry, Shown> implements ReadonlyMap<K, Shown> {
  readonly #table: Table<K, V>;
  readonly #create: (key: K) => V;
  // Whose values were handed out since the last commit: only these can have changed.
  readonly #touched = new Set<Row<K, V>>();

  /**
   * An empty map. `create` makes the empty value of a new entry, always of the same type
   * for the same key, so that no two proxies choose differently.
   */
  constructor(codec: Codec<K>, create: (key: K) => V) {
    this.#table = new Table(codec);
    this.#create = create;
  }

  protected abstract show(value: V): Shown;

  /** How many entries there are. */
  get size(): number {
    return this.#table.size;
  }

  /** Whether the key is in the map. */
  has(key: K): boolean {
    return this.#table.find(key).length > 0;
  }

  /** What is under the key, undefined where nothing is. */
  get(key: K): Shown | undefined {
    const [row] = this.#table.find(key);
    return row && this.show(this.#touch(row));
  }

  /** Removes the entry, and tells whether it was there. One that is created after it under the same key is a new one. */
  delete(key: K): boolean {
    return this.#table.delete(key);
  }

  /** Removes every entry. */
  clear(): void {
    this.#table.clear();
  }

  /** Keys with what is under them, in no order that others share. */
  *[Symbol.iterator](): Generator<[K, Shown], undefined> {
    for (const row of this.#table) yield [row.key, this.show(this.#touch(row))];
  }

  entries(): Generator<[K, Shown], undefined> {
    return this[Symbol.iterator]();
  }

  *keys(): Generator<K, undefined> {
    for (const row of this.#table) yield row.key;
  }

  *values(): Generator<Shown, undefined> {
    for (const [, shown] of this) yield shown;
  }

  forEach(callback: (shown: Shown, key: K, map: this) => void, self?: unknown): void {
    for (const [key, shown] of this) callback.call(self, shown, key, this);
  }

  get changed(): boolean {
    return this.#table.changed || [...this.#touched].some((row) => this.#updated(row));
  }

  commit(): void {
    for (const row of this.#touched) row.value.commit();
    this.#touched.clear();
    this.#table.commit();
  }

  rollback(): void {
    for (const row of this.#touched) row.value.rollback();
    this.#touched.clear();
    this.#table.rollback();
  }

  /** The value under the key, a new one where there is none. */
  protected valueOf(key: K): V {
    const row = this.#table.find(key)[0] ?? this.#table.add(key, this.#create(key));
    return this.#touch(row);
  }

  /** Changes the map in this order: cleared, removed, updated, added (REP-MAP-002). */
  protected receive(lists: Lists<ORMapEntryDelta>): boolean {
    this.#touched.clear(); // nothing is collected now, and a map that is only read here is never committed
    let changed = this.#table.take(lists.cleared, lists.removed);
    for (const entry of lists.updated) changed = this.#update(entry) || changed;
    for (const entry of lists.added) this.#insert(entry);
    return changed || lists.added.length > 0;
  }

  /** What was done, as an ORMap says it (REP-MAP-003 to REP-MAP-007). */
  protected done(): Lists<Told> {
    const tell = ({ form, value }: Row<K, V>): Told => ({ key: form, delta: value.delta() });
    return {
      cleared: this.#table.cleared,
      removed: this.#table.removed,
      updated: sorted(this.#touched)
        .filter((row) => this.#updated(row))
        .map(tell),
      added: this.#table.added.map(tell),
    };
  }

  #touch(row: Row<K, V>): V {
    this.#touched.add(row);
    return row.value;
  }

  #updated(row: Row<K, V>): boolean {
    return row.value.changed && this.#table.survives(row);
  }

  /** Changes one entry from elsewhere. One whose key is not there is added. */
  #update(entry: ORMapEntryDelta): boolean {
    const { found } = this.#table.receive(entry.key);
    if (found) return found.value.apply(deltaOf(entry));
    this.#insert(entry);
    return true;
  }

  /** Adds one entry from elsewhere, in the place of the one that has its key. */
  #insert(entry: ORMapEntryDelta): void {
    this.#table.insert(entry.key, (key) => {
      const value = this.#create(key);
      value.apply(deltaOf(entry));
      return value;
    });
  }
}

function deltaOf(entry: ORMapEntryDelta): Delta {
  if (entry.delta === undefined) throw new PayloadError("an entry without delta (REP-MAP-001)");
  return entry.delta;
}
