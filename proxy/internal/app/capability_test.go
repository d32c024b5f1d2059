package app

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"

	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// traceparent is the trace of a caller.
const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// resting is a config whose entities are passivated as soon as they are idle.
func resting(target string) Config {
	c := quick(target)
	c.IdleTimeout = 10 * time.Millisecond
	return c
}

// ok waits for the answer of a caller.
func ok(tb testing.TB, came <-chan error) {
	tb.Helper()
	if err := take(tb, came); err != nil {
		tb.Fatal(err)
	}
}

// DISC-CAP-001: the proxy announces each capability that the tests of this file show.
func TestAnnounced(t *testing.T) {
	s := raise(t, counters(wire.EventSourced))
	runProxy(t, quick(s.target))
	if got := take(t, s.asked).GetCapabilities(); len(got) != 11 {
		t.Errorf("announced: %v", got)
	}
}

// TestEventMetadata covers ES-EVENT-004, ES-EVENT-005 and META-TRACE-007 through the
// whole proxy: what the function says of an event comes back with it.
func TestEventMetadata(t *testing.T) {
	s := raise(t, counters(wire.EventSourced, discoveryv1.Capability_CAPABILITY_EVENT_METADATA))
	caller := runProxy(t, resting(s.target)).dial(t)
	came := caller.asking(metadata.AppendToOutgoingContext(t.Context(), "traceparent", traceparent), "a")
	p := take(t, s.eventSourced)
	p.hears(t, esInit("a", nil, 0))
	command, err := p.next(t)
	if err != nil {
		t.Fatal(err)
	}
	var sent *entityv1.MetadataEntry
	for _, entry := range command.GetCommand().GetMetadata().GetEntries() {
		if entry.GetKey() == "traceparent" {
			sent = entry
		}
	}
	if sent == nil {
		t.Fatalf("the command has no trace: %v", command)
	}
	said := &entityv1.MetadataEntry{Key: "x-by", Value: &entityv1.MetadataEntry_StringValue{StringValue: "me"}}
	p.says(t, esReply(&eventsourcedv1.EventSourcedReply{
		CommandId: 1, Events: []*anypb.Any{number(7)}, EventMetadata: []*entityv1.Metadata{{Entries: []*entityv1.MetadataEntry{said}}},
	}))
	ok(t, came)
	p.ends(t)
	came = caller.asking(t.Context(), "a")
	p = take(t, s.eventSourced)
	p.hears(t, esInit("a", nil, 1))
	p.hears(t, esEvent(&eventsourcedv1.Event{Sequence: 1, Payload: number(7), Metadata: &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{said, sent}}}))
	p.hears(t, esCommand("a", 1))
	p.says(t, esReply(&eventsourcedv1.EventSourcedReply{CommandId: 1}))
	ok(t, came)
	p.ends(t)
}

// TestNothingInForce covers DISC-CAP-005 for what is stored: a function that announces
// nothing is asked for no snapshot, and its events come back without metadata.
func TestNothingInForce(t *testing.T) {
	s := raise(t, counters(wire.EventSourced))
	config := resting(s.target)
	config.SnapshotAfter = 1
	caller := runProxy(t, config).dial(t)
	came := caller.asking(metadata.AppendToOutgoingContext(t.Context(), "traceparent", traceparent), "a")
	p := take(t, s.eventSourced)
	p.hears(t, esInit("a", nil, 0))
	p.hears(t, esCommand("a", 1))
	p.says(t, esReply(&eventsourcedv1.EventSourcedReply{CommandId: 1, Events: []*anypb.Any{number(7)}}))
	ok(t, came)
	p.ends(t)
	came = caller.asking(t.Context(), "a")
	p = take(t, s.eventSourced)
	p.hears(t, esInit("a", nil, 1))
	p.hears(t, esEvent(&eventsourcedv1.Event{Sequence: 1, Payload: number(7)}))
	p.hears(t, esCommand("a", 1))
	p.says(t, esReply(&eventsourcedv1.EventSourcedReply{CommandId: 1}))
	ok(t, came)
	p.ends(t)
}

