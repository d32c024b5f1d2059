package replicated

import (
	"time"

	"google.golang.org/protobuf/proto"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// spread is what follows a change once its write consistency is reached: the outcome
// of a call, or the side effects of an answer for which nobody waits.
type spread struct {
	call    *call
	outcome entity.Outcome
	// goesOn says that the streamed call stays open.
	goesOn bool
	start  *entity.Start
}

// apply does to the value what the state action says, and returns what goes to the
// other copies: nil where that is nothing, and nobody asks how many have it. An error is
// a *crdt.Refusal.
func (m *Machine) apply(action *replicatedv1.StateAction, command int64, at time.Time) (*entity.Apply, error) {
	unset := m.state.Type() == crdt.Unset
	change, err := m.changed(action, at)
	if err != nil {
		return nil, err
	}
	if !unset && !change.Changes() && consistency(action) == replicatedv1.WriteConsistency_WRITE_CONSISTENCY_LOCAL {
		return nil, nil
	}
	m.applies++
	return &entity.Apply{Apply: m.applies, Command: command, Delta: change.Encode(), Consistency: consistency(action)}, nil
}

func (m *Machine) changed(action *replicatedv1.StateAction, at time.Time) (*crdt.State, error) {
	if action.GetDelete() != nil {
		return m.state.Delete(), nil
	}
	grown := growth * (proto.Size(action.GetUpdate()) + framing)
	before := 0
	if near := m.bound == 0 || m.bound+grown > m.terms.MaxMessage; near {
		before = size(m.initial(m.whole()))
	}
	change, err := m.state.Apply(action.GetUpdate(), crdt.Author{Replica: m.view.Self, Now: at.UnixMilli(), Maps: m.maps()})
	if err != nil {
		return nil, err
	}
	if before == 0 {
		m.bound += grown
		return change, nil
	}
	if m.bound = size(m.initial(m.whole())); m.bound > before && m.bound > m.terms.MaxMessage {
		return nil, tooLarge(m.bound, m.terms.MaxMessage)
	}
	return change, nil
}

// growth is how many bytes an init grows by at most for each byte of an update: a
// counter's change of one byte can make its value ten bytes long, and the lengths
// around it longer.
const growth = 8

// consistency is what the function asks for. One that is not known is local.
func consistency(action *replicatedv1.StateAction) replicatedv1.WriteConsistency {
	switch asked := action.GetWriteConsistency(); asked {
	case replicatedv1.WriteConsistency_WRITE_CONSISTENCY_MAJORITY, replicatedv1.WriteConsistency_WRITE_CONSISTENCY_ALL:
		return asked
	default:
		return replicatedv1.WriteConsistency_WRITE_CONSISTENCY_LOCAL
	}
}

// settle asks for the change, and lets follow what rests on it: at once where it
// waits for no other copy (REP-WRITE-003, REP-WRITE-008), or when it has spread.
func (m *Machine) settle(change *entity.Apply, then spread, out []entity.Effect) []entity.Effect {
	if change == nil {
		return m.follow(then, out)
	}
	out = append(out, *change)
	if change.Consistency == replicatedv1.WriteConsistency_WRITE_CONSISTENCY_LOCAL {
		return m.follow(then, out)
	}
	m.spreads[change.Apply] = then
	if c := then.call; c != nil {
		m.outstanding--
		if c.stage = waiting; !c.command.Streamed {
			delete(m.calls, c.id)
		}
	}
	return out
}

// spread takes what came of a change (REP-WRITE-004, REP-WRITE-005).
func (m *Machine) spread(in entity.Spread, out []entity.Effect) []entity.Effect {
	then, waits := m.spreads[in.Apply]
	if !waits {
		return out // Its command was answered when the entity's type was lost.
	}
	delete(m.spreads, in.Apply)
	if in.Err == nil {
		return m.follow(then, out)
	}
	if then.call != nil {
		return m.missed(then, in.Err, out)
	}
	return out
}

// missed tells the caller that the change stays (REP-WRITE-006). An open call ends with
// it, and the function is told unless it has ended it itself.
func (m *Machine) missed(then spread, cause error, out []entity.Effect) []entity.Effect {
	c := then.call
	err := &fault.Error{
		Kind: fault.Deadline, Err: cause,
		Text: "the change was made and stays, but it did not reach as many copies as the command asked for in time",
	}
	tell := then.goesOn && !c.over && c.end == nil && !c.ended()
	out = m.complete(c, entity.Outcome{Err: err}, out)
	m.drop(c)
	if tell {
		m.cancels.ask(c)
	}
	return out
}

// follow lets the outcome go out, or the side effects start.
func (m *Machine) follow(then spread, out []entity.Effect) []entity.Effect {
	switch c := then.call; {
	case then.start != nil:
		return start(*then.start, out)
	case c.over: // It has ended meanwhile; what it has done stands.
		m.drop(c)
		return start(entity.Start{Command: c.command, ID: c.id, SideEffects: then.outcome.SideEffects}, out)
	case !then.goesOn:
		m.drop(c)
		return m.complete(c, then.outcome, out)
	default:
		return m.flow(c, then.outcome, out)
	}
}

func start(effects entity.Start, out []entity.Effect) []entity.Effect {
	if len(effects.SideEffects) == 0 {
		return out
	}
	return append(out, effects)
}
