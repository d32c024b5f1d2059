package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/testing/protocmp"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// asBytes and asBase64 are what becomes of one header in bytes beside one in text.
func asBytes() *entityv1.Metadata {
	return &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		{Key: "x-color", Value: &entityv1.MetadataEntry_StringValue{StringValue: "red"}},
		{Key: "x-raw-bin", Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte("\xfb\xff\x00\xff")}},
	}}
}

func asBase64() *entityv1.Metadata {
	m := asBytes()
	m.Entries[1].Value = &entityv1.MetadataEntry_StringValue{StringValue: "+/8A/w=="}
	return m
}

// A header in bytes reaches every kind of a function of 0.2 as text in base64 where
// that was asked for, and else as bytes (DIA-META-001).
func TestObserverSeesBinaryMetadata(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		asked bool
		want  *entityv1.Metadata
	}{{false, asBytes()}, {true, asBase64()}} {
		o := observe(t, cloudstate.Behaviour{}, func(c *Config) { c.Base64 = test.asked })
		for path, service := range map[string]string{
			cloudstate.Method(cloudstate.Ledger, "Do"): "Ledger", cloudstate.Method(cloudstate.Profile, "Do"): "Profile",
			cloudstate.Method(cloudstate.Presence, "Do"): "Presence", cloudstate.Method(cloudstate.Converter, "Unary"): "Converter",
			cloudstate.Method(cloudstate.Converter, "StreamedIn"): "the streamed Converter",
		} {
			if _, err := o.Call(path, cloudstate.Request("a", "reply x"), "x-color", "red", "x-raw-bin", "\xfb\xff\x00\xff"); err != nil {
				t.Fatalf("%s: %v", service, err)
			}
		}
		first := func(path string, message int) []byte { return o.relay.Of(path)[0].Sent()[message] }
		for name, got := range map[string]*entityv1.Metadata{
			"event sourced":      read(t, first(cloudstate.EventSourced, 1), new(eventsourcedv1.HandleRequest)).GetCommand().GetMetadata(),
			"value":              read(t, first(cloudstate.ValueEntity, 1), new(valuev1.HandleRequest)).GetCommand().GetMetadata(),
			"replicated":         read(t, first(cloudstate.Crdt, 1), new(replicatedv1.HandleRequest)).GetCommand().GetMetadata(),
			"action":             read(t, first(cloudstate.ActionUnary, 0), new(actionv1.ActionCommand)).GetMetadata(),
			"action streamed in": read(t, first(cloudstate.ActionIn, 0), new(actionv1.ActionCommand)).GetMetadata(),
		} {
			if diff := cmp.Diff(test.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("asked %v, %s: %s", test.asked, name, diff)
			}
		}
	}
}

// What is asked for of 0.2 changes nothing for a function of version 1 (META-ENTRY-001).
func TestBase64IsOfCloudstateAlone(t *testing.T) {
	t.Parallel()
	s := raise(t, counters(wire.EventSourced))
	config := quick(s.target)
	config.Base64 = true
	caller := runProxy(t, config).dial(t)
	answered := caller.asking(metadata.AppendToOutgoingContext(t.Context(), "x-color", "red", "x-raw-bin", "\xfb\xff\x00\xff"), "a")
	p := take(t, s.eventSourced)
	if init, err := p.next(t); init.GetInit() == nil || err != nil {
		t.Fatalf("it begins with %v, %v", init, err)
	}
	request, err := p.next(t)
	if diff := cmp.Diff(asBytes(), request.GetCommand().GetMetadata(), protocmp.Transform()); diff != "" || err != nil {
		t.Error(diff, err)
	}
	p.says(t, &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{CommandId: 1, ClientAction: total(0)}}})
	if err := take(t, answered); err != nil {
		t.Error(err)
	}
	close(p.over)
}
