package value

import (
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// ends is the timer of the value that the store has.
const ends entity.Timer = 1

// end is when the value that the function holds expires.
type end struct {
	// set says that the timer runs, or will, once all that was asked for is stored.
	set bool
	// passed says that it is over, and that the outstanding command may still set
	// another value (VAL-EXPIRE-005).
	passed bool
	// action is the newest command whose answer had a state action: while that waits
	// for the store, the timer is of a value that the function holds no more.
	action int64
}

// begin sets the timer for the value of init; 0 for one that does not expire.
func (m *Machine) begin(left time.Duration, out []entity.Effect) []entity.Effect {
	if left == 0 {
		return out
	}
	m.end.set = true
	return append(out, entity.Wait{Timer: ends, For: left})
}

// renew notes that the answer to the outstanding command has the state action, and
// returns what sets the timer once that is durable: each update decides on its own
// value's end, and after a delete there is none (VAL-EXPIRE-003).
func (m *Machine) renew(action *entity.Value) entity.Effect {
	was := m.end.set
	m.end = end{set: action.ExpireAfter > 0, action: m.turns.Command()}
	if !was && !m.end.set {
		return nil
	}
	return entity.Wait{Timer: ends, For: action.ExpireAfter}
}

// expire takes the end of the stored value. The stream that holds it takes no further
// command (VAL-EXPIRE-002), but one that is outstanding goes on.
func (m *Machine) expire(out []entity.Effect) []entity.Effect {
	switch {
	case m.turns.Pending(m.end.action):
		return out // Another value is on its way into the store.
	case m.turns.Busy():
		m.end.passed = true
		return out
	default:
		return m.turns.Close(entity.Close{Reason: "expired"}, out)
	}
}

// outlived closes the stream behind a command that has set no other value.
func (m *Machine) outlived(out []entity.Effect) []entity.Effect {
	if !m.end.passed {
		return out
	}
	return m.turns.Close(entity.Close{Reason: "expired"}, out)
}
