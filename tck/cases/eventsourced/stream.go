package eventsourced

import (
	"context"
	"strings"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/engine"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

// The services of the model, by their full names.
var (
	modelService      = tckeventsourcedv1.EventSourcedTckModelService_ServiceDesc.ServiceName
	twoService        = tckeventsourcedv1.EventSourcedTwoService_ServiceDesc.ServiceName
	configuredService = tckeventsourcedv1.EventSourcedConfiguredService_ServiceDesc.ServiceName
)

// wire is how the entities are talked to.
var wire = script.Wire[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]{
	Service: peer.Service[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]{
		Method:   eventsourcedv1.EventSourcedService_Handle_FullMethodName,
		Sent:     requestNotation,
		Received: func(response *eventsourcedv1.HandleResponse) string { return readAnswer(response).String() },
	},
}

// stream is a part in a script: one entity, and the stream that is open for it. Its
// methods are the lines of the script.
type stream script.Part

// model is the part of scripts that need one entity.
var model = stream{Service: modelService, Entity: "a"}

// label is what leads a line about the stream.
func (s stream) label() string { return script.Part(s).Label() }

// step is one line of a script.
type step struct {
	text string
	play func(*scene) error
	// foretell returns the line, which sends an init, with another last sequence in
	// it; nil for every other line.
	foretell func(last int64) step
	// sequence is that of the event that the line replays; 0 for every other line.
	sequence int64
}

// Describe says what is sent or expected, in the notation of the wire.
func (s step) Describe() string { return s.text }

// Perform plays the line.
func (s step) Perform(ctx context.Context, stage *engine.Stage) error {
	return script.Line{Play: func(sc *script.Scene) error {
		return s.play(&scene{Scene: sc, memory: engine.Local[memory](stage)})
	}}.Perform(ctx, stage)
}

// after returns the line with something done before it.
func (s step) after(first func(*scene)) step {
	return step{text: s.text, play: func(sc *scene) error {
		first(sc)
		return s.play(sc)
	}}
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

var _ engine.Step = step{}

// scene is what a line plays on.
type scene struct {
	*script.Scene
	*memory
}

// memory is what the lines of one run remember.
type memory struct {
	activations map[stream]*activation
	journals    map[stream]*journal
}

// activation is what the newest stream of an entity has come to.
type activation struct {
	// sent is the id of the last command.
	sent int64
	// answered is the id of the last command that was answered.
	answered int64
	// last is the last answer that met its expectation.
	last *eventsourcedv1.HandleResponse
	// spent is true once a failure asked for a new activation, or ended this one.
	spent bool
}

// open opens a new stream for the entity.
func (sc *scene) open(s stream) {
	wire.Open(sc.Scene, script.Part(s))
	if sc.activations == nil {
		sc.activations = map[stream]*activation{}
	}
	sc.activations[s] = &activation{}
}

// activation returns what has become of the newest stream of the entity; a script that
// has opened none gets one.
func (sc *scene) activation(s stream) *activation {
	if sc.activations[s] == nil {
		sc.open(s)
	}
	return sc.activations[s]
}

// journal returns what the kit, as a proxy, has stored for the entity.
func (sc *scene) journal(s stream) *journal {
	if sc.journals == nil {
		sc.journals = map[stream]*journal{}
	}
	if sc.journals[s] == nil {
		sc.journals[s] = &journal{}
	}
	return sc.journals[s]
}

// send sends a request on the entity's stream.
func (sc *scene) send(s stream, request *eventsourcedv1.HandleRequest) error {
	current := sc.activation(s)
	if command := request.GetCommand(); command != nil {
		current.sent = command.GetId()
	}
	return wire.Send(sc.Scene, script.Part(s), request)
}

// answer waits for a message of the subject.
func (sc *scene) answer(s stream, expected string) (answer, *eventsourcedv1.HandleResponse, error) {
	response, err := wire.Receive(sc.Scene, script.Part(s), expected)
	return readAnswer(response), response, err
}

// silence is the mismatch of an expectation for which nothing came.
func (sc *scene) silence(s stream, expected string) error {
	return wire.Silence(sc.Scene, script.Part(s), expected)
}

func mismatch(s stream, expected, actual string) *engine.MismatchError {
	return script.Part(s).Mismatch(expected, actual)
}

// request is a message that is built once the entity's id is known. The builder
// returns a message of its own each time.
type request func(entity string) *eventsourcedv1.HandleRequest

// sends returns the line that sends the request.
func (s stream) sends(build request) step {
	return step{
		text: s.label() + "→" + requestNotation(build(s.Entity)),
		play: func(sc *scene) error { return sc.send(s, build(sc.Entity(s.Entity))) },
	}
}
