package main

import (
	"testing"

	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

// announced is the model behind a proxy that has these capabilities, with a stream to the
// entity "e".
func announced(t *testing.T, capabilities ...discoveryv1.Capability) *sdktest.Stream {
	t.Helper()
	proxy := sdktest.Start(t, config())
	proxy.Announce(capabilities...)
	return proxy.Open(sdktest.Init(tckv1.EventSourcedTckModelService_ServiceDesc.ServiceName, "e", nil))
}

func processing(id int64, actions ...*tckv1.RequestAction) *sdktest.Request {
	return sdktest.Command("e", id, "Process", &tckv1.ProcessRequest{Id: "e", Actions: actions})
}

func removing(retention int64) *tckv1.RequestAction {
	return &tckv1.RequestAction{Action: &tckv1.RequestAction_Delete{Delete: &tckv1.Delete{Retention: retention}}}
}

func annotated(value, metadata string) *tckv1.RequestAction {
	return &tckv1.RequestAction{Action: &tckv1.RequestAction_Emit{Emit: &tckv1.Emit{Value: value, Metadata: metadata}}}
}

func asking() *sdktest.Request {
	return &sdktest.Request{Message: &eventsourcedv1.HandleRequest_SnapshotRequest{SnapshotRequest: &eventsourcedv1.SnapshotRequest{}}}
}

// ES-EVENT-003: one entry for each event, in their order, or none at all.
func TestMetadataOfEvents(t *testing.T) {
	t.Parallel()
	stream := announced(t, discoveryv1.Capability_CAPABILITY_EVENT_METADATA)
	got := stream.Ask(processing(1, annotated("A", ""), annotated("B", "m"))).GetReply().GetEventMetadata()
	want := &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		{Key: "x-tck", Value: &entityv1.MetadataEntry_StringValue{StringValue: "m"}},
	}}
	if len(got) != 2 || len(got[0].GetEntries()) != 0 || !proto.Equal(got[1], want) {
		t.Errorf("metadata %v", got)
	}
	if got := stream.Ask(processing(2, annotated("C", ""))).GetReply().GetEventMetadata(); len(got) != 0 {
		t.Errorf("metadata of none: %v", got)
	}
	stream.Passivate()
}

// ES-DEL-001, ES-DEL-010: a reply deletes beside its events, and has no snapshot then.
// ES-DEL-002: another does not. ES-DEL-005: nor does one with a retention that is none.
func TestDelete(t *testing.T) {
	t.Parallel()
	stream := announced(t, discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE)
	if reply := stream.Ask(processing(1, annotated("A", ""))).GetReply(); reply.GetDelete() != nil {
		t.Errorf("a command that deletes nothing: %v", reply)
	}
	for id, retention := range []int64{-1, 3_153_600_000_001} {
		reply := stream.Ask(processing(int64(id)+2, removing(retention))).GetReply()
		if reply.GetDelete() != nil || reply.GetClientAction().GetFailure() == nil {
			t.Errorf("a retention of %d: %v", retention, reply)
		}
	}
	reply := stream.Ask(processing(4,
		annotated("B", ""), annotated("C", ""), annotated("D", ""), annotated("E", ""), removing(3_153_600_000_000))).GetReply()
	if reply.GetDelete().GetRetention() != 3_153_600_000_000 || len(reply.GetEvents()) != 4 || reply.GetSnapshot() != nil {
		t.Errorf("a command that deletes: %v", reply)
	}
	stream.Passivate()
}

// ES-ASK-003, ES-ASK-005: the state, once, whatever led to it.
func TestSnapshotRequests(t *testing.T) {
	t.Parallel()
	stream := announced(t, discoveryv1.Capability_CAPABILITY_SNAPSHOT_REQUEST)
	stream.Ask(processing(1, annotated("A", ""), annotated("B", "")))
	want := sdktest.Any(&tckv1.Persisted{Value: "AB"})
	if got := stream.Ask(asking()).GetSnapshotResponse().GetSnapshot(); !proto.Equal(got, want) {
		t.Errorf("the state is %v", got)
	}
	stream.Passivate()
}

// A proxy that asks before the first command breaks ES-ASK-001.
func TestSnapshotRequestsAreForLater(t *testing.T) {
	t.Parallel()
	stream := announced(t, discoveryv1.Capability_CAPABILITY_SNAPSHOT_REQUEST)
	if got := stream.Ask(asking()); got.GetFailure() == nil || got.GetFailure().GetCommandId() != 0 {
		t.Errorf("it is answered by %v", got)
	}
	stream.Ended()
}

// LIFE-PASS-004, LIFE-PASS-005: whatever the reason, the stream ends with OK.
func TestPassivationNotices(t *testing.T) {
	t.Parallel()
	for _, reason := range []entityv1.PassivationReason{0, entityv1.PassivationReason_PASSIVATION_REASON_IDLE, 4711} {
		stream := announced(t, discoveryv1.Capability_CAPABILITY_PASSIVATION_NOTICE)
		stream.Ask(processing(1, annotated("A", "")))
		stream.Send(&sdktest.Request{Message: &eventsourcedv1.HandleRequest_Passivate{Passivate: &entityv1.Passivate{Reason: reason}}})
		stream.Ended()
	}
}

// DISC-CAP-006: what is not in force is not sent, and the command is refused instead.
// DISC-CAP-002: the function says what it has to every proxy.
func TestNothingIsSentThatIsNotInForce(t *testing.T) {
	t.Parallel()
	for name, action := range map[string]*tckv1.RequestAction{"metadata": annotated("A", "m"), "delete": removing(1)} {
		stream := announced(t, discoveryv1.Capability_CAPABILITY_LIFECYCLE)
		reply := stream.Ask(processing(1, action)).GetReply()
		if reply.GetClientAction().GetFailure() == nil || len(reply.GetEventMetadata()) > 0 || reply.GetDelete() != nil {
			t.Errorf("%s: %v", name, reply)
		}
		stream.Passivate()
	}
}
