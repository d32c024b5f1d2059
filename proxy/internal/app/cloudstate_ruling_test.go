package app

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// Every ambiguity of Cloudstate 0.2, decided: a test for the rows of that table that hold
// for functions of 0.2 and are not the front end's.

// awaitReport waits until the function has been told of the requirement.
func (o *observed) awaitReport(requirement string) {
	o.tb.Helper()
	o.relay.Await(o.tb, "the function is told "+requirement, func(calls []cloudstate.Call) bool {
		for _, c := range of(calls, cloudstate.ReportError) {
			if len(c.Sent()) > 0 && strings.HasPrefix(cloudstate.Text(c.Sent()[0], 1), requirement) {
				return true
			}
		}
		return false
	})
}

// A failed reply that carries a change: nothing stays, the activation is reset by
// half-close, and what is stored comes back (ES-FAIL-001, ES-FAIL-002, VAL-FAIL-001,
// VAL-FAIL-003, REP-FAIL-001, REP-FAIL-002).
func TestRulingOnAFailureWithAChange(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, kind := range stateful {
		if _, err := o.Do(kind.service, "a", kind.change); err != nil {
			t.Fatal(err)
		}
		o.fails(kind.service, "a", kind.change+"; emit y; set y; fail no", codes.Unknown, "no")
		if _, err := o.Do(kind.service, "a", ""); err != nil {
			t.Fatal(err)
		}
		streams := o.awaitStreams(kind.path, 2, 1)
		if _, closed := streams[0].Find(cloudstate.HalfClose); !closed || streams[0].End().Code != codes.OK {
			t.Errorf("%s: the stream is %v", kind.service, streams[0])
		}
	}
	init := read(t, o.relay.Of(cloudstate.Crdt)[1].Sent()[0], new(replicatedv1.HandleRequest)).GetInit()
	if n := init.GetDelta().GetGcounter().GetIncrement(); n != 1 {
		t.Errorf("the counter has %d", n)
	}
	o.Must(cloudstate.Ledger, "a", "", "x")
	o.Must(cloudstate.Profile, "a", "", "x")
}

// A snapshot without events is ignored and reported (ES-SNAP-003).
func TestRulingOnASnapshotWithoutEvents(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	o.Must(cloudstate.Ledger, "a", "emit x", "x")
	o.Must(cloudstate.Ledger, "a", "snapshot", "x")
	o.awaitReport("ES-SNAP-002")
	o.Must(cloudstate.Ledger, "a", "", "x")
}

// An update without a value, and a state action without a case: a coded error, nothing
// stored, a reset (VAL-FAIL-005, VAL-FAIL-006).
func TestRulingOnAnUpdateWithoutAValue(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	o.Must(cloudstate.Profile, "a", "set x", "x")
	for _, step := range []string{"nothing", "caseless"} {
		o.fails(cloudstate.Profile, "a", step, codes.Internal, "")
		o.Must(cloudstate.Profile, "a", "", "x")
	}
}

// An empty key gives that call INVALID_ARGUMENT, and no other dies with it (CORE-KEY-001,
// DIA-KEY-005).
func TestRulingOnEmptyKeys(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	watch, _ := o.watch("a", "reply first")
	watch.Want("first")
	for _, kind := range stateful {
		o.fails(kind.service, "", kind.change, codes.InvalidArgument, "")
	}
	none, _ := o.watch("", "")
	if _, err := none.Next(); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a streamed call without a key gives %v", err)
	}
	o.Must(cloudstate.Presence, "a", "tell more", "0")
	watch.Want("more")
}
