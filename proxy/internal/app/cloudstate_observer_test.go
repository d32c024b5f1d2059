package app

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// What strict observers demand of the wire, line by line; what holds for every message
// is in Relay.Check, which ends each of these tests.

// stateful are the three kinds that have streams, each with what changes its state.
var stateful = []struct{ service, path, change string }{
	{cloudstate.Ledger, cloudstate.EventSourced, "emit x"},
	{cloudstate.Profile, cloudstate.ValueEntity, "set x"},
	{cloudstate.Presence, cloudstate.Crdt, "update gcounter{increment:1}"},
}

// read decodes a message.
func read[M proto.Message](tb testing.TB, raw []byte, message M) M {
	tb.Helper()
	if err := proto.Unmarshal(raw, message); err != nil {
		tb.Fatal(err)
	}
	return message
}

// The bytes of a command's payload are the caller's, in whatever order and with whatever
// fields (CORE-CMD-004), and its metadata less the transport's, bytes as bytes
// (CORE-META-001, META-ENTRY-001).
func TestObserverSeesTheCommand(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	request := append(protowire.AppendString(protowire.AppendTag(nil, 99, protowire.BytesType), "later"), cloudstate.Request("a", "")...)
	request = append(cloudstate.Request("", "emit x"), request...)
	if _, err := o.Call(cloudstate.Method(cloudstate.Ledger, "Do"), request, "x-color", "red", "x-raw-bin", "\x00\xff"); err != nil {
		t.Fatal(err)
	}
	o.Must(cloudstate.Ledger, "a", "", "x")
	sent := of(o.relay.Calls(), cloudstate.EventSourced)[0].Sent()
	command := read(t, sent[1], new(eventsourcedv1.HandleRequest)).GetCommand()
	if string(command.GetPayload().GetValue()) != string(request) || command.GetPayload().GetTypeUrl() != "type.googleapis.com/test.shop.Request" {
		t.Errorf("the payload is %v", command.GetPayload())
	}
	entries := map[string]string{}
	for _, e := range command.GetMetadata().GetEntries() {
		entries[e.GetKey()] = e.GetStringValue() + string(e.GetBytesValue())
	}
	if len(entries) != 2 || entries["x-color"] != "red" || entries["x-raw-bin"] != "\x00\xff" {
		t.Errorf("the metadata is %v", command.GetMetadata())
	}
	if bare := read(t, sent[2], new(eventsourcedv1.HandleRequest)).GetCommand(); bare.GetMetadata() != nil {
		t.Errorf("the metadata of a bare call is %v", bare.GetMetadata())
	}
}

// Ids may hold "-" and ":", and one id under several services and kinds is as many
// entities (DIA-KEY-003, DISC-ENT-002). All four kinds are served (DIA-INFO-002).
func TestObserverSeesEntityIDs(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, kind := range stateful {
		if _, err := o.Do(kind.service, "a-b:c", kind.change); err != nil {
			t.Fatal(err)
		}
	}
	o.Must(cloudstate.Ledger, "a-b:c", "", "x")
	o.Must(cloudstate.Profile, "a-b:c", "", "x")
	if n := len(o.relay.Of(cloudstate.EventSourced, cloudstate.ValueEntity, cloudstate.Crdt)); n != 3 {
		t.Errorf("%d streams for three entities", n)
	}
	if got, err := o.Call(cloudstate.Method(cloudstate.Converter, "Unary"), cloudstate.Request("", "reply hello")); err != nil || got != "hello" {
		t.Errorf("an action answered %q, %v", got, err)
	}
}

// The first init of each kind: no snapshot, an empty state, no delta (ES-REPLAY-001,
// VAL-INIT-003, VAL-INIT-006, REP-INIT-003).
func TestObserverSeesInits(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, kind := range stateful {
		if _, err := o.Do(kind.service, "a", ""); err != nil {
			t.Fatal(err)
		}
	}
	first := func(path string) []byte { return of(o.relay.Calls(), path)[0].Sent()[0] }
	if init := read(t, first(cloudstate.EventSourced), new(eventsourcedv1.HandleRequest)).GetInit(); init.GetSnapshot() != nil || init.GetServiceName() != cloudstate.Ledger {
		t.Errorf("event sourced: %v", init)
	}
	if init := read(t, first(cloudstate.ValueEntity), new(valuev1.HandleRequest)).GetInit(); init.GetState() == nil || init.GetState().GetValue() != nil {
		t.Errorf("value: %v", init)
	}
	if init := read(t, first(cloudstate.Crdt), new(replicatedv1.HandleRequest)).GetInit(); init.GetDelta() != nil {
		t.Errorf("replicated: %v", init)
	}
}

// A failure that changes nothing: the same stream, the next id; the status message is
// exactly the description, in any language (DIA-LIFE-004, DIA-ANSWER-002, CORE-FAIL-003).
func TestObserverSeesAFailure(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, kind := range stateful {
		o.fails(kind.service, "a", "fail  zu wenig für 5 €: 100%", codes.Unknown, " zu wenig für 5 €: 100%")
		if _, err := o.Do(kind.service, "a", kind.change); err != nil {
			t.Fatal(err)
		}
		if streams := o.relay.Of(kind.path); len(streams) != 1 || len(streams[0].Sent()) != 3 {
			t.Errorf("%s: the streams are %v", kind.service, streams)
		}
	}
}
