package app

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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

// Commands that wait when an entity ends go on after the new init, in their order, and
// one right after its end is served (CORE-STREAM-008, CORE-PASS-004).
func TestRulingOnWaitingCommands(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, kind := range stateful {
		o.Do(kind.service, "a", kind.change)
		answers := make(chan error, 40)
		for n := range cap(answers) {
			go func() {
				steps := ""
				if n%4 == 0 {
					steps = "close"
				}
				_, err := o.Do(kind.service, "a", steps)
				// Of a replicated entity several are outstanding, and end with the stream.
				if ends := n%4 == 0 || kind.path == cloudstate.Crdt; ends && status.Code(err) == codes.Unknown {
					err = nil
				}
				answers <- err
			}()
		}
		for range cap(answers) {
			if err := take(t, answers); err != nil {
				t.Errorf("%s: %v", kind.service, err)
			}
		}
	}
}

// The connection is lost: UNKNOWN where a command was outstanding, and the next command
// waits for nothing that was (DIA-ANSWER-001, DIA-CONN-002).
func TestRulingOnALostConnection(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	o.Must(cloudstate.Ledger, "a", "emit x", "x")
	lost := make(chan error, 1)
	go func() {
		_, err := o.Do(cloudstate.Ledger, "a", "hang")
		lost <- err
	}()
	o.relay.Await(t, "the command is outstanding", func(calls []cloudstate.Call) bool {
		return len(of(calls, cloudstate.EventSourced)[0].Sent()) == 3
	})
	o.relay.Cut()
	if err := take(t, lost); status.Code(err) != codes.Unknown {
		t.Errorf("the outstanding command gets %v", err)
	}
	o.relay.Await(t, "it is discovered again", func(calls []cloudstate.Call) bool {
		found := of(calls, cloudstate.Discover)
		return len(found) == 2 && ended(found...)
	})
}
