/**
 * The values of replicated entities. They feel like Java's own: a counter is incremented, a set is
 * a {@link java.util.Set}, a map is a {@link java.util.Map}; none of them knows of other proxies.
 *
 * <pre>{@code
 * ORSet<String> visitors = new ORSet<>(Codec.STRING);
 * visitors.add("anna");
 * }</pre>
 *
 * <p>Eight types may be an entity's value or stand in an {@code ORMap}: {@code GCounter}, {@code
 * PNCounter}, {@code GSet}, {@code ORSet}, {@code LWWRegister}, {@code Flag}, {@code ORMap}, {@code
 * Vote}. Three maps with values of one type are an entity's value alone: {@code PNCounterMap},
 * {@code LWWRegisterMap}, {@code ORMultiMap}.
 *
 * <p>What makes them replicated is in the background (see {@code Value}): what came from elsewhere
 * is applied as a delta, and what a handler changed is collected as one. A value merges nothing and
 * keeps no clock; that is the proxy's (see protocol/spec/replicated-types.md). Values are not for
 * several threads. No collection holds null, and the order of one says nothing.
 *
 * <p>Read on in this order: Value, GCounter (the smallest), Table and ORSet (what a collection
 * remembers of its changes), Entries and ORMap.
 */
package dev.stateward.sdk.replicated.crdt;
