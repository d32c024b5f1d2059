package main

import (
	"maps"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
)

// TestValueTranscripts speaks with the value entities as a proxy does.
func TestValueTranscripts(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	for name, lines := range valueTranscripts() {
		t.Run(name, func(t *testing.T) { playValue(t, proxy, lines) })
	}
}

func valueTranscripts() map[string][]valueLine {
	all := valueChanges()
	maps.Copy(all, valueConsequences())
	maps.Copy(all, valueBreaches())
	return all
}

// valueChanges are what commands do to the value, and what the next one sees.
func valueChanges() map[string][]valueLine {
	return map[string][]valueLine{
		"VAL-CMD-008 a command that changes nothing": {
			without(), {ask(1), says(1, "")}, {ask(2), says(2, "")},
		},
		"VAL-CMD-005 the value of init": {
			with("tea"), {ask(1), says(1, "tea")}, {ask(2), says(2, "tea")},
		},
		"VAL-INIT-010 VAL-CMD-005 an empty value": {
			with(""), {ask(1), says(1, "")}, {ask(2, set("milk")), says(2, "milk", update("milk"))},
		},
		"VAL-INIT-011 no state": {
			{send: stateless()}, {ask(1), says(1, "")}, {ask(2, set("milk")), says(2, "milk", update("milk"))},
		},
		"VAL-CMD-004 VAL-CMD-005 set A, then read": {
			with("tea"), {ask(1, set("A")), says(1, "A", update("A"))}, {ask(2), says(2, "A")},
		},
		"VAL-CMD-004 set A, then B": {
			without(), {ask(1, set("A"), set("B")), says(1, "B", update("B"))}, {ask(2), says(2, "B")},
		},
		"VAL-CMD-004 set A, then remove it": {
			without(), {ask(1, set("A"), remove()), says(1, "", deletion())}, {ask(2), says(2, "")},
		},
		"VAL-CMD-004 remove, then set A": {
			with("tea"), {ask(1, remove(), set("A")), says(1, "A", update("A"))}, {ask(2), says(2, "A")},
		},
		"VAL-CMD-004 set A, remove it, set B": {
			without(), {ask(1, set("A"), remove(), set("B")), says(1, "B", update("B"))}, {ask(2), says(2, "B")},
		},
		"VAL-CMD-004 remove where there is none": {
			without(), {ask(1, remove()), says(1, "", deletion())}, {ask(2), says(2, "")},
		},
		"VAL-CMD-004 set what was there": {
			with("tea"), {ask(1, set("tea")), says(1, "tea", update("tea"))},
		},
		"VAL-CMD-005 a delete, and the entity lives on": {
			with("tea"),
			{ask(1, remove()), says(1, "", deletion())},
			{ask(2), says(2, "")},
			{ask(3, set("milk")), says(3, "milk", update("milk"))},
			{ask(4), says(4, "milk")},
		},
		"VAL-CMD-006 VAL-CMD-010 VAL-EXPIRE-006 an update to an empty value": {
			with("tea"), {ask(1, set("")), says(1, "", update(""))}, {ask(2), says(2, "")},
		},
	}
}

// valueConsequences are forwards, side effects and failures.
func valueConsequences() map[string][]valueLine {
	return map[string][]valueLine{
		"FX-FWD-001 a forward": {
			with("tea"), {ask(1, pass("other")), passes(1, "other")}, {ask(2), says(2, "tea")},
		},
		"VAL-CMD-009 a forward with an update": {
			with("tea"), {ask(1, set("A"), pass("other"), set("B")), passes(1, "other", update("B"))}, {ask(2), says(2, "B")},
		},
		"VAL-CMD-009 a forward with a delete": {
			with("tea"), {ask(1, pass("other"), remove()), passes(1, "other", deletion())}, {ask(2), says(2, "")},
		},
		"FX-EFF-001 FX-EFF-002 side effects in order": {
			without(),
			{
				ask(1, cause("a", false), set("A"), cause("b", true), cause("a", false)),
				says(1, "A", causes("a", false), causes("b", true), causes("a", false), update("A")),
			},
			{ask(2), says(2, "A")},
		},
		"VAL-FAIL-002 VAL-FAIL-004 FX-EFF-003 a failure after changes": {
			with("tea"),
			{ask(1, set("A"), cause("a", true), pass("other"), refuse("no")), refuses(1, codes.Unknown, "no")},
			{ask(2), says(2, "tea")},
			{ask(3, remove(), refuse("no")), refuses(3, codes.Unknown, "no")},
			{ask(4), says(4, "tea")},
		},
		"VAL-FAIL-004 VAL-CMD-005 a failure between changes": {
			without(),
			{ask(1, set("A")), says(1, "A", update("A"))},
			{ask(2, set("B"), refuse("no")), refuses(2, codes.Unknown, "no")},
			{ask(3), says(3, "A")},
		},
		"CORE-FAIL-001 CORE-FAIL-004 a failure, and the entity lives on": {
			without(),
			{ask(1, refuse("50% of „dies“ is wrong")), refuses(1, codes.Unknown, "50% of „dies“ is wrong")},
			{ask(2, set("A")), says(2, "A", update("A"))},
		},
		"CORE-CMD-003 an unknown command": {
			with("tea"),
			{sdktest.ValueCommand(entityID, 1, "Proceed", &tckv1.ProcessRequest{Id: entityID}), refuses(1, codes.Unimplemented, "")},
			{ask(2), says(2, "tea")},
		},
		"CORE-CMD-005 payloads that are not the input": {
			with("tea"),
			{sdktest.ValueCommand(entityID, 1, "Process", nil), refuses(1, codes.InvalidArgument, "")},
			{sdktest.ValueCommand(entityID, 2, "Process", wrapperspb.String("?")), refuses(2, codes.InvalidArgument, "")},
			{sdktest.WithValueCommand(&entityv1.Command{EntityId: entityID, Id: 3, Name: "Process", Payload: &anypb.Any{
				TypeUrl: "type.googleapis.com/stateward.tck.value.v1.ProcessRequest", Value: []byte{0x0a, 0xff},
			}}), refuses(3, codes.InvalidArgument, "")},
			{sdktest.WithValueCommand(&entityv1.Command{EntityId: entityID, Id: 4, Name: "Process", Payload: &anypb.Any{
				TypeUrl: "stateward.tck.value.v1.ProcessRequest",
			}}), refuses(4, codes.InvalidArgument, "")},
			{ask(5, &tckv1.RequestAction{}), refuses(5, codes.InvalidArgument, "")},
			{ask(6), says(6, "tea")},
		},
		"CORE-CMD-007 unknown fields": {
			{send: strange(with("tea").send)}, {strange(ask(1)), says(1, "tea")},
		},
	}
}

