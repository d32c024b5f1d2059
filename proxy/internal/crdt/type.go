package crdt

import replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"

// Type is what sort of value an entity, or an entry of a map, has: the number of its
// case in Delta. The zero value is that of an entity which is unset.
type Type uint8

// The types. The last three are maps whose values are all of one type.
const (
	Unset Type = iota
	GCounter
	PNCounter
	GSet
	ORSet
	LWWRegister
	Flag
	ORMap
	Vote
	PNCounterMap
	LWWRegisterMap
	ORMultiMap
)

// String names the type as the specification does.
func (t Type) String() string {
	names := [...]string{
		"unset", "GCounter", "PNCounter", "GSet", "ORSet", "LWWRegister", "Flag", "ORMap", "Vote",
		"PNCounterMap", "LWWRegisterMap", "ORMultiMap",
	}
	if int(t) >= len(names) {
		return "unknown"
	}
	return names[t]
}

// OfOneType reports whether it is one of the maps of one type, which belong to
// CAPABILITY_REPLICATED_MAPS.
func (t Type) OfOneType() bool { return t >= PNCounterMap && t <= ORMultiMap }

// TypeOf returns the case that is set in the delta; Unset when none is.
func TypeOf(delta *replicatedv1.Delta) Type {
	switch delta.GetDelta().(type) {
	case *replicatedv1.Delta_Gcounter:
		return GCounter
	case *replicatedv1.Delta_Pncounter:
		return PNCounter
	case *replicatedv1.Delta_Gset:
		return GSet
	case *replicatedv1.Delta_Orset:
		return ORSet
	case *replicatedv1.Delta_Lwwregister:
		return LWWRegister
	case *replicatedv1.Delta_Flag:
		return Flag
	case *replicatedv1.Delta_Ormap:
		return ORMap
	case *replicatedv1.Delta_Vote:
		return Vote
	case *replicatedv1.Delta_PncounterMap:
		return PNCounterMap
	case *replicatedv1.Delta_LwwregisterMap:
		return LWWRegisterMap
	case *replicatedv1.Delta_OrmultiMap:
		return ORMultiMap
	default:
		return Unset
	}
}
