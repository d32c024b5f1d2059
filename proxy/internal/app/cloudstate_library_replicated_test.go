package app

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// Row 9: a streamed message comes before the reply whose command caused it
// (REP-STREAM-005, REP-STREAM-009).
func TestLibraryStreamsEarly(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	watch, _ := o.watch("a", "reply first")
	watch.Want("first")
	o.Must(cloudstate.Presence, "a", "early now; update gcounter{increment:1}", "0")
	watch.Want("now")
}

// Row 10: no stream_cancelled_response comes (DIA-LIFE-006).
func TestLibraryDoesNotAnswerACancel(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	watch, cancel := o.watch("a", "reply first; noresponse")
	watch.Want("first")
	cancel()
	o.Must(cloudstate.Presence, "a", "update gcounter{increment:1}", "0")
	o.Must(cloudstate.Presence, "a", "", "0")
	if reports := o.f.Reports(); len(reports) > 0 {
		t.Errorf("the function is told %q", reports)
	}
}

// Row 11: cleared removes a last element, and before what is added; an empty vote and
// an empty counter are what they are (REP-ORSET-008, REP-MAP-012, REP-VOTE-005,
// REP-MAP-014, REP-UPD-007).
func TestLibrarySendsEmptyDeltas(t *testing.T) {
	t.Parallel()
	const x, y = `{type_url:"t/x" value:"x"}`, `{type_url:"t/y" value:"y"}`
	o := observe(t, cloudstate.Behaviour{Discover: passivated(cloudstate.Presence)}, nil)
	tests := map[string][]string{
		"set":  {"update orset{added:" + x + "}", "update orset{cleared:true}", "update orset{cleared:true added:" + y + "}"},
		"map":  {"update ormap{added:{key:" + x + " delta:{gcounter{}}}}", "update ormap{cleared:true added:{key:" + y + " delta:{gcounter{}}}}"},
		"vote": {"update vote{self_vote:true}", "update vote{}"},
	}
	want := map[string]string{
		"set": "orset{added:" + y + "}", "map": "ormap{added:{key:" + y + " delta:{gcounter{}}}}", "vote": "vote{total_voters:1}",
	}
	for id, steps := range tests {
		for _, s := range steps {
			o.Must(cloudstate.Presence, id, s, "0")
		}
	}
	o.awaitRest(cloudstate.Crdt)
	for id := range tests {
		o.Must(cloudstate.Presence, id, "", "0")
		again := o.relay.Of(cloudstate.Crdt)
		init := read(t, again[len(again)-1].Sent()[0], new(replicatedv1.HandleRequest)).GetInit()
		whole := new(replicatedv1.Delta)
		if err := prototext.Unmarshal([]byte(want[id]), whole); err != nil {
			t.Fatal(err)
		}
		if init.GetEntityId() != id || !proto.Equal(init.GetDelta(), whole) {
			t.Errorf("%s comes back as %v", id, init)
		}
	}
}

// Row 12: a read carries a register's first value. Nothing tells a read from a write: not
// the option of version 1 either, which 0.2 does not have (REP-UPD-005, DIA-DISC-008).
func TestLibraryWritesOnARead(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Discover: func(answer *discoveryv1.DiscoverResponse) {
		set := cloudstate.Files(cloudstate.KeyOption)
		for _, service := range []string{"Ledger", "Profile", "Presence"} {
			cloudstate.CallReadOnly(set, service, "Do")
		}
		answer.Proto = cloudstate.Answer(set).GetProto()
	}}, nil)
	o.Must(cloudstate.Presence, "a", `update lwwregister{value:{type_url:"t/x" value:"x"}}`, "0")
	o.Must(cloudstate.Ledger, "a", "emit x", "x")
	o.Must(cloudstate.Profile, "a", "set x", "x")
	for _, kind := range stateful {
		o.fails(kind.service, "a", "restart again", codes.Unknown, "again")
	}
	o.Must(cloudstate.Ledger, "a", "", "x")
	o.Must(cloudstate.Profile, "a", "", "x")
	init := read(t, o.awaitStreams(cloudstate.Crdt, 2, 1)[1].Sent()[0], new(replicatedv1.HandleRequest)).GetInit()
	if value := init.GetDelta().GetLwwregister().GetValue(); string(value.GetValue()) != "x" {
		t.Errorf("the init is %v", init)
	}
	if reports := o.f.Reports(); len(reports) > 0 {
		t.Errorf("the function is told %q", reports)
	}
}

// Row 13: some abort on anything that follows a delete (REP-DEL-004, DIA-LIFE-009,
// DIA-ANSWER-005).
func TestLibraryAbortsAfterADelete(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Aborts: true}, nil)
	o.Must(cloudstate.Presence, "a", "update gcounter{increment:1}", "0")
	o.Must(cloudstate.Presence, "a", "delete; reply gone", "gone")
	o.awaitStreams(cloudstate.Crdt, 1, 0)
	o.fails(cloudstate.Presence, "a", "", codes.Unknown, "Entity deleted")
	o.Must(cloudstate.Presence, "never set", "delete; reply gone", "gone")
	o.fails(cloudstate.Presence, "never set", "", codes.Unknown, "Entity deleted")
	o.awaitStreams(cloudstate.Crdt, 2, 0)
}

// Row 14: one leaves a replicated entity's stream open after the half-close
// (DIA-LIFE-005).
func TestLibraryLingers(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Lingers: true, Discover: passivated(cloudstate.Presence)}, nil)
	o.Must(cloudstate.Presence, "a", "update gcounter{increment:1}", "0")
	stream := o.awaitStreams(cloudstate.Crdt, 1, 0)[0] // the observer says whether it was too soon
	if stream.End().What != cloudstate.Reset {
		t.Errorf("the stream ends as %v", stream)
	}
	o.Must(cloudstate.Presence, "a", "", "0")
	if reports := o.f.Reports(); len(reports) > 0 {
		t.Errorf("the function is told %q", reports)
	}
}
