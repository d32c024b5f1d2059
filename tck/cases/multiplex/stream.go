package multiplex

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

type (
	request  = multiplexv1.HandleRequest
	response = multiplexv1.HandleResponse
)

// wire is how a multiplexed stream is talked to.
var wire = script.Wire[request, response]{Service: peer.Service[request, response]{
	Method:   multiplexv1.MultiplexService_Handle_FullMethodName,
	Sent:     sent,
	Received: received,
}}

// stream is a part in a script: one multiplexed stream. Its methods are lines of the
// script, as those of its handles are.
type stream script.Part

func (s stream) part() script.Part { return script.Part(s) }

// handle names an activation of the model entity on the stream.
func (s stream) handle(number int64, entity string) handle {
	return handle{stream: s, number: number, entity: entity}
}

// nth names an activation of an entity of its own.
func (s stream) nth(number int64) handle {
	return s.handle(number, fmt.Sprintf("%s%d", s.Entity, number))
}

// ledger has the accounts of each stream of a run, by handle.
type ledger map[stream]map[int64]*account

// accounts returns those of the stream.
func accounts(sc *script.Scene, s stream) map[int64]*account {
	all := engine.Local[ledger](sc.Stage)
	if *all == nil {
		*all = ledger{}
	}
	if (*all)[s] == nil {
		(*all)[s] = map[int64]*account{}
	}
	return (*all)[s]
}

// read reads one frame of the function into its account. Every frame is held against the
// rules of its handle, whatever the script looks at.
func (s stream) read(sc *script.Scene, expected string) (*response, error) {
	frame, err := wire.Receive(sc, s.part(), expected)
	if err != nil {
		return nil, err
	}
	a := accounts(sc, s)[frame.GetHandle()]
	if a == nil {
		return nil, s.part().Mismatch("a handle that was opened", received(frame))
	}
	if expected, got := a.read(frame); expected != "" {
		return nil, s.part().Mismatch(expected, got)
	}
	if frame.GetCredit() == nil {
		a.aside = append(a.aside, frame)
	}
	return frame, nil
}

// next returns the next frame of the handle that is no credit.
func (s stream) next(sc *script.Scene, number int64, expected string) (*response, error) {
	for a := accounts(sc, s)[number]; ; {
		if len(a.aside) > 0 {
			frame := a.aside[0]
			a.aside = a.aside[1:]
			return frame, nil
		}
		if _, err := s.read(sc, expected); err != nil {
			return nil, err
		}
	}
}

// sends returns the line that sends a frame, whatever it holds. Its balance is not
// looked at.
func (s stream) sends(build func(entity func(string) string) *request) script.Line {
	plain := func(name string) string { return name }
	return script.Line{
		Text: s.part().Label() + "→" + sent(build(plain)),
		Play: func(sc *script.Scene) error { return wire.Send(sc, s.part(), build(sc.Entity)) },
	}
}

// says sends a frame that names no entity.
func (s stream) says(frame *request) script.Line {
	return s.sends(func(func(string) string) *request { return frame })
}

// start opens the stream, and says that it is for event sourced entities.
func (s stream) start() script.Line { return s.startFor(discovery.EventSourced) }

func (s stream) startFor(entityType string) script.Line {
	return s.first(start(entityType))
}

func start(entityType string) *request {
	return &request{Frame: &multiplexv1.HandleRequest_Start{Start: &multiplexv1.Start{EntityType: entityType}}}
}

// first opens the stream, and sends a frame on it.
func (s stream) first(frame *request) script.Line {
	return s.says(frame).After(func(sc *script.Scene) {
		wire.Open(sc, s.part())
		clear(accounts(sc, s))
	})
}

// refused expects the function to end the stream with the code, for what was sent. What
// it had to say to it before may come first.
func (s stream) refused(code codes.Code) script.Line {
	expected := "end " + code.String()
	return script.Line{
		Text: s.part().Label() + "←" + expected,
		Play: func(sc *script.Scene) error {
			end, err := s.end(sc, expected)
			switch {
			case err != nil:
				return err
			case end != code:
				return s.part().Mismatch(expected, "end "+end.String())
			}
			sc.Checked()
			return nil
		},
	}
}

// end reads up to the end of the stream.
func (s stream) end(sc *script.Scene, expected string) (codes.Code, error) {
	for {
		frame, err := wire.Stream(sc, s.part()).Receive()
		if err != nil {
			return 0, wire.Silence(sc, s.part(), expected)
		}
		if frame.End != nil {
			return frame.End.Code(), nil
		}
		a := accounts(sc, s)[frame.Response.GetHandle()]
		if a == nil {
			return 0, s.part().Mismatch("a handle that was opened", frame.String())
		}
		if wanted, got := a.read(frame.Response); wanted != "" {
			return 0, s.part().Mismatch(wanted, got)
		}
		if frame.Response.GetCredit() == nil {
			a.aside = append(a.aside, frame.Response)
		}
	}
}

// over half-closes the stream, and expects its end: then nothing else has come on any
// handle but the ends of those that were open.
func (s stream) over() script.Line { return script.Sequence(wire.HalfClose(s.part()), s.quiet()) }

func (s stream) quiet() script.Line {
	const expected = "closed on each open handle, end OK"
	return script.Line{
		Text: s.part().Label() + "←" + expected,
		Play: func(sc *script.Scene) error {
			end, err := s.end(sc, expected)
			switch {
			case err != nil:
				return err
			case end != codes.OK:
				return s.part().Mismatch(expected, "end "+end.String())
			}
			for number, a := range accounts(sc, s) {
				if len(a.aside) == 1 && a.aside[0].GetClosed() != nil {
					continue
				}
				if len(a.aside) > 0 {
					return s.part().Mismatch("nothing more", received(a.aside[0]))
				}
				if !a.ended {
					return s.part().Mismatch(named(number, "closed"), "end OK")
				}
			}
			sc.Checked()
			return nil
		},
	}
}

// broken breaks the stream off.
func (s stream) broken() script.Line { return wire.Reset(s.part()) }

// served starts a stream for each kind of stateful entity that the function has listed,
// and expects each to be ended in peace once the proxy half-closes it.
type served struct{}

func (served) Describe() string {
	return "→start of each stateful kind that is listed, →half-close, ←end OK"
}

func (served) Perform(ctx context.Context, stage *engine.Stage) error {
	for _, entityType := range kinds(discovery.Newest(stage)) {
		s := stream{Name: peer.Named(entityType)}
		for _, line := range []script.Line{s.startFor(entityType), wire.HalfClose(s.part()), s.refused(codes.OK)} {
			if err := line.Perform(ctx, stage); err != nil {
				return err
			}
		}
	}
	return nil
}

// kinds are the types of the stateful entities that are listed, each once.
func kinds(answer *discoveryv1.DiscoverResponse) []string {
	var types []string
	for _, entity := range answer.GetEntities() {
		types = appendStateful(types, entity.GetEntityType())
	}
	return types
}
