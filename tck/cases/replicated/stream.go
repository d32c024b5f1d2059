package replicated

import (
	"context"
	"strings"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/tck/engine"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

type (
	request  = replicatedv1.HandleRequest
	response = replicatedv1.HandleResponse
)

// The services of the model, by their full names.
var (
	modelService      = tckreplicatedv1.ReplicatedTckModelService_ServiceDesc.ServiceName
	twoService        = tckreplicatedv1.ReplicatedTwoService_ServiceDesc.ServiceName
	configuredService = tckreplicatedv1.ReplicatedConfiguredService_ServiceDesc.ServiceName
)

// wire is how the entities are talked to.
var wire = script.Wire[request, response]{Service: peer.Service[request, response]{
	Method:   replicatedv1.ReplicatedEntityService_Handle_FullMethodName,
	Sent:     requestNotation,
	Received: func(response *response) string { return readAnswer(response).String() },
}}

// stream is a part in a script: one entity, and the stream that is open for it. Its
// methods are the lines of the script.
type stream struct {
	// Name and Service are as in [script.Part].
	Name, Service string
	// Type leads the entity id, and is the type of the value; empty for an entity
	// without one.
	Type string
	// Entity names the entity, and is what follows the type.
	Entity string
}

// counter is the part of scripts that need one entity, and care for no type.
var counter = of("GCounter")

// of returns the part of an entity of the type.
func of(name string) stream { return stream{Service: modelService, Type: name, Entity: "a"} }

// named returns the part with a name, for a script that has several. It is another
// entity than those of other names.
func (s stream) named(name string) stream {
	s.Name, s.Entity = name, name
	return s
}

func (s stream) part() script.Part {
	return script.Part{Name: s.Name, Service: s.Service, Entity: s.id(s.Entity)}
}

// id returns the entity id of which the second half is given.
func (s stream) id(entity string) string {
	if s.Type == "" {
		return entity
	}
	return s.Type + "-" + entity
}

// label is what leads a line about the stream.
func (s stream) label() string { return s.part().Label() }

// mismatch is that of what was expected of the part and what came.
func (s stream) mismatch(expected, actual string) *engine.MismatchError {
	return s.part().Mismatch(expected, actual)
}

// step is one line of a script.
type step struct {
	text string
	play func(*scene) error
}

var _ engine.Step = step{}

// Describe says what is sent or expected, in the notation of the wire.
func (s step) Describe() string { return s.text }

// Perform plays the line.
func (s step) Perform(ctx context.Context, stage *engine.Stage) error {
	return script.Line{Play: func(sc *script.Scene) error {
		return s.play(&scene{Scene: sc, newest: engine.Local[newest](stage)})
	}}.Perform(ctx, stage)
}

// sequence makes one line of several.
func sequence(steps ...step) step {
	texts := make([]string, len(steps))
	for i, one := range steps {
		texts[i] = one.text
	}
	return step{text: strings.Join(texts, " "), play: func(sc *scene) error {
		for _, one := range steps {
			if err := one.play(sc); err != nil {
				return err
			}
		}
		return nil
	}}
}

// scene is what a line plays on.
type scene struct {
	*script.Scene

	newest *newest
}

// newest is what has become of the newest stream of each part of one run.
type newest map[stream]*activation

// activation is what a stream has come to.
type activation struct {
	// sent is the id of the last command, answered that of the last command that
	// was answered.
	sent, answered int64
	// last is the last message that met its expectation.
	last *response
	// spent is true once a failure asked for a new activation, or ended this one.
	spent bool
}

// open opens a new stream for the entity.
func (sc *scene) open(s stream) {
	wire.Open(sc.Scene, s.part())
	if *sc.newest == nil {
		*sc.newest = newest{}
	}
	(*sc.newest)[s] = &activation{}
}

// activation returns what has become of the newest stream of the entity; a script that
// has opened none gets one.
func (sc *scene) activation(s stream) *activation {
	if (*sc.newest)[s] == nil {
		sc.open(s)
	}
	return (*sc.newest)[s]
}

// entity returns the real id of the stream's entity.
func (sc *scene) entity(s stream) string { return s.id(sc.Entity(s.Entity)) }

// send sends a request on the entity's stream.
func (sc *scene) send(s stream, in *request) error {
	current := sc.activation(s)
	if command := in.GetCommand(); command != nil {
		current.sent = command.GetId()
	}
	return wire.Send(sc.Scene, s.part(), in)
}

// build makes a request once the entity's id is known, a message of its own each time.
type build func(entity string) *request

// sends returns the line that sends the request.
func (s stream) sends(build build) step {
	return step{
		text: s.label() + "→" + requestNotation(build(s.id(s.Entity))),
		play: func(sc *scene) error { return sc.send(s, build(sc.entity(s))) },
	}
}
