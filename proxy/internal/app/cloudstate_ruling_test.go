package app

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// Every ambiguity of Cloudstate 0.2, decided: a test for the rows of that table that hold
// for functions of 0.2 and are not the front end's.

// awaitReport waits until the function has been told of the requirement, and returns how
// often it was told of anything.
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

// A stream-level failure, a wrong id, an empty message, a second reply, the end of the
// stream with a command outstanding: UNKNOWN and what happened, reported, and the next
// command finds what is stored (DIA-ANSWER-001, DIA-REPORT-001, CORE-STREAM-006,
// CORE-STREAM-008, CORE-STREAM-010, CORE-CMD-002).
func TestRulingOnBrokenStreams(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	o.mistaken = true
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
	o.mistaken = true
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

// An update without a value, and a state action without a case: a coded error, nothing
// stored, a reset (VAL-FAIL-005, VAL-FAIL-006).
func TestRulingOnAnUpdateWithoutAValue(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	o.mistaken = true
	o.Must(cloudstate.Profile, "a", "set x", "x")
	for _, step := range []string{"nothing", "caseless"} {
		o.fails(cloudstate.Profile, "a", step, codes.Internal, "")
		o.Must(cloudstate.Profile, "a", "", "x")
	}
}

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
	o := observe(t, cloudstate.Behaviour{}, func(c *Config) { c.CommandTimeout = 300 * time.Millisecond })
	other, _ := o.open(cloudstate.Method(cloudstate.Converter, "Streamed"), cloudstate.Request("", "one"))
	other.Want("one")
	call := func(text string) error {
		_, err := o.Call(cloudstate.Method(cloudstate.Converter, "Unary"), cloudstate.Request("", text))
		return err
	}
	if err := call("status 9 not now"); status.Code(err) != codes.FailedPrecondition || status.Convert(err).Message() != "not now" {
		t.Errorf("a status gives %v", err)
	}
	if err := call("hang"); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("silence gives %v", err)
	}
	other.Send(cloudstate.Request("", "two"))
	other.Want("two")
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

// What is refused at discovery, and named: one persistence id for two (DISC-ENT-002), none
// (DISC-ENT-002), a service twice (DISC-ENT-003), descriptors that cannot be read
// (DISC-DESC-001), no key (DIA-KEY-002), another version (DIA-VERSION-002). The reports
// are one text (DIA-REPORT-001).
func TestRulingsAtDiscovery(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*discoveryv1.DiscoverResponse)
		want   []string
	}{
		"one persistence id for two": {func(a *discoveryv1.DiscoverResponse) { a.Entities[1].PersistenceId = "ledger" }, []string{"DISC-ENT-002", cloudstate.Profile, cloudstate.Ledger}},
		"no persistence id":          {func(a *discoveryv1.DiscoverResponse) { a.Entities[0].PersistenceId = "" }, []string{"DISC-ENT-002", cloudstate.Ledger}},
		"a service twice":            {func(a *discoveryv1.DiscoverResponse) { a.Entities = append(a.Entities, a.GetEntities()[0]) }, []string{"DISC-ENT-003", cloudstate.Ledger}},
		"unreadable descriptors":     {func(a *discoveryv1.DiscoverResponse) { a.Proto = []byte("garbage") }, []string{"DISC-DESC-001"}},
		"no key":                     {func(a *discoveryv1.DiscoverResponse) { a.Proto = cloudstate.Answer(cloudstate.Files(99)).GetProto() }, []string{"DIA-KEY-002", cloudstate.Ledger}},
		"another version":            {func(a *discoveryv1.DiscoverResponse) { a.ServiceInfo.ProtocolMinorVersion = 3 }, []string{"DIA-VERSION-002", "0.3"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reports := refused(t, test.change, nil)
			for _, text := range test.want {
				if !strings.Contains(reports[0], text) {
					t.Errorf("the function is told %q, without %q", reports[0], text)
				}
			}
		})
	}
}

// Open streamed calls of an entity that is deleted end with the text, as every command
// does (REP-DEL-006, DIA-ANSWER-005).
func TestRulingOnDeletedEntities(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	watch, _ := o.watch("a", "reply first; update gcounter{increment:1}")
	watch.Want("first")
	o.Must(cloudstate.Presence, "a", "delete; reply gone", "gone")
	if _, err := watch.Next(); status.Code(err) != codes.Unknown || status.Convert(err).Message() != "Entity deleted" {
		t.Errorf("the open call ends with %v", err)
	}
	for range 2 {
		o.fails(cloudstate.Presence, "a", "", codes.Unknown, "Entity deleted")
	}
}

