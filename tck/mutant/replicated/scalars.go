package replicated

import (
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// register is a register: its last write, which may have come from elsewhere.
type register struct {
	last    *replicatedv1.LWWRegisterDelta
	written bool // by a command
}

func (r *register) receive(delta *replicatedv1.Delta) error {
	write := delta.GetLwwregister()
	if write == nil {
		return foreign(delta)
	}
	if _, err := unpackString(write.GetValue()); err != nil {
		return err
	}
	r.last = write
	return nil
}

func (r *register) perform(update *tckreplicatedv1.Update) (bool, error) {
	if update.GetLwwregister() == nil {
		return false, foreign(update)
	}
	write := update.GetLwwregister()
	r.last = &replicatedv1.LWWRegisterDelta{
		Value:            packString(write.GetValue()),
		Clock:            write.GetClock().GetClockType(),
		CustomClockValue: write.GetClock().GetCustomClockValue(),
	}
	r.written = true
	return true, nil
}

func (r *register) since(value, style) *replicatedv1.Delta {
	if r.written {
		return r.whole()
	}
	return nil
}

func (r *register) whole() *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Lwwregister{Lwwregister: r.last}}
}

func (r *register) state() *tckreplicatedv1.State {
	text, _ := unpackString(r.last.GetValue()) // it was read when it came
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Lwwregister{Lwwregister: &tckreplicatedv1.LWWRegisterValue{Value: text}}}
}

func (r *register) copy() value { return &register{last: r.last} }

// flag is a flag that can be set.
type flag struct{ set bool }

func (f *flag) receive(delta *replicatedv1.Delta) error {
	if delta.GetFlag() == nil {
		return foreign(delta)
	}
	f.set = f.set || delta.GetFlag().GetValue()
	return nil
}

func (f *flag) perform(update *tckreplicatedv1.Update) (bool, error) {
	if update.GetFlag() == nil {
		return false, foreign(update)
	}
	did := !f.set
	f.set = true
	return did, nil
}

func (f *flag) since(before value, _ style) *replicatedv1.Delta {
	if *before.(*flag) != *f { //nolint:forcetypeassert // a value is copied as its own type
		return f.whole()
	}
	return nil
}

func (f *flag) whole() *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Flag{Flag: &replicatedv1.FlagDelta{Value: f.set}}}
}

func (f *flag) state() *tckreplicatedv1.State {
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Flag{Flag: &tckreplicatedv1.FlagValue{Value: f.set}}}
}

func (f *flag) copy() value { return &flag{f.set} }

// vote is a vote, as this proxy sees it.
type vote struct {
	self             bool
	votesFor, voters int32
}

func (v *vote) receive(delta *replicatedv1.Delta) error {
	shown := delta.GetVote()
	if shown == nil {
		return foreign(delta)
	}
	*v = vote{shown.GetSelfVote(), shown.GetVotesFor(), shown.GetTotalVoters()}
	return nil
}

func (v *vote) perform(update *tckreplicatedv1.Update) (bool, error) {
	if update.GetVote() == nil {
		return false, foreign(update)
	}
	switch self := update.GetVote().GetSelfVote(); {
	case self == v.self:
		return false, nil
	case self:
		v.votesFor++
	default:
		v.votesFor--
	}
	v.self = !v.self
	return true, nil
}

func (v *vote) since(before value, _ style) *replicatedv1.Delta {
	if before.(*vote).self != v.self { //nolint:forcetypeassert // a value is copied as its own type
		return v.whole()
	}
	return nil
}

func (v *vote) whole() *replicatedv1.Delta {
	return &replicatedv1.Delta{Delta: &replicatedv1.Delta_Vote{Vote: &replicatedv1.VoteDelta{SelfVote: v.self}}}
}

func (v *vote) state() *tckreplicatedv1.State {
	return &tckreplicatedv1.State{Value: &tckreplicatedv1.State_Vote{Vote: &tckreplicatedv1.VoteValue{
		SelfVote: v.self, VotesFor: v.votesFor, TotalVoters: v.voters,
	}}}
}

func (v *vote) copy() value {
	same := *v
	return &same
}
