package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// A stream-level failure, a wrong id, an empty message, a second reply, the end of the
// stream with a command outstanding: UNKNOWN and what happened, reported, and the next
// command finds what is stored (DIA-ANSWER-001, DIA-REPORT-001, CORE-STREAM-006,
// CORE-STREAM-008, CORE-STREAM-010, CORE-CMD-002).
func TestRulingOnBrokenStreams(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, kind := range stateful {
		if _, err := o.Do(kind.service, "a", kind.change); err != nil {
			t.Fatal(err)
		}
		for _, step := range []string{"broken0 boom", "wrong", "empty", "close", "status 3 boom"} {
			_, err := o.Do(kind.service, "a", "emit y; set y; "+step)
			if status.Code(err) != codes.Unknown || status.Convert(err).Message() == "" {
				t.Errorf("%s: %q gives %v", kind.service, step, err)
			}
			if _, err := o.Do(kind.service, "a", ""); err != nil {
				t.Errorf("%s after %q: %v", kind.service, step, err)
			}
		}
	}
	o.Must(cloudstate.Ledger, "a", "", "x")
	o.Must(cloudstate.Profile, "a", "", "x")
	for _, service := range []string{"Ledger", "Profile", "Presence"} {
		o.relay.Await(t, service+" is reported", func([]cloudstate.Call) bool {
			return strings.Contains(strings.Join(o.f.Reports(), "\n"), "test.shop."+service)
		})
	}
	if !strings.Contains(strings.Join(o.f.Reports(), "\n"), `"a"`) {
		t.Errorf("no report names the entity: %q", o.f.Reports())
	}
}

// A second reply is never stored, and the entity goes on (CORE-CMD-002).
func TestRulingOnASecondReply(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	o.Must(cloudstate.Ledger, "a", "emit x; twice", "x")
	o.awaitReport("CORE-CMD-002")
	o.Must(cloudstate.Ledger, "a", "", "x")
	o.Must(cloudstate.Profile, "a", "set x; twice", "x")
	o.awaitStreams(cloudstate.ValueEntity, 1, 0) // what was outstanding would fail with it
	o.Must(cloudstate.Profile, "a", "", "x")
}

// A replicated entity's stream-level failure with the id of a command ends that one
// alone: an open call lives on, on the same stream (DIA-ANSWER-003). It carries on only
// where the stream does, so the script sends the failure and nothing ends.
func TestRulingOnAFailureOfOneCommand(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	watch, _ := o.watch("a", "reply first")
	watch.Want("first")
	o.fails(cloudstate.Presence, "a", "refused boom", codes.Unknown, "boom")
	o.Must(cloudstate.Presence, "a", "tell still here", "0")
	watch.Want("still here")
	if streams := o.relay.Of(cloudstate.Crdt); len(streams) != 1 {
		t.Errorf("the streams are %v", streams)
	}
}

