package crdt

// Value is a plain value, as a function holds it: of the fields its Type says which
// count. The zero value is that of an entity which is unset.
type Value struct {
	Type Type
	// Number is that of a counter; of a PNCounter in two's complement.
	Number uint64
	// Set is that of a flag.
	Set bool
	// Register is what a register holds.
	Register Payload
	// Elements are those of a set.
	Elements map[Payload]struct{}
	// Entries are those of a map.
	Entries map[Payload]*Value
	// Self, For and Voters are those of a vote.
	Self        bool
	For, Voters int32
}
