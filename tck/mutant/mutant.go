package mutant

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

	defect defect
}

// defect makes an instance of itself for each server, so that what a mutant
// shares between streams is shared by the streams of one server.
type defect func() instance

// instance is a defect at work. What it leaves nil is as in the model.
type instance struct {
	// discover changes the answer to Discover, or refuses it.
	discover func(*discoveryv1.DiscoverRequest, *discoveryv1.DiscoverResponse) error
	// report is the refusal of ReportError.
	report func() error
	// bend wraps the machine of each activation. Machines of different streams
	// run at the same time.
	bend bend
	// options are the server's, and serve adds services to it.
	options []grpc.ServerOption
	serve   func(*grpc.Server)
	// status ends the streams that the function ends before the proxy does.
	status error
	// delay is how long each answer takes.
	delay time.Duration
}

// bend returns a machine that is wrong in one way, made of the right one and of
// the activation that this one steps.
type bend func(entity *activation, next machine) machine

// Mutants returns every mutant.
func Mutants() []Mutant {
	var all []Mutant
	all = append(all, discoveryMutants()...)
	all = append(all, streamMutants()...)
	all = append(all, commandMutants()...)
	all = append(all, outcomeMutants()...)
	all = append(all, replayMutants()...)
	return append(all, eventMutants()...)
}

// bent is the defect of a machine that shares nothing between streams.
func bent(b bend) defect { return func() instance { return instance{bend: b} } }

// anyEntity is the blast radius of a defect that spoils every stream.
func anyEntity() []string { return []string{"core/", "event-sourced/", "forwarding/"} }