// TestSnapshotRequest covers ES-ASK-006 through the whole proxy: the snapshot for which
// it asks is what the next activation begins with.
func TestSnapshotRequest(t *testing.T) {
	s := raise(t, counters(wire.EventSourced, discoveryv1.Capability_CAPABILITY_SNAPSHOT_REQUEST))
	config := resting(s.target)
	config.SnapshotAfter = 2
	caller := runProxy(t, config).dial(t)
	came := caller.asking(t.Context(), "a")
	p := take(t, s.eventSourced)
	p.hears(t, esInit("a", nil, 0))
	p.hears(t, esCommand("a", 1))
	p.says(t, esReply(&eventsourcedv1.EventSourcedReply{CommandId: 1, Events: []*anypb.Any{number(1), number(2)}}))
	ok(t, came)
	p.hears(t, &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_SnapshotRequest{SnapshotRequest: new(eventsourcedv1.SnapshotRequest)}})
	p.says(t, &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_SnapshotResponse{
		SnapshotResponse: &eventsourcedv1.SnapshotResponse{Snapshot: number(3)},
	}})
	p.ends(t)
	came = caller.asking(t.Context(), "a")
	p = take(t, s.eventSourced)
	p.hears(t, esInit("a", &eventsourcedv1.Snapshot{SnapshotSequence: 2, Snapshot: number(3)}, 2))
	p.hears(t, esCommand("a", 1))
	p.says(t, esReply(&eventsourcedv1.EventSourcedReply{CommandId: 1}))
	ok(t, came)
	p.ends(t)
}

// TestEventSourcedDelete covers ES-DEL-003, ES-DEL-004, ES-DEL-006 and ES-DEL-009
// through the whole proxy, and its restart.
func TestEventSourcedDelete(t *testing.T) {
	s := raise(t, counters(wire.EventSourced, discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE))
	config := durably(s.target, t.TempDir())
	proxy := runProxy(t, config)
	caller := proxy.dial(t)
	came := caller.asking(t.Context(), "a")
	p := take(t, s.eventSourced)
	p.hears(t, esInit("a", nil, 0))
	p.hears(t, esCommand("a", 1))
	p.says(t, esReply(&eventsourcedv1.EventSourcedReply{CommandId: 1, Events: []*anypb.Any{number(1)}, Delete: new(eventsourcedv1.Delete)}))
	ok(t, came)
	p.ends(t)
	gone := func(caller *client) {
		if err := take(t, caller.asking(t.Context(), "a")); status.Code(err) != codes.NotFound {
			t.Errorf("a deleted entity answered %v", err)
		}
	}
	gone(caller)
	if err := proxy.halt(t); err != nil {
		t.Fatal(err)
	}
	gone(runProxy(t, config).dial(t))
	if n := len(s.eventSourced); n != 0 {
		t.Errorf("%d streams were opened for a deleted entity", n)
	}
}

// TestTypeAliases covers DISC-ALIAS-002 through the whole proxy: what was stored comes
// back under its new name.
func TestTypeAliases(t *testing.T) {
	answer := counters(wire.EventSourced, discoveryv1.Capability_CAPABILITY_TYPE_ALIASES)
	answer.Entities[0].TypeAliases = []*discoveryv1.TypeAlias{{StoredName: "google.protobuf.Int64Value", Name: "test.counter.v1.Amount"}}
	renamed := func(n int64) *anypb.Any {
		payload := number(n)
		payload.TypeUrl = "type.googleapis.com/test.counter.v1.Amount"
		return payload
	}
	t.Run("event sourced", func(t *testing.T) {
		s := raise(t, answer)
		caller := runProxy(t, resting(s.target)).dial(t)
		came := caller.asking(t.Context(), "a")
		p := take(t, s.eventSourced)
		p.hears(t, esInit("a", nil, 0))
		p.hears(t, esCommand("a", 1))
		p.says(t, esReply(&eventsourcedv1.EventSourcedReply{CommandId: 1, Events: []*anypb.Any{number(1)}, Snapshot: number(1)}))
		ok(t, came)
		p.ends(t)
		came = caller.asking(t.Context(), "a")
		p = take(t, s.eventSourced)
		p.hears(t, esInit("a", &eventsourcedv1.Snapshot{SnapshotSequence: 1, Snapshot: renamed(1)}, 1))
		p.hears(t, esCommand("a", 1))
		p.says(t, esReply(&eventsourcedv1.EventSourcedReply{CommandId: 1, Events: []*anypb.Any{number(2)}}))
		ok(t, came)
		p.ends(t)
		came = caller.asking(t.Context(), "a")
		p = take(t, s.eventSourced)
		p.hears(t, esInit("a", &eventsourcedv1.Snapshot{SnapshotSequence: 1, Snapshot: renamed(1)}, 2))
		p.hears(t, esEvent(&eventsourcedv1.Event{Sequence: 2, Payload: renamed(2)}))
		p.hears(t, esCommand("a", 1))
		p.says(t, esReply(&eventsourcedv1.EventSourcedReply{CommandId: 1}))
		ok(t, came)
		p.ends(t)
	})
	t.Run("value", func(t *testing.T) {
		answer := proto.CloneOf(answer)
		answer.Entities[0].EntityType = counters(wire.Value).GetEntities()[0].GetEntityType()
		s := raise(t, answer)
		caller := runProxy(t, resting(s.target)).dial(t)
		came := caller.asking(t.Context(), "a")
		p := take(t, s.values)
		p.hears(t, valueInit("a", nil, 0))
		p.hears(t, valueCommand("a", 1))
		p.says(t, valueReply(1, number(1)))
		ok(t, came)
		p.ends(t)
		came = caller.asking(t.Context(), "a")
		p = take(t, s.values)
		p.hears(t, valueInit("a", renamed(1), 1))
		p.hears(t, valueCommand("a", 1))
		p.says(t, valueReply(1, nil))
		ok(t, came)
		p.ends(t)
	})
}

