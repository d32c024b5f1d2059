package app

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// Row 15: each open stream holds a thread, and there are few (DIA-LIFE-002,
// DIA-LIFE-003, DIA-LIFE-008).
func TestLibraryHasFewThreads(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Threads: 2, Discover: both(passivated(cloudstate.Ledger), passivated(cloudstate.Profile))}, nil)
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		o.Must(cloudstate.Ledger, id, "emit x", "x")
		o.Must(cloudstate.Profile, id, "set y", "y")
	}
}

// Row 16: few concurrent streams, and what is too large to be sent again is refused
// (DIA-CONN-001, DIA-CONN-004, REP-LIMIT-001).
func TestLibraryHasLimits(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Streams: 3}, nil)
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		o.Must(cloudstate.Ledger, id, "emit x", "x")
	}
	if n := len(of(o.relay.Calls(), cloudstate.Discover)); n != 1 {
		t.Errorf("the function was discovered %d times", n)
	}
	large := strings.Repeat("x", 3<<20)
	o.Must(cloudstate.Presence, "a", `update gset{added:{type_url:"1" value:"`+large+`"}}`, "0")
	o.fails(cloudstate.Presence, "a", `update gset{added:{type_url:"2" value:"`+large+`"}}`, codes.ResourceExhausted, "")
	o.Must(cloudstate.Presence, "a", "", "0")
}

// Row 17: a failure on the stream with a command's id, and its end; or without, and
// ABORTED (DIA-ANSWER-001, DIA-ANSWER-003, CORE-STREAM-006).
func TestLibraryBreaksStreams(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, kind := range stateful {
		service, path := kind.service, kind.path
		for n, step := range []string{"broken boom", "broken0 boom"} {
			_, err := o.Do(service, "a", step)
			if status.Code(err) != codes.Unknown || !strings.Contains(status.Convert(err).Message(), "boom") {
				t.Errorf("%s: %q gives %v", service, step, err)
			}
			o.awaitMetric("activations_ended_total", path, float64(n+1)) // else the next one might meet the end of the stream
			if _, err := o.Do(service, "a", ""); err != nil {
				t.Errorf("%s after %q: %v", service, step, err)
			}
		}
	}
}