// Commands that wait when an entity ends go on after the new init, in their order
// (CORE-STREAM-008).
func TestRulingOnWaitingCommands(t *testing.T) {
	t.Parallel()
	for _, kind := range []struct {
		service, path, step string
		beside              int // how many are outstanding beside the one that ends the stream
		last                string
	}{
		{cloudstate.Ledger, cloudstate.EventSourced, "emit", 0, "x 0 1 2 3 4"},
		{cloudstate.Profile, cloudstate.ValueEntity, "set", 0, "4"},
		{cloudstate.Presence, cloudstate.Crdt, "reply", maxOutstanding - 1, "4"},
	} {
		t.Run(kind.service, func(t *testing.T) {
			t.Parallel()
			pause := make(chan struct{})
			o := observe(t, cloudstate.Behaviour{Pause: pause}, nil)
			if _, err := o.Do(kind.service, "a", kind.step+" x"); err != nil {
				t.Fatal(err)
			}
			var lost, waiting []<-chan answered
			outstanding := func(n int) {
				lost = append(lost, o.later(kind.service, "a", "pause; close"))
				o.relay.Await(t, "a command is outstanding", func(calls []cloudstate.Call) bool { return len(of(calls, kind.path)[0].Sent()) == 3+n })
			}
			for n := range 1 + kind.beside {
				outstanding(n)
			}
			for n := range 5 {
				waiting = append(waiting, o.later(kind.service, "a", fmt.Sprintf("%s %d", kind.step, n)))
				o.awaitMetric("commands_waiting", kind.path, float64(n+1))
			}
			close(pause)
			for _, outcome := range lost {
				if got := take(t, outcome); status.Code(got.err) != codes.Unknown {
					t.Errorf("what was outstanding gets %v", got)
				}
			}
			var last answered
			for n, outcome := range waiting {
				if last = take(t, outcome); last.err != nil {
					t.Errorf("what waited at place %d gets %v", n, last)
				}
			}
			if last.text != kind.last {
				t.Errorf("the last one gets %q", last.text)
			}
			var order []string
			for _, message := range o.awaitStreams(kind.path, 2, 1)[1].Sent() {
				if payload := commandIn(t, kind.path, message).GetPayload(); payload != nil {
					order = append(order, cloudstate.Text(payload.GetValue(), 2))
				}
			}
			var want []string
			for n := range waiting {
				want = append(want, fmt.Sprintf("%s %d", kind.step, n))
			}
			if !slices.Equal(order, want) {
				t.Errorf("sent on the next stream: %q", order)
			}
		})
	}
}

// commandIn returns the command in a message on a stream of the path; nil where it has none.
func commandIn(tb testing.TB, path string, message []byte) *entityv1.Command {
	tb.Helper()
	switch path {
	case cloudstate.EventSourced:
		return read(tb, message, new(eventsourcedv1.HandleRequest)).GetCommand()
	case cloudstate.ValueEntity:
		return read(tb, message, new(valuev1.HandleRequest)).GetCommand()
	default:
		return read(tb, message, new(replicatedv1.HandleRequest)).GetCommand()
	}
}

// The connection is lost: UNKNOWN where a command was outstanding, UNAVAILABLE where it
// was an action's; on the next connection every entity has what was stored
// (DIA-ANSWER-001, DIA-CONN-002, ACT-END-008).
func TestRulingOnALostConnection(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	var lost []<-chan answered
	for _, kind := range stateful {
		if _, err := o.Do(kind.service, "a", kind.change); err != nil {
			t.Fatal(err)
		}
		lost = append(lost, o.later(kind.service, "a", "emit y; set y; hang"))
	}
	action := make(chan error, 1)
	go func() {
		_, err := o.Call(cloudstate.Method(cloudstate.Converter, "Unary"), cloudstate.Request("", "hang"))
		action <- err
	}()
	o.relay.Await(t, "everything is outstanding", func(calls []cloudstate.Call) bool {
		for _, kind := range stateful {
			if len(of(calls, kind.path)[0].Sent()) != 3 {
				return false
			}
		}
		return len(of(calls, cloudstate.ActionUnary)) == 1 && begun(of(calls, cloudstate.ActionUnary)...)
	})
	o.relay.Cut()
	for n, outcome := range lost {
		if got := take(t, outcome); status.Code(got.err) != codes.Unknown {
			t.Errorf("%s: the outstanding command gets %v", stateful[n].service, got)
		}
	}
	if err := take(t, action); status.Code(err) != codes.Unavailable {
		t.Errorf("the action's caller gets %v", err)
	}
	o.relay.Await(t, "it is discovered again", func(calls []cloudstate.Call) bool {
		found := of(calls, cloudstate.Discover)
		return len(found) == 2 && ended(found...)
	})
	o.awaitReady()
	o.Must(cloudstate.Ledger, "a", "", "x")
	o.Must(cloudstate.Profile, "a", "", "x")
	o.Must(cloudstate.Presence, "a", "", "0")
	init := read(t, o.relay.Of(cloudstate.Crdt)[1].Sent()[0], new(replicatedv1.HandleRequest)).GetInit()
	if n := init.GetDelta().GetGcounter().GetIncrement(); n != 1 {
		t.Errorf("the counter has %d", n)
	}
}
