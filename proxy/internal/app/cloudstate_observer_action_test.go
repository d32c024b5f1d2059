package app

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// An action's streamed calls: the function's stream and its first message go out when
// the caller's call opens; later messages have the payload alone; the half-close is
// passed on; one call for each (ACT-OPEN-001, ACT-OPEN-003, ACT-REQ-001, ACT-END-001,
// ACT-CALL-001).
func TestObserverSeesStreamedActions(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for path, method := range map[string]string{cloudstate.ActionIn: "StreamedIn", cloudstate.ActionStreamed: "Streamed"} {
		call, _ := o.open(cloudstate.Method(cloudstate.Converter, method))
		o.relay.Await(t, "the first message has come", func(calls []cloudstate.Call) bool {
			opened := of(calls, path)
			return len(opened) == 1 && len(opened[0].Sent()) == 1
		})
		first := read(t, of(o.relay.Calls(), path)[0].Sent()[0], new(actionv1.ActionCommand))
		if first.GetServiceName() != cloudstate.Converter || first.GetName() != method {
			t.Errorf("%s begins with %v", method, first)
		}
		call.Send(cloudstate.Request("", "one"))
		call.Close()
		call.Want("one")
		if _, err := call.Next(); err == nil || err.Error() != "EOF" {
			t.Errorf("%s ends with %v", method, err)
		}
		ends := o.relay.Await(t, "the call ends", func(calls []cloudstate.Call) bool { return ended(of(calls, path)...) })
		if _, closed := of(ends, path)[0].Find(cloudstate.HalfClose); !closed || len(of(ends, path)) != 1 {
			t.Errorf("%s is %v", method, of(ends, path))
		}
	}
}

// An item with effects alone gives the caller nothing, and the stream goes on; a failure
// ends the call though the caller's side is open (ACT-ANSWER-005, ACT-FAIL-003).
func TestObserverSeesItems(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	call, _ := o.open(cloudstate.Method(cloudstate.Converter, "Streamed"), cloudstate.Request("", "silent; sync Ledger Do a emit x"), cloudstate.Request("", "reply next"))
	call.Want("next")
	call.Send(cloudstate.Request("", "fail enough"))
	if _, err := call.Next(); status.Code(err) != codes.Unknown || status.Convert(err).Message() != "enough" {
		t.Errorf("the call ends with %v", err)
	}
}
