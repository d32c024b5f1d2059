package main

import (
	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/replicated/crdt"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// errAction refuses an update of a set or a map without an action that is known
// here.
var errAction = sdk.Errorf(codes.InvalidArgument, "an update without a case that is known here")

// updateValue does to the value what the update says. Its error is an update of
// another type, or a counter that would leave its range.
func updateValue(value crdt.Value, update *tckv1.Update) error {
	switch update := update.GetUpdate().(type) {
	case *tckv1.Update_Gcounter:
		return on(value, func(c *crdt.GCounter) error { return c.Add(update.Gcounter.GetIncrement()) })
	case *tckv1.Update_Pncounter:
		return on(value, func(c *crdt.PNCounter) error { return c.Add(update.Pncounter.GetChange()) })
	case *tckv1.Update_Gset:
		return on(value, func(s *crdt.GSet[string]) error { s.Add(update.Gset.GetAdd()); return nil })
	case *tckv1.Update_Orset:
		return on(value, func(s *crdt.ORSet[string]) error { return updateORSet(s, update.Orset) })
	case *tckv1.Update_Lwwregister:
		return on(value, func(r *crdt.LWWRegister[string]) error {
			r.SetAt(update.Lwwregister.GetValue(), clockOf(update.Lwwregister))
			return nil
		})
	case *tckv1.Update_Flag:
		return on(value, func(f *crdt.Flag) error { f.Set(); return nil })
	case *tckv1.Update_Ormap:
		return on(value, func(m *crdt.ORMap[string, crdt.Entry]) error { return updateORMap(m, update.Ormap) })
	case *tckv1.Update_Vote:
		return on(value, func(v *crdt.Vote) error { v.Cast(update.Vote.GetSelfVote()); return nil })
	case *tckv1.Update_PncounterMap:
		return on(value, func(m *crdt.PNCounterMap[string]) error { return updatePNCounterMap(m, update.PncounterMap) })
	case *tckv1.Update_LwwregisterMap:
		return on(value, func(m *crdt.LWWRegisterMap[string, string]) error {
			return updateLWWRegisterMap(m, update.LwwregisterMap)
		})
	case *tckv1.Update_OrmultiMap:
		return on(value, func(m *crdt.ORMultiMap[string, string]) error { return updateORMultiMap(m, update.OrmultiMap) })
	default:
		return errAction
	}
}

// on does this to a value of this type, and refuses any other.
func on[V crdt.Value](value crdt.Value, do func(V) error) error {
	typed, ok := value.(V)
	if !ok {
		return sdk.Errorf(codes.InvalidArgument, "the update is not of the value's type")
	}
	return do(typed)
}

func clockOf(update *tckv1.LWWRegisterUpdate) crdt.Clock {
	return crdt.ClockOf(update.GetClock().GetClockType(), update.GetClock().GetCustomClockValue())
}

func updateORSet(set *crdt.ORSet[string], update *tckv1.ORSetUpdate) error {
	switch action := update.GetAction().(type) {
	case *tckv1.ORSetUpdate_Add:
		set.Add(action.Add)
	case *tckv1.ORSetUpdate_Remove:
		set.Delete(action.Remove)
	case *tckv1.ORSetUpdate_Clear:
		clearIf(set, action.Clear)
	default:
		return errAction
	}
	return nil
}

func clearIf(collection interface{ Clear() }, asked bool) {
	if asked {
		collection.Clear()
	}
}

func updateORMap(m *crdt.ORMap[string, crdt.Entry], update *tckv1.ORMapUpdate) error {
	switch action := update.GetAction().(type) {
	case *tckv1.ORMapUpdate_Add:
		if !namesEntry(action.Add) {
			return errNoType
		}
		m.Ensure(action.Add)
	case *tckv1.ORMapUpdate_Update:
		if !namesEntry(action.Update.GetKey()) {
			return errNoType
		}
		return updateValue(m.Ensure(action.Update.GetKey()), action.Update.GetUpdate())
	case *tckv1.ORMapUpdate_Remove:
		if !namesEntry(action.Remove) {
			return errNoType
		}
		m.Delete(action.Remove)
	case *tckv1.ORMapUpdate_Clear:
		clearIf(m, action.Clear)
	default:
		return errAction
	}
	return nil
}

func updatePNCounterMap(m *crdt.PNCounterMap[string], update *tckv1.PNCounterMapUpdate) error {
	switch action := update.GetAction().(type) {
	case *tckv1.PNCounterMapUpdate_Add:
		return m.Add(action.Add, 0)
	case *tckv1.PNCounterMapUpdate_Update:
		return m.Add(action.Update.GetKey(), action.Update.GetCounter().GetChange())
	case *tckv1.PNCounterMapUpdate_Remove:
		m.Delete(action.Remove)
	case *tckv1.PNCounterMapUpdate_Clear:
		clearIf(m, action.Clear)
	default:
		return errAction
	}
	return nil
}

func updateLWWRegisterMap(m *crdt.LWWRegisterMap[string, string], update *tckv1.LWWRegisterMapUpdate) error {
	switch action := update.GetAction().(type) {
	case *tckv1.LWWRegisterMapUpdate_Add:
		if !m.Has(action.Add) {
			m.Set(action.Add, "")
		}
	case *tckv1.LWWRegisterMapUpdate_Update:
		register := action.Update.GetRegister()
		m.SetAt(action.Update.GetKey(), register.GetValue(), clockOf(register))
	case *tckv1.LWWRegisterMapUpdate_Remove:
		m.Delete(action.Remove)
	case *tckv1.LWWRegisterMapUpdate_Clear:
		clearIf(m, action.Clear)
	default:
		return errAction
	}
	return nil
}

func updateORMultiMap(m *crdt.ORMultiMap[string, string], update *tckv1.ORMultiMapUpdate) error {
	switch action := update.GetAction().(type) {
	case *tckv1.ORMultiMapUpdate_Add:
		m.Ensure(action.Add)
	case *tckv1.ORMultiMapUpdate_Update:
		return updateORSet(m.Ensure(action.Update.GetKey()), action.Update.GetSet())
	case *tckv1.ORMultiMapUpdate_Remove:
		m.Delete(action.Remove)
	case *tckv1.ORMultiMapUpdate_Clear:
		clearIf(m, action.Clear)
	default:
		return errAction
	}
	return nil
}
