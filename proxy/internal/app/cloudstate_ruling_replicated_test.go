package app

import (
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

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

// A register's write that loses to a later clock: the function that wrote it is at once
// sent the winner (REP-DELTA-005).
//
// Two rows need a store that fails, and a second proxy: a write consistency that is missed
// is in consistency.txt of entity/replicated, two types for one entity in type.txt.
func TestRulingOnALosingWrite(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	write := func(value string, clock int) string {
		return fmt.Sprintf("update lwwregister{value:{type_url:\"t/x\" value:%q} clock:CLOCK_CUSTOM custom_clock_value:%d}", value, clock)
	}
	o.Must(cloudstate.Presence, "a", write("winner", 10), "0")
	o.Must(cloudstate.Presence, "a", write("loser", 5), "0")
	sent := func(calls []cloudstate.Call) [][]byte { return of(calls, cloudstate.Crdt)[0].Sent() }
	calls := o.relay.Await(t, "the winner is sent", func(calls []cloudstate.Call) bool { return len(sent(calls)) == 4 })
	delta := read(t, sent(calls)[3], new(replicatedv1.HandleRequest)).GetDelta().GetLwwregister()
	if string(delta.GetValue().GetValue()) != "winner" {
		t.Errorf("the function is sent %v", delta)
	}
	o.Must(cloudstate.Presence, "a", "", "1") // one delta in all
}