// TestCompositeKeys covers DISC-KEY-006 and DISC-KEY-007 through the whole proxy.
func TestCompositeKeys(t *testing.T) {
	files := descriptortest.Files()
	for _, message := range files.GetFile()[2].GetMessageType() {
		if name := message.GetName(); name == "AddRequest" || name == "GetRequest" {
			options := new(descriptorpb.FieldOptions)
			proto.SetExtension(options, annotationsv1.E_EntityKey, true)
			message.Field = append(message.Field, &descriptorpb.FieldDescriptorProto{
				Name: new("region"), Number: new(int32(3)), Options: options,
				Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
			})
		}
	}
	answer := descriptortest.Answer(files)
	answer.ServiceInfo.Capabilities = []discoveryv1.Capability{discoveryv1.Capability_CAPABILITY_COMPOSITE_KEYS}
	s := raise(t, answer)
	caller := runProxy(t, quick(s.target)).dial(t)
	came := make(chan error, 1)
	ask := func(texts ...string) {
		var fields []byte
		for i, text := range texts {
			fields = protowire.AppendString(protowire.AppendTag(fields, protowire.Number(1+2*i), protowire.BytesType), text)
		}
		request := new(emptypb.Empty) // its unknown fields are its bytes
		request.ProtoReflect().SetUnknown(fields)
		came <- caller.conn.Invoke(t.Context(), descriptortest.Get, request, caller.messages.New("GetResponse"))
	}
	ask("a")
	if err := take(t, came); status.Code(err) != codes.InvalidArgument {
		t.Errorf("half a key gets %v", err)
	}
	go ask("50%", "a/b")
	p := take(t, s.eventSourced)
	p.hears(t, esInit("50%25/a%2Fb", nil, 0))
	p.hears(t, esCommand("50%25/a%2Fb", 1))
	p.says(t, esReply(&eventsourcedv1.EventSourcedReply{CommandId: 1}))
	ok(t, came)
	close(p.over)
}

// TestReplicatedMaps covers REP-TYPE-006 through the whole proxy: a map of one type comes
// back to a function that knows it, and one that does not hears why it gets no stream.
func TestReplicatedMaps(t *testing.T) {
	delta := &replicatedv1.Delta{Delta: &replicatedv1.Delta_PncounterMap{PncounterMap: &replicatedv1.PNCounterMapDelta{
		Added: []*replicatedv1.PNCounterMapEntryDelta{{Key: number(1), Change: 5}},
	}}}
	s := raise(t, counters(wire.Replicated, discoveryv1.Capability_CAPABILITY_REPLICATED_MAPS))
	config := durably(s.target, t.TempDir())
	for n, begins := range []*replicatedv1.Delta{nil, delta} {
		proxy := runProxy(t, config)
		came := proxy.dial(t).asking(t.Context(), "a")
		p := take(t, s.replicated)
		p.hears(t, replicatedInit("a", begins))
		p.hears(t, replicatedCommand("a", 1))
		if n == 0 {
			p.says(t, replicatedReply(1, delta))
		} else {
			p.says(t, replicatedReply(1, nil))
		}
		ok(t, came)
		proxy.stop()
		p.ends(t)
		if err := take(t, proxy.ended); err != nil {
			t.Fatal(err)
		}
	}
	s = raise(t, counters(wire.Replicated))
	config.Function = s.target
	err := take(t, runProxy(t, config).dial(t).asking(t.Context(), "a"))
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("the caller gets %v", err)
	}
	if report := take(t, s.reports); report.GetCode() != "REP-TYPE-006" || report.GetEntityId() != "a" {
		t.Errorf("report %v", report)
	}
	if n := len(s.replicated); n != 0 {
		t.Errorf("%d streams were opened", n)
	}
}
