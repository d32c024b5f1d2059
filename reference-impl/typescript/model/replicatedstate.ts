import type { MessageInitShape } from "@bufbuild/protobuf";
import type { StateSchema } from "../gen/stateward/tck/replicated/v1/replicated_pb.js";
import {
  codec,
  Flag,
  GCounter,
  GSet,
  LWWRegister,
  LWWRegisterMap,
  ORMap,
  ORMultiMap,
  ORSet,
  PNCounter,
  PNCounterMap,
  Vote,
} from "../sdk/index.js";

/** Every value that may stand in an ORMap of the model. */
export type ModelEntry =
  | GCounter
  | PNCounter
  | GSet<string>
  | ORSet<string>
  | LWWRegister<string>
  | Flag
  | ORMap<string, ModelEntry>
  | Vote;

/** Every value that an entity of the model may have. */
export type ModelValue =
  ModelEntry | PNCounterMap<string> | LWWRegisterMap<string, string> | ORMultiMap<string, string>;

/** Empty values by the names of their types, with which ids and keys begin. */
const entries = new Map<string, () => ModelEntry>([
  ["GCounter", () => new GCounter()],
  ["PNCounter", () => new PNCounter()],
  ["GSet", () => new GSet(codec.string)],
  ["ORSet", () => new ORSet(codec.string)],
  ["LWWRegister", () => new LWWRegister(codec.string, "")],
  ["Flag", () => new Flag()],
  ["ORMap", () => new ORMap(codec.string, newEntry)],
  ["Vote", () => new Vote()],
]);

const values = new Map<string, () => ModelValue>([
  ...entries,
  ["PNCounterMap", () => new PNCounterMap(codec.string)],
  ["LWWRegisterMap", () => new LWWRegisterMap(codec.string, codec.string)],
  ["ORMultiMap", () => new ORMultiMap(codec.string, codec.string)],
]);

/** Whether an entity's id names a type. */
export function namesType(id: string): boolean {
  return values.has(typeOf(id));
}

/** Whether a key of an ORMap names a type. */
export function namesEntry(key: string): boolean {
  return entries.has(typeOf(key));
}

/** The empty value of the type that the id names. Of an id that names none it is one that no command reaches. */
export function newValue(id: string): ModelValue {
  return values.get(typeOf(id))?.() ?? new Flag();
}

/** The empty value of an entry of an ORMap, whose key names its type. */
function newEntry(key: string): ModelEntry {
  return entries.get(typeOf(key))?.() ?? new Flag();
}

/** The part of an id or a key that names its type. */
function typeOf(id: string): string {
  return id.split("-", 1)[0] ?? "";
}

/** The value as the kit reads it. */
export function stateOf(value: ModelValue): MessageInitShape<typeof StateSchema> {
  switch (value.type) {
    case "gcounter":
    case "pncounter":
    case "flag":
    case "lwwregister":
      return { value: { case: value.type, value: { value: value.value } } } as MessageInitShape<
        typeof StateSchema
      >;
    case "gset":
    case "orset":
      return { value: { case: value.type, value: elementsOf(value) } };
    case "vote":
      return {
        value: {
          case: "vote",
          value: { selfVote: value.mine, votesFor: value.for, totalVoters: value.voters },
        },
      };
    case "ormap":
      return {
        value: {
          case: "ormap",
          value: { entries: sorted(value).map(([key, of]) => ({ key, value: stateOf(of) })) },
        },
      };
    case "pncounterMap":
      return {
        value: {
          case: value.type,
          value: { entries: sorted(value).map(([key, of]) => ({ key, counter: { value: of } })) },
        },
      };
    case "lwwregisterMap":
      return {
        value: {
          case: value.type,
          value: { entries: sorted(value).map(([key, of]) => ({ key, register: { value: of } })) },
        },
      };
    case "ormultiMap":
      return {
        value: {
          case: value.type,
          value: { entries: sorted(value).map(([key, of]) => ({ key, set: elementsOf(of) })) },
        },
      };
  }
}

function elementsOf(set: Iterable<string>): { elements: string[] } {
  return { elements: [...set].sort(inBytes) };
}

function sorted<V>(map: Iterable<[string, V]>): [string, V][] {
  return [...map].sort(([a], [b]) => inBytes(a, b));
}

/** Compares text by its bytes, not by its UTF-16. */
function inBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
