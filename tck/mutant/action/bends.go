package action

import (
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// What most mutants are made of.

// onResponses is the defect that changes every response.
func onResponses(change func(answer *response)) defect.Defect {
	return bent(func(_ *call, next machine) machine {
		return func(in *command) ([]*response, bool) {
			out, end := next(in)
			for _, answer := range out {
				change(answer)
			}
			return out, end
		}
	})
}

// onReplies, onForwards and onFailures are the defects that change every reply, forward
// or failure.
func onReplies(change func(reply *entityv1.Reply)) defect.Defect {
	return onResponses(func(answer *response) {
		if answer.GetReply() != nil {
			change(answer.GetReply())
		}
	})
}

func onForwards(change func(forward *entityv1.Forward)) defect.Defect {
	return onResponses(func(answer *response) {
		if answer.GetForward() != nil {
			change(answer.GetForward())
		}
	})
}

func onFailures(change func(failure *entityv1.Failure)) defect.Defect {
	return onResponses(func(answer *response) {
		if answer.GetFailure() != nil {
			change(answer.GetFailure())
		}
	})
}

// onCommands is the defect that reads every command wrongly.
func onCommands(change func(c *call, in *command)) defect.Defect {
	return defect.OnRequests[call, command, response](change)
}

// ignoring is the defect that takes no notice of some commands.
func ignoring(some func(c *call, in *command) bool) defect.Defect {
	return defect.Ignoring[call, command, response](some)
}

// refusing is the defect that refuses calls with some commands.
func refusing(description string, some func(c *call, in *command) bool) defect.Defect {
	return bent(func(c *call, next machine) machine {
		return func(in *command) ([]*response, bool) {
			if in != nil && some(c, in) {
				return refused(description)
			}
			return next(in)
		}
	})
}

// atTheEnd is the defect of the last words: what the function sends when it ends the
// call after the half-close, of what it should.
func atTheEnd(words func(c *call, out []*response) []*response) defect.Defect {
	return bent(func(c *call, next machine) machine {
		return func(in *command) ([]*response, bool) {
			out, end := next(in)
			if in == nil {
				out = words(c, out)
			}
			return out, end
		}
	})
}

// bent is the defect of a machine that shares nothing between calls; bending is an
// instance of one that does.
func bent(bend func(*call, machine) machine) defect.Defect {
	return defect.Bent[call, command, response](bend)
}

func bending(bend func(*call, machine) machine) defect.Instance {
	return defect.Bending[call, command, response](bend)
}

// isRequest reports whether the command is a request of the call.
func (c *call) isRequest() bool { return c.method != "" || !c.shape.streamsIn }

// atOnce answers a unary call before its half-close.
func atOnce(c *call, next machine) machine {
	return func(in *command) ([]*response, bool) {
		out, end := next(in)
		if in == nil || end || c.shape.name != "Unary" {
			return out, end
		}
		return next(nil)
	}
}
