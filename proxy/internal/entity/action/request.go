package action

import (
	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
)

// open sends the first command (ACT-OPEN-001): with the one request and the
// half-close, or alone where requests are to come (ACT-OPEN-002, ACT-OPEN-003).
func (m *Machine) open(out []Effect) []Effect {
	m.opened = true
	first := &actionv1.ActionCommand{ServiceName: m.call.Service, Name: m.call.Method, Metadata: m.call.Metadata}
	if m.call.Shape.Requests() {
		return append(out, Send{Command: first})
	}
	first.Payload = m.payload(m.call.Request)
	return m.watch(append(out, Send{Command: first, Last: true}))
}

// request passes one request on (ACT-REQ-001), unless the function has ended its
// call (ACT-END-007).
func (m *Machine) request(request []byte, out []Effect) []Effect {
	if m.ended {
		return out
	}
	return append(out, Send{Command: &actionv1.ActionCommand{Payload: m.payload(request)}})
}

// payload is a request as the function gets it (CORE-CMD-004).
func (m *Machine) payload(request []byte) *anypb.Any {
	return &anypb.Any{TypeUrl: m.call.Input, Value: request}
}

// halfClose passes the caller's half-close on (ACT-END-001).
func (m *Machine) halfClose(out []Effect) []Effect {
	if m.ended {
		return out
	}
	return m.watch(append(out, HalfClose{}))
}

// watch limits the time of a function that has one response to give and no further
// request to wait for (ACT-TIME-002, ACT-TIME-003).
func (m *Machine) watch(out []Effect) []Effect {
	if m.call.Shape.Responses() {
		return out
	}
	return append(out, Watch{})
}