// A cancelled streamed call: the response's state action is applied, and its effects run
// (REP-CANCEL-006).
func TestRulingOnACancelledCall(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	watch, cancel := o.watch("a", "reply first; update gcounter{increment:1}; last gcounter{increment:5}; lasteffect Ledger Do b emit x")
	watch.Want("first")
	cancel()
	o.relay.Await(t, "the effect has come", func(calls []cloudstate.Call) bool {
		effects := of(calls, cloudstate.EventSourced)
		return len(effects) == 1 && len(effects[0].Answered()) == 1
	})
	o.Must(cloudstate.Ledger, "b", "", "x")
	o.fails(cloudstate.Presence, "a", "restart again", codes.Unknown, "again")
	init := read(t, o.awaitStreams(cloudstate.Crdt, 2, 1)[1].Sent()[0], new(replicatedv1.HandleRequest)).GetInit()
	if n := init.GetDelta().GetGcounter().GetIncrement(); n != 6 {
		t.Errorf("the counter has %d", n)
	}
}

// A streamed reply that is not marked so is delivered, and the call ends; a failure ends
// the call, and it is cancelled (REP-STREAM-005, REP-CANCEL-001).
func TestRulingOnStreamedReplies(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	unmarked, _ := o.watch("a", "reply only; unmarked")
	unmarked.Want("only")
	if _, err := unmarked.Next(); err == nil || err.Error() != "EOF" {
		t.Errorf("the call ends with %v", err)
	}
	failed, _ := o.watch("a", "fail no")
	if _, err := failed.Next(); status.Code(err) != codes.Unknown || status.Convert(err).Message() != "no" {
		t.Errorf("the call ends with %v", err)
	}
	ended, _ := o.watch("b", "reply first")
	ended.Want("first")
	o.Must(cloudstate.Presence, "b", "tell last; finish", "0")
	ended.Want("last")
	if _, err := ended.Next(); err == nil || err.Error() != "EOF" {
		t.Errorf("the call ends with %v", err)
	}
}

// An open streamed call keeps its entity from passivating (REP-PASS-001).
func TestRulingOnOpenCallsAndPassivation(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Discover: both(passivated(cloudstate.Presence), passivated(cloudstate.Ledger))}, nil)
	watch, _ := o.watch("a", "reply first")
	watch.Want("first")
	for n := range 5 { // each takes longer than the time-out of both
		o.Must(cloudstate.Ledger, "a", "reply x", "x")
		o.awaitStreams(cloudstate.EventSourced, n+1, 0)
	}
	o.Must(cloudstate.Presence, "a", "tell more", "0")
	watch.Want("more")
	if streams := o.relay.Of(cloudstate.Crdt); len(streams) != 1 {
		t.Errorf("the streams are %v", streams)
	}
}

// A flag set to false, and a delta of another type: the call fails, a reset, reported
// (REP-UPD-006).
func TestRulingOnImpossibleUpdates(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	o.Must(cloudstate.Presence, "a", "update flag{value:true}", "0")
	for _, delta := range []string{"flag{}", "gcounter{increment:1}", ""} {
		if got, err := o.Do(cloudstate.Presence, "a", "update "+delta); status.Code(err) != codes.Internal {
			t.Errorf("%q gives %q, %v", delta, got, err)
		}
		o.Must(cloudstate.Presence, "a", "", "0")
	}
	for _, requirement := range []string{"REP-FLAG-001", "REP-TYPE-001", "REP-UPD-001"} {
		o.awaitReport(requirement)
	}
}

// Write consistency is answered by the one member (REP-WRITE-005), and a register's
// write is kept.
func TestRulingOnWriteConsistency(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, consistency := range []string{"majority", "all"} {
		o.Must(cloudstate.Presence, "a", "update gcounter{increment:1}; "+consistency, "0")
	}
	o.fails(cloudstate.Presence, "a", "restart again", codes.Unknown, "again")
	init := read(t, o.awaitStreams(cloudstate.Crdt, 2, 1)[1].Sent()[0], new(replicatedv1.HandleRequest)).GetInit()
	want := &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gcounter{Gcounter: &replicatedv1.GCounterDelta{Increment: 2}}}
	if !proto.Equal(init.GetDelta(), want) {
		t.Errorf("the init is %v", init)
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
