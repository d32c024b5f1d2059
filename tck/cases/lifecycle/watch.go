package lifecycle

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"

	lifecyclev1 "github.com/stateward/stateward/protocol/gen/stateward/lifecycle/v1"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

type (
	request  = lifecyclev1.WatchRequest
	response = lifecyclev1.WatchResponse
)

// wire is how a Watch is talked to.
var wire = script.Wire[request, response]{Service: peer.Service[request, response]{
	Method:   lifecyclev1.LifecycleService_Watch_FullMethodName,
	Sent:     sent,
	Received: received,
}}

// watch is a part in a script: one call of Watch. Its methods are the lines of the script.
type watch script.Part

func (w watch) part() script.Part { return script.Part(w) }

// sends opens a Watch, where none is open, and sends a message on it.
func (w watch) sends(message *request) script.Line {
	return wire.Sends(w.part(), func(string) *request { return message })
}

func (w watch) start() script.Line {
	return w.sends(&request{Message: &lifecyclev1.WatchRequest_Start{Start: &lifecyclev1.WatchStart{}}})
}

// draining says that the proxy is going to stop. The grace is one that no run outlasts.
func (w watch) draining() script.Line {
	return w.sends(&request{Message: &lifecyclev1.WatchRequest_Draining{
		Draining: &lifecyclev1.ProxyDraining{Grace: 600_000},
	}})
}

func (w watch) unset() script.Line { return w.sends(&request{}) }

// again opens a further Watch under the same name.
func (w watch) again() script.Line {
	return w.start().After(func(sc *script.Scene) { wire.Open(sc, w.part()) })
}

// health expects the function to say how it is: what it says is its own affair.
func (w watch) health() script.Line { return w.says("health", nil) }

// shortReason expects the same, with a reason that is no longer than allowed.
func (w watch) shortReason() script.Line {
	return w.says("health, with a reason of at most 1024 B", func(health *lifecyclev1.FunctionHealth) string {
		if n := len(health.GetReason()); n > 1024 {
			return fmt.Sprintf("a reason of %d B", n)
		}
		return ""
	})
}

func (w watch) says(expected string, breach func(*lifecyclev1.FunctionHealth) string) script.Line {
	return script.Line{
		Text: w.part().Label() + "←" + expected,
		Play: func(sc *script.Scene) error {
			got, err := wire.Receive(sc, w.part(), expected)
			switch {
			case err != nil:
				return err
			case got.GetHealth() == nil:
				return w.part().Mismatch(expected, received(got))
			case breach != nil && breach(got.GetHealth()) != "":
				return w.part().Mismatch(expected, breach(got.GetHealth()))
			}
			sc.Checked()
			return nil
		},
	}
}

// left half-closes the Watch and expects its end. A change of health may be under way.
func (w watch) left() script.Line { return script.Sequence(wire.HalfClose(w.part()), w.ends(codes.OK)) }

// refused expects the Watch to be ended for what was sent. Health may come before.
func (w watch) refused() script.Line { return w.ends(codes.InvalidArgument) }

func (w watch) ends(code codes.Code) script.Line {
	expected := "end " + code.String()
	return script.Line{
		Text: w.part().Label() + "←" + expected,
		Play: func(sc *script.Scene) error {
			for {
				frame, err := wire.Stream(sc, w.part()).Receive()
				switch {
				case errors.Is(err, peer.ErrSilent):
					return wire.Silence(sc, w.part(), expected)
				case err != nil:
					return err
				case frame.Response.GetHealth() != nil:
					continue
				case frame.End.Code() != code || frame.End == nil:
					return w.part().Mismatch(expected, frame.String())
				}
				sc.Checked()
				return nil
			}
		},
	}
}

// sent is the notation of a message of the proxy.
func sent(message *request) string {
	switch message := message.GetMessage().(type) {
	case *lifecyclev1.WatchRequest_Start:
		return "start"
	case *lifecyclev1.WatchRequest_Draining:
		return fmt.Sprintf("draining{grace %d ms}", message.Draining.GetGrace())
	default:
		return peer.Unset
	}
}

// received is the notation of a message of the function.
func received(message *response) string {
	switch message := message.GetMessage().(type) {
	case *lifecyclev1.WatchResponse_Health:
		text := "health " + message.Health.GetStatus().String()
		if reason := message.Health.GetReason(); reason != "" {
			text += " " + peer.Quote(reason)
		}
		return text
	case *lifecyclev1.WatchResponse_Draining:
		return fmt.Sprintf("draining{grace %d ms}", message.Draining.GetGrace())
	default:
		return peer.Unset
	}
}
