/**
 * The values of replicated entities. They feel like the language's own: a counter is added
 * to, a set is a `Set`, a map reads as a `Map`; none of them knows of other proxies.
 *
 *     const visitors = new ORSet(codec.string);
 *     visitors.add("anna");
 *     for (const name of visitors) …
 *
 * Eight types may be an entity's value or stand in an {@link ORMap}: {@link GCounter},
 * {@link PNCounter}, {@link GSet}, {@link ORSet}, {@link LWWRegister}, {@link Flag},
 * {@link ORMap}, {@link Vote}. Three maps with values of one type are an entity's value
 * alone: {@link PNCounterMap}, {@link LWWRegisterMap}, {@link ORMultiMap}.
 *
 * What makes them replicated is in the background ({@link Value}): what came from elsewhere
 * is applied as a delta, and what a handler changed is collected as one. A value merges
 * nothing and keeps no clock; that is the proxy's (protocol/spec/replicated-types.md).
 *
 * Read on in this order: value.ts, gcounter.ts (the smallest), table.ts and orset.ts (what a
 * collection remembers of its changes), entries.ts and ormap.ts.
 */
export { Clock } from "./clock.js";
export { codec, type Codec } from "./codec.js";
export { Flag } from "./flag.js";
export { GCounter } from "./gcounter.js";
export { GSet } from "./gset.js";
export { LWWRegister } from "./lwwregister.js";
export { LWWRegisterMap } from "./lwwregistermap.js";
export { ORMap } from "./ormap.js";
export { ORMultiMap } from "./ormultimap.js";
export { ORSet } from "./orset.js";
export { PNCounter } from "./pncounter.js";
export { PNCounterMap } from "./pncountermap.js";
export { isOfOneType, type Entry, type Type, type Value } from "./value.js";
export { Vote } from "./vote.js";
