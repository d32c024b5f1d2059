package action

import (
	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
)

// Effect is one thing that the machine wants done: one of the types below.
type Effect interface{ effect() }

// Send the command to the function.
type Send struct {
	Command *actionv1.ActionCommand
	// Last says that it half-closes the function's call.
	Last bool
}

// HalfClose the function's call, behind every command.
type HalfClose struct{}

// Watch how long the function takes from now on: TimedOut comes when that is longer
// than the proxy allows.
type Watch struct{}

// Settle one response: start its side effects in their order, wait for each
// synchronous one, and follow the forward. Answered by one Settled, which nobody
// waits for when the caller's call has ended meanwhile. The next Settle and Give
// come after that.
type Settle struct {
	SideEffects []*entityv1.SideEffect
	// Forward is nil when there is none.
	Forward *entityv1.Forward
}

// Give the caller one item. Answered by one Given.
type Give struct{ Reply *entityv1.Reply }

// Cancel the function's call: it is reset, and what it still says is not read.
type Cancel struct{}

// Finish the caller's call with status OK, or with that of Err. Exactly once, and the
// last effect of its step.
type Finish struct{ Err error }

// Report a mistake to the function.
type Report struct{ entity.Report }

func (Send) effect()      {}
func (HalfClose) effect() {}
func (Watch) effect()     {}
func (Settle) effect()    {}
func (Give) effect()      {}
func (Cancel) effect()    {}
func (Finish) effect()    {}
func (Report) effect()    {}
