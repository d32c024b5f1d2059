import type {
  LWWRegisterMapUpdate,
  LWWRegisterUpdate,
  ORMapUpdate,
  ORMultiMapUpdate,
  ORSetUpdate,
  PNCounterMapUpdate,
  Update,
} from "../gen/stateward/tck/replicated/v1/replicated_pb.js";
import {
  Clock,
  Code,
  Refusal,
  type LWWRegisterMap,
  type ORMap,
  type ORMultiMap,
  type ORSet,
  type PNCounterMap,
} from "../sdk/index.js";
import { type ModelEntry, type ModelValue, namesEntry } from "./replicatedstate.js";

/**
 * Does to the value what the update says. Throws at an update of another type, and at a
 * counter that would leave its range.
 */
export function updateValue(value: ModelValue, { update }: Update): void {
  if (update.case === undefined) throw noAction();
  switch (update.case) {
    case "gcounter":
      on(value, update.case).add(update.value.increment);
      break;
    case "pncounter":
      on(value, update.case).add(update.value.change);
      break;
    case "gset":
      on(value, update.case).add(update.value.add);
      break;
    case "orset":
      updateORSet(on(value, update.case), update.value);
      break;
    case "lwwregister":
      on(value, update.case).set(update.value.value, clockOf(update.value));
      break;
    case "flag":
      on(value, update.case).set();
      break;
    case "ormap":
      updateORMap(on(value, update.case), update.value);
      break;
    case "vote":
      on(value, update.case).cast(update.value.selfVote);
      break;
    case "pncounterMap":
      updatePNCounterMap(on(value, update.case), update.value);
      break;
    case "lwwregisterMap":
      updateLWWRegisterMap(on(value, update.case), update.value);
      break;
    case "ormultiMap":
      updateORMultiMap(on(value, update.case), update.value);
      break;
  }
}

/** The value, where it is of this type. */
function on<T extends ModelValue["type"]>(value: ModelValue, type: T): Extract<ModelValue, { type: T }> {
  if (value.type === type) return value as Extract<ModelValue, { type: T }>;
  throw new Refusal(Code.INVALID_ARGUMENT, "the update is not of the value's type");
}

function updateORSet(set: ORSet<string>, { action }: ORSetUpdate): void {
  if (action.case === "add") set.add(action.value);
  else if (action.case === "remove") set.delete(action.value);
  else if (action.case === "clear") clearIf(set, action.value);
  else throw noAction();
}

function updateORMap(map: ORMap<string, ModelEntry>, { action }: ORMapUpdate): void {
  if (action.case === "add") map.ensure(typed(action.value));
  else if (action.case === "update") updateEntry(map.ensure(typed(action.value.key)), action.value.update);
  else if (action.case === "remove") map.delete(typed(action.value));
  else if (action.case === "clear") clearIf(map, action.value);
  else throw noAction();
}

function updateEntry(entry: ModelEntry, update: Update | undefined): void {
  if (update === undefined) throw noAction();
  updateValue(entry, update);
}

function updatePNCounterMap(map: PNCounterMap<string>, { action }: PNCounterMapUpdate): void {
  if (action.case === "add") map.add(action.value, 0);
  else if (action.case === "update") map.add(action.value.key, action.value.counter?.change ?? 0);
  else if (action.case === "remove") map.delete(action.value);
  else if (action.case === "clear") clearIf(map, action.value);
  else throw noAction();
}

function updateLWWRegisterMap(map: LWWRegisterMap<string, string>, { action }: LWWRegisterMapUpdate): void {
  if (action.case === "add") {
    if (!map.has(action.value)) map.set(action.value, "");
  } else if (action.case === "update") {
    map.set(action.value.key, action.value.register?.value ?? "", clockOf(action.value.register));
  } else if (action.case === "remove") map.delete(action.value);
  else if (action.case === "clear") clearIf(map, action.value);
  else throw noAction();
}

function updateORMultiMap(map: ORMultiMap<string, string>, { action }: ORMultiMapUpdate): void {
  if (action.case === "add") map.ensure(action.value);
  else if (action.case === "update") {
    if (action.value.set === undefined) throw noAction();
    updateORSet(map.ensure(action.value.key), action.value.set);
  } else if (action.case === "remove") map.delete(action.value);
  else if (action.case === "clear") clearIf(map, action.value);
  else throw noAction();
}

function clearIf(collection: { clear(): void }, asked: boolean): void {
  if (asked) collection.clear();
}

function clockOf(update: LWWRegisterUpdate | undefined): Clock | undefined {
  return update?.clock && Clock.of(update.clock.clockType, update.clock.customClockValue);
}

/** The key, if it names a type. */
function typed(key: string): string {
  if (namesEntry(key)) return key;
  throw noType();
}

/** What refuses an id, or a key, that names no type. */
export function noType(): Refusal {
  return new Refusal(Code.INVALID_ARGUMENT, "the id or key names no type");
}

/** What refuses an action, or an update, without a case that is known here. */
export function noAction(): Refusal {
  return new Refusal(Code.INVALID_ARGUMENT, "an action without a case that is known here");
}
