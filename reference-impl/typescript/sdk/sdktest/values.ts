// What the tests of the values share: a value of each type, and what a handler may do to it.
import fc from "fast-check";
import { Clock } from "../replicated/crdt/clock.js";
import { codec } from "../replicated/crdt/codec.js";
import { Flag } from "../replicated/crdt/flag.js";
import { GCounter } from "../replicated/crdt/gcounter.js";
import { GSet } from "../replicated/crdt/gset.js";
import { LWWRegister } from "../replicated/crdt/lwwregister.js";
import { LWWRegisterMap } from "../replicated/crdt/lwwregistermap.js";
import { ORMap } from "../replicated/crdt/ormap.js";
import { ORMultiMap } from "../replicated/crdt/ormultimap.js";
import { ORSet } from "../replicated/crdt/orset.js";
import { PNCounter } from "../replicated/crdt/pncounter.js";
import { PNCounterMap } from "../replicated/crdt/pncountermap.js";
import type { Entry, Value } from "../replicated/crdt/value.js";

/** Few, so that changes meet. */
export const names = ["", "a", "b", "c"];

/** Keys of a mixed map, each of which names the type of its value. */
export const mixedKeys = ["gcounter", "pncounter", "gset", "orset", "lwwregister", "flag", "ormap"];

/** A map whose values are of the type that their key names. */
export function newMixed(): ORMap<string> {
  return new ORMap(codec.string, (key): Entry => {
    switch (key) {
      case "gcounter":
        return new GCounter();
      case "pncounter":
        return new PNCounter();
      case "gset":
        return new GSet(codec.string);
      case "orset":
        return new ORSet(codec.string);
      case "lwwregister":
        return new LWWRegister(codec.string, "");
      case "flag":
        return new Flag();
      default:
        return newMixed();
    }
  });
}

/** An empty value of each type. A vote's deltas do not say the same in both directions; it has its own tests. */
export const makers: Record<string, () => Value> = {
  ...Object.fromEntries(mixedKeys.map((key) => [key, () => newMixed().ensure(key)])),
  pncounterMap: () => new PNCounterMap(codec.string),
  lwwregisterMap: () => new LWWRegisterMap(codec.string, codec.string),
  ormultiMap: () => new ORMultiMap(codec.string, codec.string),
};

/** One thing that a handler does; how it is read depends on the value. */
export interface Act {
  readonly edit: "clear" | "delete" | "put";
  readonly name: string;
  readonly key: string;
  readonly n: number;
  /** What is done to a value inside the value. */
  readonly inner: Act | null;
}

/** Any act. */
export const acts = fc.letrec<{ act: Act }>((tie) => ({
  act: fc.record<Act>({
    edit: fc.constantFrom("clear", "delete", "delete", "put", "put", "put"),
    name: fc.constantFrom(...names),
    key: fc.constantFrom(...mixedKeys),
    n: fc.integer({ min: -2, max: 2 }),
    inner: fc.option(tie("act"), { maxDepth: 2 }),
  }),
})).act;

/** Does it to the value, as a handler does. */
export function act(value: Value, todo: Act): void {
  const { name, key, n } = todo;
  if (value instanceof GCounter) value.add(Math.abs(n));
  else if (value instanceof PNCounter) value.add(n);
  else if (value instanceof GSet) value.add(name);
  else if (value instanceof LWWRegister) value.set(name, Clock.custom(n));
  else if (value instanceof Flag) value.set();
  else if (value instanceof ORSet) edit(value, name, todo, () => value.add(name));
  else if (value instanceof ORMap)
    edit(value, key, todo, () => {
      inside(value.ensure(key) as Value, todo);
    });
  else if (value instanceof PNCounterMap) edit(value, name, todo, () => value.add(name, n));
  else if (value instanceof LWWRegisterMap) edit(value, name, todo, () => value.set(name, key));
  else if (value instanceof ORMultiMap)
    edit(value, name, todo, () => {
      inside(value.ensure(name), todo);
    });
  else throw new Error(`nothing is known to do to a ${value.type}`);
}

function edit(
  value: { delete(key: string): boolean; clear(): void },
  key: string,
  todo: Act,
  put: () => void,
): void {
  if (todo.edit === "clear") value.clear();
  else if (todo.edit === "delete") value.delete(key);
  else put();
}

function inside(value: Value, { inner }: Act): void {
  if (inner) act(value, inner);
}

/** The value in the language's own types: an independent picture, to compare. */
export function plain(value: unknown): unknown {
  if (value instanceof GSet || value instanceof ORSet) return new Set(value);
  if (
    value instanceof ORMap ||
    value instanceof ORMultiMap ||
    value instanceof PNCounterMap ||
    value instanceof LWWRegisterMap
  )
    return new Map([...(value as Iterable<[string, unknown]>)].map(([key, shown]) => [key, plain(shown)]));
  if (
    value instanceof GCounter ||
    value instanceof PNCounter ||
    value instanceof Flag ||
    value instanceof LWWRegister
  )
    return value.value;
  return value;
}
