package action

import (
	"errors"

	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// only handles the one response that a caller waits for, once the function's call is
// over: a status other than OK drops it (ACT-END-005).
func (m *Machine) only(out []Effect) []Effect {
	switch {
	case m.end != nil:
		return m.conclude(out)
	case len(m.waiting) == 0: // ACT-END-006
		return m.violate("ACT-ANSWER-001", "the function ended the call with status OK and without a response", out)
	case len(m.waiting) > 1:
		return m.violate("ACT-ANSWER-001", "the function gave more than one response, and the method gives one", out)
	}
	response := m.waiting[0]
	m.waiting = nil
	return m.handle(response, out)
}

// conclude ends the caller's call as the function has ended its own (ACT-END-003,
// ACT-END-004), once every response before that end is handled.
func (m *Machine) conclude(out []Effect) []Effect {
	switch {
	case m.end == nil:
		return m.finish(nil, out)
	case !isBroken(m.end):
		return m.finish(statusOf(m.end), out)
	case fault.KindOf(m.end) == fault.Exhausted:
		out = append(out, m.report("ACT-LIMIT-002", discoveryv1.Severity_SEVERITY_ERROR, m.end.Error()))
		return m.finish(m.end, out)
	default:
		return m.violate("ACT-ANSWER-012", m.end.Error(), out)
	}
}

// isBroken reports whether the proxy stopped reading by itself, because of what the
// function has sent: the function's call is then not over.
func isBroken(end error) bool {
	wrong, ok := errors.AsType[*fault.Error](end)
	return ok && (wrong.Kind == fault.Internal || wrong.Kind == fault.Exhausted)
}

// statusOf returns what the caller gets of the status of the function's call: its
// code and its message (ACT-META-003). What has no status is a call that was lost
// (ACT-END-008).
func statusOf(end error) error {
	if _, ok := errors.AsType[*fault.Error](end); ok {
		return end
	}
	given, ok := status.FromError(end)
	if !ok {
		return &fault.Error{Kind: fault.Unavailable, Text: "the call of the user function was lost", Err: end}
	}
	return status.Error(given.Code(), given.Message())
}

// violate tells the function which sentence it broke, and ends the caller's call.
func (m *Machine) violate(requirement, text string, out []Effect) []Effect {
	out = append(out, m.report(requirement, discoveryv1.Severity_SEVERITY_ERROR, text))
	return m.finish(fault.New(fault.Internal, "%s", text), out)
}

// report names a mistake of the function, and the method (ACT-REPORT-001).
func (m *Machine) report(requirement string, severity discoveryv1.Severity, text string) Report {
	return Report{entity.Report{Requirement: requirement, Severity: severity, Text: m.name() + ": " + text}}
}
