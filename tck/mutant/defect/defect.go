// Package defect is what the mutants of the kit's models are made of: a model is
// correct, and a defect makes it wrong in one way.
package defect

import (
	"time"

	"google.golang.org/grpc"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// Mutant is the model with one defect, and what the kit has to say of it.
type Mutant struct {
	// Name says what it does wrong, such as "ignores-the-snapshot".
	Name string
	// KilledBy is the requirement that it breaks: a case that cites it has to
	// fail, or to warn where it is a SHOULD.
	KilledBy string
	// Message has to appear in what that case says.
	Message string
	// MayAlsoFail is the blast radius: prefixes of the ids of cases that the
	// defect spoils too. Every other case has to pass.
	MayAlsoFail []string
	// Defect is what is wrong.
	Defect Defect
}

// Variant is a model as another author might have written it: different wherever the
// specification leaves the choice, and as correct. Each has to pass every case.
type Variant struct {
	// Name says what it does, such as "asks for a restart".
	Name string
	// Make makes it.
	Make Defect
}

// Defect makes an instance of itself for each server, so that what a mutant
// shares between streams is shared by the streams of one server.
type Defect func() Instance

// Instance is a defect at work. What it leaves nil is as in the model.
type Instance struct {
	// Discover changes the answer to Discover, or refuses it.
	Discover func(*discoveryv1.DiscoverRequest, *discoveryv1.DiscoverResponse) error
	// Report is the refusal of ReportError.
	Report func() error
	// Options are the server's, and Serve adds services to it.
	Options []grpc.ServerOption
	Serve   func(*grpc.Server)
	// Status ends the streams that the function ends before the proxy does.
	Status error
	// Delay is how long each answer takes.
	Delay time.Duration

	bends []any // each a Bend
}

// None is the defect of the model itself.
func None() Instance { return Instance{} }

// Discovering is the defect of an answer to Discover that f changes or refuses.
func Discovering(f func(*discoveryv1.DiscoverRequest, *discoveryv1.DiscoverResponse) error) Defect {
	return func() Instance { return Instance{Discover: f} }
}