// valueBreaches are what no correct proxy says. Each ends with the stream.
func valueBreaches() map[string][]valueLine {
	return map[string][]valueLine{
		"VAL-INIT-004 a command first":             {{ask(1), breaks(1)}},
		"VAL-INIT-004 CORE-STREAM-004 no case":     {{&sdktest.ValueRequest{}, breaks(0)}},
		"CORE-STREAM-004 no case, later":           {without(), {ask(1), says(1, "")}, {&sdktest.ValueRequest{}, breaks(0)}},
		"VAL-INIT-007 a second init":               {without(), {without().send, breaks(0)}},
		"VAL-INIT-007 a second init, later":        {without(), {ask(1), says(1, "")}, {without().send, breaks(0)}},
		"VAL-INIT-008 a service of nobody":         {{sdktest.ValueInit("nobody", entityID, nil), breaks(0)}},
		"VAL-INIT-008 a service of another kind":   {{sdktest.ValueInit(modelService, entityID, nil), breaks(0)}},
		"VAL-INIT-009 a value of another type":     {{sdktest.ValueInit(valueModel, entityID, wrapperspb.String("?")), breaks(0)}},
		"VAL-INIT-009 bytes that cannot be read":   {{garbledValue(), breaks(0)}},
		"VAL-CMD-007 a command for another entity": {without(), {sdktest.ValueCommand("another", 1, "Process", &tckv1.ProcessRequest{Id: "another"}), breaks(1)}},
		"CORE-KEY-001 an init without entity id":   {{sdktest.ValueInit(valueModel, "", nil), breaks(0)}},
	}
}

// CORE-KEY-002, CORE-STREAM-002, CORE-STREAM-005: every id is an entity, entities
// share nothing, and a reset entity has what the next init says.
func TestValueStreams(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, config())
	for _, id := range []string{"a", " ", "/", "ключ Ω é 🛒", "\x00", strings.Repeat("k", 10_000)} {
		stream := proxy.OpenValue(sdktest.ValueInit(valueModel, id, nil))
		got := stream.Ask(sdktest.ValueCommand(id, 1, "Process", &tckv1.ProcessRequest{Id: id, Actions: []*tckv1.RequestAction{set(id)}}))
		checkValue(t, 1, says(1, id, update(id)), got)
		if id == "a" {
			stream.Reset()
			continue
		}
		stream.Passivate()
	}
	playValue(t, proxy, []valueLine{with("stored"), {ask(1), says(1, "stored")}})

	other := proxy.OpenValue(sdktest.ValueInit(valueTwo, entityID, nil))
	got := other.Ask(sdktest.ValueCommand(entityID, 1, "Call", &tckv1.ProcessRequest{Id: entityID}))
	checkValue(t, 2, says(1, ""), got)
	other.Passivate()
}

// stateless is an init without state.
func stateless() *sdktest.ValueRequest {
	request := without().send
	request.GetInit().State = nil
	return request
}

// strange adds a field that no version of these messages has.
func strange(request *sdktest.ValueRequest) *sdktest.ValueRequest {
	for _, message := range []proto.Message{request, request.GetInit(), request.GetCommand()} {
		if message.ProtoReflect().IsValid() {
			message.ProtoReflect().SetUnknown(unknownField)
		}
	}
	return request
}

// garbledValue has a value of the right type, and bytes that are not of it.
func garbledValue() *sdktest.ValueRequest {
	request := with("A").send
	request.GetInit().State.Value.Value = []byte{0x0a, 0x7f}
	return request
}
