package app

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// How existing libraries of Cloudstate 0.2 behave, one test for each row of that table
// in the chapter about the dialect.

// Row 1: no version is stated, and a replicated entity is then refused by name
// (DIA-VERSION-001, DIA-VERSION-003, DIA-VERSION-004).
func TestLibraryStatesNoVersion(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Discover: both(unversioned, without(cloudstate.Presence))}, nil)
	o.Must(cloudstate.Ledger, "a", "emit x", "x")
	reports := refused(t, unversioned, nil)
	if len(reports) != 1 || !strings.HasPrefix(reports[0], "DIA-VERSION-003") || !strings.Contains(reports[0], cloudstate.Presence) || !strings.Contains(reports[0], "0.0") {
		t.Errorf("the function is told %q", reports)
	}
	allowed := observe(t, cloudstate.Behaviour{Discover: unversioned}, func(c *Config) { c.Unversioned = true })
	allowed.Must(cloudstate.Presence, "a", "update gcounter{increment:1}", "0")
}

// Row 2: the older number of the key's option, under the newer name, and files more than
// once and of another edition (DIA-KEY-001, DIA-DISC-001, DISC-DESC-003).
func TestLibraryNumbersKeysOtherwise(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Discover: func(answer *discoveryv1.DiscoverResponse) {
		set := cloudstate.Files(cloudstate.OlderKeyOption)
		edition := protodesc.ToFileDescriptorProto(descriptorpb.File_google_protobuf_descriptor_proto)
		edition.MessageType = edition.GetMessageType()[:len(edition.GetMessageType())-1]
		set.File[2] = edition
		set.File = append(set.GetFile(), &descriptorpb.FileDescriptorProto{
			Name: new("cloudstate/entity_key.proto"), Package: new("cloudstate"), Syntax: new("proto3"), Dependency: []string{edition.GetName()},
			Extension: []*descriptorpb.FieldDescriptorProto{{
				Name: new("entity_key"), Number: new(int32(cloudstate.OlderKeyOption)), Extendee: new(".google.protobuf.FieldOptions"),
				Type: descriptorpb.FieldDescriptorProto_TYPE_BOOL.Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
			}},
		}, set.GetFile()[0])
		answer.Proto = cloudstate.Answer(set).GetProto()
	}}, nil)
	o.Must(cloudstate.Ledger, "a", "emit x", "x")
}

// Row 3: keys of several fields, and another request for each method (DIA-KEY-003,
// DIA-KEY-004, DIA-DISC-003).
func TestLibraryJoinsKeys(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, seat := range []cloudstate.Raw{cloudstate.Seat("a-b", 7, "emit x"), cloudstate.Seat("a", 0, "emit y")} {
		if _, err := o.Call(cloudstate.Method(cloudstate.Booking, "Do"), seat); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string]string{"a-b-7": "x", "a-0": "y"} { // in the order of the descriptor
		if got, err := o.Call(cloudstate.Method(cloudstate.Booking, "Find"), cloudstate.Request(id, "")); got != want || err != nil {
			t.Errorf("%s has %q, %v", id, got, err)
		}
	}
}

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
	o.awaitStreams(cloudstate.EventSourced, 1, 0)
	o.Must(cloudstate.Ledger, "a", "", "1 2 3 4")
	sent := o.awaitStreams(cloudstate.EventSourced, 2, 1)[1].Sent()
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
	o.awaitStreams(cloudstate.Crdt, len(tests), 0)
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

// Row 12: a read carries a register's first value (REP-UPD-005, DIA-DISC-008).
func TestLibraryWritesOnARead(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	o.Must(cloudstate.Presence, "a", `update lwwregister{value:{type_url:"t/x" value:"x"}}`, "0")
	o.Must(cloudstate.Presence, "a", "", "0")
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
	o.mistaken = true
	for _, kind := range stateful {
		service, path := kind.service, kind.path
		for _, step := range []string{"broken boom", "broken0 boom"} {
			_, err := o.Do(service, "a", step)
			if status.Code(err) != codes.Unknown || !strings.Contains(status.Convert(err).Message(), "boom") {
				t.Errorf("%s: %q gives %v", service, step, err)
			}
			_, err = o.Do(service, "a", "")
			if path == cloudstate.Crdt && status.Code(err) == codes.Unknown { // it met the end of the stream
				_, err = o.Do(service, "a", "")
			}
			if err != nil {
				t.Errorf("%s after %q: %v", service, step, err)
			}
		}
	}
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
