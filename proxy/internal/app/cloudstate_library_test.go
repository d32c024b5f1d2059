package app

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// Row 4: types that the descriptors lack, JSON, and two encodings of a scalar come back
// as they were (CORE-PAYLOAD-001, CORE-PAYLOAD-002).
func TestLibraryStoresWhatItLikes(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Discover: passivated(cloudstate.Ledger)}, nil)
	o.Must(cloudstate.Ledger, "a", "emit x; json y; raw nowhere/no.Type z; raw p.cloudstate.io/bytes ", "x y z ")
	first := o.awaitStreams(cloudstate.EventSourced, 1, 0)[0]
	o.Must(cloudstate.Ledger, "a", "", "x y z ")
	second := o.awaitStreams(cloudstate.EventSourced, 2, 1)[1]
	reply := new(eventsourcedv1.HandleResponse)
	if err := proto.Unmarshal(first.Answered()[0], reply); err != nil {
		t.Fatal(err)
	}
	for i, event := range reply.GetReply().GetEvents() {
		sent := new(eventsourcedv1.HandleRequest)
		if err := proto.Unmarshal(second.Sent()[1+i], sent); err != nil || !proto.Equal(sent.GetEvent().GetPayload(), event) || sent.GetEvent().GetSequence() != int64(i+1) {
			t.Errorf("event %d was %v and is %v, %v", i+1, event, sent, err)
		}
	}
}

// Row 5: a snapshot beside events, at any sequence (ES-REPLAY-001, ES-REPLAY-008,
// ES-STORE-003).
func TestLibrarySnapshotsWhenItLikes(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Discover: passivated(cloudstate.Ledger)}, nil)
	o.Must(cloudstate.Ledger, "a", "emit 1; emit 2; emit 3; snapshot", "1 2 3")
	o.Must(cloudstate.Ledger, "a", "emit 4", "1 2 3 4")
	before := o.awaitRest(cloudstate.EventSourced)
	o.Must(cloudstate.Ledger, "a", "", "1 2 3 4")
	sent := o.awaitStreams(cloudstate.EventSourced, before+1, 1)[before].Sent()
	init, event := new(eventsourcedv1.HandleRequest), new(eventsourcedv1.HandleRequest)
	if err := proto.Unmarshal(sent[0], init); err != nil || init.GetInit().GetSnapshot().GetSnapshotSequence() != 3 {
		t.Errorf("the init is %v, %v", init, err)
	}
	if err := proto.Unmarshal(sent[1], event); err != nil || event.GetEvent().GetSequence() != 4 {
		t.Errorf("the event is %v, %v", event, err)
	}
}

// Row 6: some set restart on a failure after an emit, others undo it themselves
// (DIA-LIFE-001, ES-FAIL-001, ES-FAIL-002).
func TestLibraryFailsAfterEmitting(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	o.Must(cloudstate.Ledger, "a", "emit x", "x")
	o.fails(cloudstate.Ledger, "a", "emit y; fail no", codes.Unknown, "no")
	o.Must(cloudstate.Ledger, "a", "emit z", "x z")
	o.fails(cloudstate.Ledger, "a", "emit y; restart never", codes.Unknown, "never")
	o.Must(cloudstate.Ledger, "a", "", "x z")
}

// Row 7: replies without a client action, and an action's response with effects alone
// (CORE-CMD-010, CORE-CMD-012, REP-STREAM-005, ACT-ANSWER-004, ACT-ANSWER-005).
func TestLibraryAnswersNothing(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	o.fails(cloudstate.Ledger, "a", "emit x; silent", codes.Internal, "")
	o.Must(cloudstate.Ledger, "a", "", "x")
	o.fails(cloudstate.Profile, "a", "set x; blank", codes.Internal, "")
	o.Must(cloudstate.Profile, "a", "", "x")
	watch, _ := o.watch("a", "silent")
	o.relay.Await(t, "the call is open", func(calls []cloudstate.Call) bool {
		streams := of(calls, cloudstate.Crdt)
		return len(streams) == 1 && len(streams[0].Answered()) == 1
	})
	o.Must(cloudstate.Presence, "a", "tell hello", "0")
	watch.Want("hello")
	if _, err := o.Call(cloudstate.Method(cloudstate.Converter, "Unary"), cloudstate.Request("", "silent; effect Ledger Do b emit y")); status.Code(err) != codes.Internal {
		t.Errorf("an action without an answer gives %v", err)
	}
	out, _ := o.open(cloudstate.Method(cloudstate.Converter, "StreamedOut"), cloudstate.Request("", "silent; sync Ledger Do c emit z|reply last"))
	out.Close()
	out.Want("last")
	o.Must(cloudstate.Ledger, "c", "", "z")
}

// Row 8: a payload in the first message of a streamed-in call is thrown away, so there is
// none (ACT-OPEN-003).
func TestLibraryThrowsAwayTheFirstPayload(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	in, _ := o.open(cloudstate.Method(cloudstate.Converter, "StreamedIn"), cloudstate.Request("", "a"), cloudstate.Request("", "b"))
	in.Close()
	in.Want("a; b")
}

// Row 18: some echo a request's metadata into replies and forwards (META-REPLY-001,
// FX-META-001).
func TestLibraryEchoesMetadata(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Echoes: true}, nil)
	for _, steps := range []string{"", "forward Profile Do b"} {
		_, headers, err := o.Headers(cloudstate.Method(cloudstate.Ledger, "Do"), cloudstate.Request("a", steps),
			"x-color", "red", "x-raw-bin", "\x01\xff", "authorization", "secret", "cookie", "c=1")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Join(headers["x-color"], ",") != "red" || strings.Join(headers["x-raw-bin"], ",") != "\x01\xff" || len(headers["authorization"])+len(headers["cookie"]) > 0 {
			t.Errorf("%q: the headers are %v", steps, headers)
		}
	}
}
