package action

import (
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Call says which call it is.
type Call struct {
	// Service is the full name of the action's service, Method the short name of its
	// method.
	Service, Method string
	// Shape is the method's.
	Shape wire.Shape
	// Input is the type URL of a request.
	Input string
	// Output is the full name of the message that the method gives.
	Output string
	// Request is the one request of a caller that does not stream them. Its bytes
	// are not written to.
	Request []byte
	// Metadata is what came with the call; nil when nothing did.
	Metadata *entityv1.Metadata
}

// name is the method, for people.
func (m *Machine) name() string { return m.call.Service + "/" + m.call.Method }
