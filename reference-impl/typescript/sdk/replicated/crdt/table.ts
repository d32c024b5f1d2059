import type { Any } from "@bufbuild/protobuf/wkt";
import { PayloadError } from "../../payload.js";
import { identity, type Codec } from "./codec.js";

/** One element of a set, or one entry of a map. */
export interface Row<K, V> {
  readonly key: K;
  /** The key as it came, or as it was packed here: what is removed is named by it (REP-EQ-003). */
  readonly form: Any;
  readonly value: V;
}

/**
 * The rows of a collection, and what was done to them since the last commit. Rows are
 * found by how their key is packed here. Mostly there is one for a key; there are more
 * where others packed it differently, and to the proxy these are different ones
 * (REP-EQ-001). A list of rows is never changed, but replaced.
 */
export class Table<K, V> {
  readonly #codec: Codec<K>;
  readonly #rows = new Map<string, readonly Row<K, V>[]>();
  #size = 0;

  readonly #removed = new Map<string, readonly Row<K, V>[]>(); // were there at the last commit
  readonly #added = new Set<Row<K, V>>(); // were not
  #cleared = false; // there was something, and all of it went

  constructor(codec: Codec<K>) {
    this.#codec = codec;
  }

  /** How many rows there are. */
  get size(): number {
    return this.#size;
  }

  /** The rows of the key. */
  find(key: K): readonly Row<K, V>[] {
    return this.#rows.get(this.#id(key)) ?? [];
  }

  /** The rows, in no order that others share. */
  *[Symbol.iterator](): Generator<Row<K, V>, undefined> {
    for (const rows of this.#rows.values()) yield* rows;
  }

  /** Puts a row into the table, whose key is not there. */
  add(key: K, value: V): Row<K, V> {
    const form = this.#codec.pack(key);
    const row = { key: this.#codec.unpack(form), form, value }; // as others read it
    this.#put(identity(form), [row]);
    this.#added.add(row);
    return row;
  }

  /**
   * Takes the key's remove back, and tells whether it could: after a clear, what is there
   * again is added (REP-ORSET-004).
   */
  restore(key: K): boolean {
    const id = this.#id(key);
    const rows = this.#removed.get(id);
    if (this.#cleared || rows === undefined) return false;
    this.#put(id, rows);
    return this.#removed.delete(id);
  }

  /** Removes the key, and tells whether it was there. */
  delete(key: K): boolean {
    const id = this.#id(key);
    const gone = this.#rows.get(id) ?? [];
    this.#forget(id, gone);
    this.#set(id, []);
    return gone.length > 0;
  }

  /** Removes all that is there. */
  clear(): void {
    if (this.#size === 0) return; // nothing is done (REP-ORSET-006)
    for (const [id, rows] of this.#rows) this.#forget(id, rows);
    this.#rows.clear();
    this.#size = 0;
    this.#cleared = this.#removed.size > 0;
  }

  /**
   * Reads a key from elsewhere. `found` is the row that has exactly this form. Throws at a
   * key that is missing, or cannot be read.
   */
  receive(form: Any | undefined): { id: string; key: K; form: Any; found: Row<K, V> | undefined } {
    if (form === undefined) throw new PayloadError("an entry without key (REP-MAP-001)");
    const key = this.#codec.unpack(form);
    const id = this.#id(key);
    const found = this.#rows.get(id)?.find((row) => identity(row.form) === identity(form));
    return { id, key, form, found };
  }

  /** Puts a row from elsewhere into the table, in the place of the one that has its form. */
  insert(form: Any | undefined, value: (key: K) => V): void {
    const { id, key, form: known, found } = this.receive(form);
    const row = { key, form: known, value: value(key) };
    this.#set(id, [...(this.#rows.get(id) ?? []).filter((other) => other !== found), row]);
  }

  /** Removes what a delta from elsewhere removes, and tells whether it was there. */
  take(cleared: boolean, removed: readonly Any[]): boolean {
    const before = this.#size;
    if (cleared) {
      this.#rows.clear();
      this.#size = 0;
    }
    for (const form of removed) {
      const { id, found } = this.receive(form);
      if (found)
        this.#set(
          id,
          (this.#rows.get(id) ?? []).filter((row) => row !== found),
        );
    }
    return this.#size !== before;
  }

  /** Whether anything came or went since the last commit. */
  get changed(): boolean {
    return this.#cleared || this.#removed.size > 0 || this.#added.size > 0;
  }

  /** Whether everything went at some point since the last commit. */
  get cleared(): boolean {
    return this.#cleared;
  }

  /** What a delta names as removed: nothing where it says cleared (REP-ORSET-003, REP-MAP-004). */
  get removed(): Any[] {
    return this.#cleared ? [] : sorted([...this.#removed.values()].flat()).map((row) => row.form);
  }

  /** The rows that are new since the last commit: all that are there, where it was cleared. */
  get added(): Row<K, V>[] {
    return sorted(this.#added);
  }

  /** Whether the row was there at the last commit, and still is. */
  survives(row: Row<K, V>): boolean {
    return !this.#added.has(row) && this.find(row.key).includes(row);
  }

  commit(): void {
    this.#removed.clear();
    this.#added.clear();
    this.#cleared = false;
  }

  rollback(): void {
    for (const [id, rows] of this.#rows)
      this.#set(
        id,
        rows.filter((row) => !this.#added.has(row)),
      );
    for (const [id, rows] of this.#removed) this.#put(id, rows);
    this.commit();
  }

  #id(key: K): string {
    return identity(this.#codec.pack(key));
  }

  /** Notes that the rows go. */
  #forget(id: string, rows: readonly Row<K, V>[]): void {
    const were = rows.filter((row) => !this.#added.delete(row));
    if (were.length > 0) this.#removed.set(id, [...(this.#removed.get(id) ?? []), ...were]);
  }

  #put(id: string, rows: readonly Row<K, V>[]): void {
    this.#set(id, [...(this.#rows.get(id) ?? []), ...rows]);
  }

  /** Leaves these rows under the id. */
  #set(id: string, rows: readonly Row<K, V>[]): void {
    this.#size += rows.length - (this.#rows.get(id)?.length ?? 0);
    if (rows.length > 0) this.#rows.set(id, rows);
    else this.#rows.delete(id);
  }
}

/** The rows in the order of their forms, so that one change is always told in one way. */
export function sorted<K, V>(rows: Iterable<Row<K, V>>): Row<K, V>[] {
  return [...rows].sort(({ form: a }, { form: b }) => {
    if (a.typeUrl !== b.typeUrl) return a.typeUrl < b.typeUrl ? -1 : 1;
    return Buffer.compare(a.value, b.value);
  });
}
