import type { Delta } from "../../../gen/stateward/replicated/v1/replicated_pb.js";
import { PayloadError } from "../../payload.js";

/** The type of a value, by the name of its case in a delta. */
export type Type = NonNullable<Delta["delta"]["case"]>;

/** What a delta of this type holds. */
export type DeltaOf<T extends Type> = Extract<Delta["delta"], { case: T }>["value"];

/**
 * What the entity's stream does with a value; handlers have no use for it. Between
 * two commits a value collects what it is told to change: `delta` is that change, and
 * `rollback` undoes it. `apply` comes when nothing is collected. A value whose `apply`
 * has thrown is void.
 */
export interface Value {
  /** The case of the value's deltas (REP-TYPE-001). */
  readonly type: Type;
  /** Whether anything was done to the value since the last commit; a register's creation counts. */
  readonly changed: boolean;
  /**
   * Changes the value by a delta from elsewhere, and tells whether it did. Nothing of it
   * is ever in `delta` (REP-DELTA-003). Throws a {@link PayloadError} at a delta of another type, or one with a
   * payload that cannot be read.
   */
  apply(delta: Delta): boolean;
  /**
   * What was done since the last commit, as a new message, empty where nothing was done.
   * Of a value that was never committed it leads from the empty one.
   */
  delta(): Delta;
  /** Takes what was done as sent. */
  commit(): void;
  /** Undoes what was done since the last commit. */
  rollback(): void;
}

/** The types of the values that may stand in an ORMap; a map of one type may not (REP-MAP-017). */
export type EntryType = Exclude<Type, "pncounterMap" | "lwwregisterMap" | "ormultiMap">;

/** A value that may stand in an ORMap. */
export interface Entry extends Value {
  readonly type: EntryType;
}

/** Whether the value is a map of one type, which not every proxy knows. */
export function isOfOneType({ type }: Value): boolean {
  return type === "pncounterMap" || type === "lwwregisterMap" || type === "ormultiMap";
}

/** What the delta holds for a value of this type; throws where it is another's (REP-DELTA-004). */
export function received<T extends Type>(delta: Delta, type: T): DeltaOf<T> {
  if (delta.delta.case === type) return delta.delta.value as DeltaOf<T>;
  const is = delta.delta.case ?? "no case that is known here";
  throw new PayloadError(`a delta of ${is}, for a value of ${type} (REP-DELTA-004)`);
}
