package app

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// Reply metadata travels, strings and bytes, and never as a header of the transport
// (META-REPLY-001).
func TestRulingOnReplyMetadata(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, kind := range stateful {
		_, headers, err := o.Headers(cloudstate.Method(kind.service, "Do"), cloudstate.Request("a", "meta x-color=red; meta x-raw-bin=\x01; meta te=trailers; meta host=h"))
		if err != nil || strings.Join(headers["x-color"], "") != "red" || strings.Join(headers["x-raw-bin"], "") != "\x01" || len(headers["te"])+len(headers["host"]) > 0 {
			t.Errorf("%s: the headers are %v, %v", kind.service, headers, err)
		}
	}
}

// A reply of another type than the method's is passed on, counts, and is reported
// (DIA-ANSWER-004).
func TestRulingOnAnotherType(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	o.Must(cloudstate.Ledger, "a", "emit x; as other.Type", "x")
	o.awaitReport("CORE-CMD-006")
	o.Must(cloudstate.Ledger, "a", "", "x")
	if got, err := o.Call(cloudstate.Method(cloudstate.Converter, "Unary"), cloudstate.Request("", "reply x; as other.Type")); got != "x" || err != nil {
		t.Errorf("an action's gives %q, %v", got, err)
	}
}

// Effects come first, in order, then the forward; the entity takes its next command
// meanwhile, so that both may lead back to it (FX-EFF-007, FX-FWD-005).
func TestRulingOnEffectsAndForward(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	o.Must(cloudstate.Ledger, "a", "emit 1; sync Ledger Do a emit 2; sync Ledger Do a emit 3; sync Ledger Do b emit x", "1")
	o.Must(cloudstate.Ledger, "a", "", "1 2 3")
	o.Must(cloudstate.Ledger, "b", "", "x")
	o.Must(cloudstate.Profile, "a", "sync Ledger Do c emit y,emit z; forward Ledger Do c", "y z")
}

// Effects of a failed reply: an entity's are never started, an action's are (FX-EFF-008,
// DIA-FX-001).
func TestRulingOnEffectsOfAFailure(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, kind := range stateful {
		o.fails(kind.service, "a", "fail no; sync Ledger Do never emit x", codes.Unknown, "no")
	}
	o.Must(cloudstate.Ledger, "never", "", "")
	_, err := o.Call(cloudstate.Method(cloudstate.Converter, "Unary"), cloudstate.Request("", "fail no; sync Ledger Do once emit x"))
	if status.Code(err) != codes.Unknown || status.Convert(err).Message() != "no" {
		t.Errorf("the action gives %v", err)
	}
	o.Must(cloudstate.Ledger, "once", "", "x")
}

// An effect to an unknown target is reported, and the answer stands; a forward there
// fails that call alone, and is reported (FX-EFF-006, FX-ORDER-003, FX-FWD-003).
func TestRulingOnUnknownTargets(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	o.Must(cloudstate.Ledger, "a", "emit x; sync Nowhere Do b", "x")
	o.awaitReport("FX-EFF-001")
	got, err := o.Do(cloudstate.Ledger, "a", "emit y; forward Nowhere Do b")
	if err == nil {
		t.Errorf("the forward gives %q", got)
	}
	o.awaitReport("FX-FWD-001")
	o.Must(cloudstate.Ledger, "a", "", "x y")
}

// A forward to a method that streams fails with a code (FX-SHAPE-001), and a forward's
// own metadata reaches its target (FX-FWD-006).
func TestRulingOnForwards(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Echoes: true}, nil)
	for _, target := range []string{"Converter StreamedOut x", "Presence Watch x"} {
		if got, err := o.Do(cloudstate.Ledger, "a", "forward "+target); status.Code(err) == codes.OK || status.Code(err) == codes.DeadlineExceeded {
			t.Errorf("the forward to %s gives %q, %v", target, got, err)
		}
	}
	_, headers, err := o.Headers(cloudstate.Method(cloudstate.Ledger, "Do"), cloudstate.Request("a", "meta x-color=red; forward Profile Do b"))
	if err != nil || strings.Join(headers["x-color"], "") != "red" {
		t.Errorf("the target was given %v, %v", headers, err)
	}
}

// An action that ends with a status fails that call alone, with the status; one that is
// slower than the proxy allows with DEADLINE_EXCEEDED (ACT-END-004, ACT-TIME-002,
// CORE-TIME-003).
func TestRulingOnActionsThatEnd(t *testing.T) {
	t.Parallel()
	call := func(o *observed, text string) error {
		_, err := o.Call(cloudstate.Method(cloudstate.Converter, "Unary"), cloudstate.Request("", text))
		return err
	}
	patient := observe(t, cloudstate.Behaviour{}, nil)
	if err := call(patient, "status 9 not now"); status.Code(err) != codes.FailedPrecondition || status.Convert(err).Message() != "not now" {
		t.Errorf("a status gives %v", err)
	}
	hasty := observe(t, cloudstate.Behaviour{}, func(c *Config) { c.CommandTimeout = 300 * time.Millisecond })
	other, _ := hasty.open(cloudstate.Method(cloudstate.Converter, "Streamed"), cloudstate.Request("", "one"))
	other.Want("one")
	if err := call(hasty, "hang"); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("silence gives %v", err)
	}
	other.Send(cloudstate.Request("", "two"))
	other.Want("two")
}
