package replicated

import (
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

type asks struct{}

func (asks) gcounter(increment uint64) *tckreplicatedv1.Update {
	return &tckreplicatedv1.Update{Update: &tckreplicatedv1.Update_Gcounter{
		Gcounter: &tckreplicatedv1.GCounterUpdate{Increment: increment},
	}}
}

func (asks) pncounter(change int64) *tckreplicatedv1.Update {
	return &tckreplicatedv1.Update{Update: &tckreplicatedv1.Update_Pncounter{
		Pncounter: &tckreplicatedv1.PNCounterUpdate{Change: change},
	}}
}

func (asks) gset(element string) *tckreplicatedv1.Update {
	return &tckreplicatedv1.Update{Update: &tckreplicatedv1.Update_Gset{Gset: &tckreplicatedv1.GSetUpdate{Add: element}}}
}

// orset, ormap and the maps of one type are asked for a [wish].
func (asks) orset(of wish) *tckreplicatedv1.Update {
	return &tckreplicatedv1.Update{Update: &tckreplicatedv1.Update_Orset{Orset: of.ofSet()}}
}

func (asks) lwwregister(text string) *tckreplicatedv1.Update {
	return &tckreplicatedv1.Update{Update: &tckreplicatedv1.Update_Lwwregister{
		Lwwregister: &tckreplicatedv1.LWWRegisterUpdate{Value: text},
	}}
}

func (asks) lwwregisterAt(text string, clock replicatedv1.Clock, custom int64) *tckreplicatedv1.Update {
	asked := ask.lwwregister(text)
	asked.GetLwwregister().Clock = &tckreplicatedv1.LWWRegisterClock{ClockType: clock, CustomClockValue: custom}
	return asked
}

func (asks) flag() *tckreplicatedv1.Update {
	return &tckreplicatedv1.Update{Update: &tckreplicatedv1.Update_Flag{Flag: &tckreplicatedv1.FlagUpdate{}}}
}

func (asks) vote(self bool) *tckreplicatedv1.Update {
	return &tckreplicatedv1.Update{Update: &tckreplicatedv1.Update_Vote{Vote: &tckreplicatedv1.VoteUpdate{SelfVote: self}}}
}

// wish is what is asked of a set or a map: one of add, remove, clear, and for a map an
// entry that changes as change says.
type wish struct {
	add, remove, entry string
	clear              bool
	change             *tckreplicatedv1.Update
}

func add(key string) wish    { return wish{add: key} }
func remove(key string) wish { return wish{remove: key} }
func empty() wish            { return wish{clear: true} }

// at asks for a change of the entry with the key.
func at(key string, change *tckreplicatedv1.Update) wish { return wish{entry: key, change: change} }

func (w wish) ofSet() *tckreplicatedv1.ORSetUpdate {
	switch {
	case w.clear:
		return &tckreplicatedv1.ORSetUpdate{Action: &tckreplicatedv1.ORSetUpdate_Clear{Clear: true}}
	case w.remove != "":
		return &tckreplicatedv1.ORSetUpdate{Action: &tckreplicatedv1.ORSetUpdate_Remove{Remove: w.remove}}
	default:
		return &tckreplicatedv1.ORSetUpdate{Action: &tckreplicatedv1.ORSetUpdate_Add{Add: w.add}}
	}
}

func (asks) ormap(of wish) *tckreplicatedv1.Update {
	asked := &tckreplicatedv1.ORMapUpdate{}
	switch {
	case of.clear:
		asked.Action = &tckreplicatedv1.ORMapUpdate_Clear{Clear: true}
	case of.remove != "":
		asked.Action = &tckreplicatedv1.ORMapUpdate_Remove{Remove: of.remove}
	case of.entry != "":
		asked.Action = &tckreplicatedv1.ORMapUpdate_Update{
			Update: &tckreplicatedv1.ORMapEntryUpdate{Key: of.entry, Update: of.change},
		}
	default:
		asked.Action = &tckreplicatedv1.ORMapUpdate_Add{Add: of.add}
	}
	return &tckreplicatedv1.Update{Update: &tckreplicatedv1.Update_Ormap{Ormap: asked}}
}

func (asks) pncounterMap(of wish) *tckreplicatedv1.Update {
	asked := &tckreplicatedv1.PNCounterMapUpdate{}
	switch {
	case of.clear:
		asked.Action = &tckreplicatedv1.PNCounterMapUpdate_Clear{Clear: true}
	case of.remove != "":
		asked.Action = &tckreplicatedv1.PNCounterMapUpdate_Remove{Remove: of.remove}
	case of.entry != "":
		asked.Action = &tckreplicatedv1.PNCounterMapUpdate_Update{
			Update: &tckreplicatedv1.PNCounterMapEntryUpdate{Key: of.entry, Counter: of.change.GetPncounter()},
		}
	default:
		asked.Action = &tckreplicatedv1.PNCounterMapUpdate_Add{Add: of.add}
	}
	return &tckreplicatedv1.Update{Update: &tckreplicatedv1.Update_PncounterMap{PncounterMap: asked}}
}

func (asks) lwwregisterMap(of wish) *tckreplicatedv1.Update {
	asked := &tckreplicatedv1.LWWRegisterMapUpdate{}
	switch {
	case of.clear:
		asked.Action = &tckreplicatedv1.LWWRegisterMapUpdate_Clear{Clear: true}
	case of.remove != "":
		asked.Action = &tckreplicatedv1.LWWRegisterMapUpdate_Remove{Remove: of.remove}
	case of.entry != "":
		asked.Action = &tckreplicatedv1.LWWRegisterMapUpdate_Update{
			Update: &tckreplicatedv1.LWWRegisterMapEntryUpdate{Key: of.entry, Register: of.change.GetLwwregister()},
		}
	default:
		asked.Action = &tckreplicatedv1.LWWRegisterMapUpdate_Add{Add: of.add}
	}
	return &tckreplicatedv1.Update{Update: &tckreplicatedv1.Update_LwwregisterMap{LwwregisterMap: asked}}
}

func (asks) ormultiMap(of wish) *tckreplicatedv1.Update {
	asked := &tckreplicatedv1.ORMultiMapUpdate{}
	switch {
	case of.clear:
		asked.Action = &tckreplicatedv1.ORMultiMapUpdate_Clear{Clear: true}
	case of.remove != "":
		asked.Action = &tckreplicatedv1.ORMultiMapUpdate_Remove{Remove: of.remove}
	case of.entry != "":
		asked.Action = &tckreplicatedv1.ORMultiMapUpdate_Update{
			Update: &tckreplicatedv1.ORMultiMapEntryUpdate{Key: of.entry, Set: of.change.GetOrset()},
		}
	default:
		asked.Action = &tckreplicatedv1.ORMultiMapUpdate_Add{Add: of.add}
	}
	return &tckreplicatedv1.Update{Update: &tckreplicatedv1.Update_OrmultiMap{OrmultiMap: asked}}
}

// waiting is the update at a write consistency.
func waiting(asked *tckreplicatedv1.Update, at replicatedv1.WriteConsistency) *tckreplicatedv1.Update {
	asked.WriteConsistency = at
	return asked
}

// do are the actions that ask for the updates, in order.
func do(updates ...*tckreplicatedv1.Update) []*tckreplicatedv1.RequestAction {
	return each(updates, func(one *tckreplicatedv1.Update) *tckreplicatedv1.RequestAction {
		return &tckreplicatedv1.RequestAction{Action: &tckreplicatedv1.RequestAction_Update{Update: one}}
	})
}

// change is the action that asks for the update.
func change(asked *tckreplicatedv1.Update) *tckreplicatedv1.RequestAction { return do(asked)[0] }

func erase() *tckreplicatedv1.RequestAction {
	return &tckreplicatedv1.RequestAction{Action: &tckreplicatedv1.RequestAction_Delete{Delete: &tckreplicatedv1.Delete{}}}
}

func forward(id string) *tckreplicatedv1.RequestAction {
	return &tckreplicatedv1.RequestAction{Action: &tckreplicatedv1.RequestAction_Forward{
		Forward: &tckreplicatedv1.Forward{Id: id},
	}}
}

func effect(id string, synchronous bool) *tckreplicatedv1.RequestAction {
	return &tckreplicatedv1.RequestAction{Action: &tckreplicatedv1.RequestAction_Effect{Effect: sideEffect(id, synchronous)}}
}

func sideEffect(id string, synchronous bool) *tckreplicatedv1.Effect {
	return &tckreplicatedv1.Effect{Id: id, Synchronous: synchronous}
}

func fail(description string) *tckreplicatedv1.RequestAction {
	return &tckreplicatedv1.RequestAction{Action: &tckreplicatedv1.RequestAction_Fail{
		Fail: &tckreplicatedv1.Fail{Message: description},
	}}
}
