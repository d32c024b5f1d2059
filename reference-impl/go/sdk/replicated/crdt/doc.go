// Package crdt holds the values of replicated entities. They feel like Go's own:
// a counter is added to, a set is ranged over, a map is asked for a key; none of them
// knows of other proxies.
//
// Eight types may be an entity's value or stand in an [ORMap]: [GCounter],
// [PNCounter], [GSet], [ORSet], [LWWRegister], [Flag], [ORMap], [Vote]. Three maps
// with values of one type are an entity's value alone: [PNCounterMap],
// [LWWRegisterMap], [ORMultiMap].
//
// What makes them replicated is in the background (see [Value]): what came from
// elsewhere is applied as a delta, and what a handler changed is collected as one.
// A value merges nothing and keeps no clock; that is the proxy's (see
// protocol/spec/replicated-types.md). Values are not for several goroutines.
//
// Read on in this order: value.go, gcounter.go (the smallest), table.go and
// orset.go (what a collection remembers of its changes), entries.go and ormap.go.
package crdt
