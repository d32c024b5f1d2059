package eventsourced

import (
	"context"
	"errors"
	"io"
	"strings"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/engine"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/peer"
)

// The services of the model, by their full names.
var (
	modelService      = tckeventsourcedv1.EventSourcedTckModelService_ServiceDesc.ServiceName
	twoService        = tckeventsourcedv1.EventSourcedTwoService_ServiceDesc.ServiceName
	configuredService = tckeventsourcedv1.EventSourcedConfiguredService_ServiceDesc.ServiceName
)

// stream is a part in a script: one entity, and the stream that is open for it.
// Its methods are the lines of the script. It is a name, and holds nothing.
type stream struct {
	// name leads each line, where a script has several; else it is empty.
	name string
	// service and entity name the entity; the entity's real id is fresh for
	// each run (see [engine.Stage.Entity]).
	service, entity string
}

// model is the part of scripts that need one entity.
var model = stream{service: modelService, entity: "a"}

// label is what leads a line about the stream.
func (s stream) label() string {
	if s.name == "" {
		return ""
	}
	return s.name + " "
}

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
	return s.play(&scene{ctx: ctx, Stage: stage, memory: engine.Local[memory](stage)})
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
	*engine.Stage
	*memory

	ctx context.Context // lives for one line
}

// memory is what the lines of one run remember.
type memory struct {
	activations map[stream]*activation
	journals    map[stream]*journal
}

// activation is the newest stream of an entity.
type activation struct {
	*peer.Stream

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
func (sc *scene) open(s stream) *activation {
	opened := &activation{Stream: peer.Open(sc.ctx, peer.Config{
		Conn:     sc.Conn(),
		Patience: sc.Patience(),
		Record:   func(line string) { sc.Record(s.label() + line) },
	})}
	sc.Defer(opened.Close)
	if sc.activations == nil {
		sc.activations = map[stream]*activation{}
	}
	sc.activations[s] = opened
	return opened
}

// activation returns the newest stream of the entity; a script that has opened
// none gets one.
func (sc *scene) activation(s stream) *activation {
	if current := sc.activations[s]; current != nil {
		return current
	}
	return sc.open(s)
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

// send sends a request on the entity's stream. A stream that has ended is the
// subject's mistake: the script would not have gone on.
func (sc *scene) send(s stream, request *eventsourcedv1.HandleRequest) error {
	current := sc.activation(s)
	if command := request.GetCommand(); command != nil {
		current.sent = command.GetId()
	}
	err := current.Send(request)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return sc.missed(s, "the stream is open")
	case errors.Is(err, peer.ErrSilent):
		return &engine.MismatchError{
			Expected: s.label() + "room for a message of the proxy",
			Actual:   "none within " + sc.Patience().String(),
			Likely:   "the function no longer reads the stream",
		}
	default:
		return err
	}
}

// missed is the mismatch of whatever comes next on the stream with what was
// expected in its place.
func (sc *scene) missed(s stream, expected string) error {
	frame, err := sc.activation(s).Receive()
	if err != nil {
		return sc.silence(s, expected)
	}
	return mismatch(s, expected, frame.String())
}

// silence is the mismatch of an expectation for which nothing came.
func (sc *scene) silence(s stream, expected string) error {
	return mismatch(s, expected, "nothing within "+sc.Patience().String())
}

func mismatch(s stream, expected, actual string) *engine.MismatchError {
	return &engine.MismatchError{Expected: s.label() + expected, Actual: s.label() + actual}
}

// request is a message that is built once the entity's id is known. The builder
// returns a message of its own each time.
type request func(entity string) *eventsourcedv1.HandleRequest

// sends returns the line that sends the request.
func (s stream) sends(build request) step {
	return step{
		text: s.label() + "→" + peer.Request(build(s.entity)),
		play: func(sc *scene) error { return sc.send(s, build(sc.Entity(s.entity))) },
	}
}
