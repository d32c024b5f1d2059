package cloudstate

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
)

// A stream may be reset after each mistake that a function can make on it, and after
// nothing that is right (CORE-STREAM-006, VAL-FAIL-006, DIA-ANSWER-003).
func TestResets(t *testing.T) {
	t.Parallel()
	ledgerReply := func(id int64) proto.Message {
		return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{CommandId: id}}}
	}
	valueReply := func(action *valuev1.StateAction, failure *entityv1.Failure) proto.Message {
		reply := &valuev1.ValueEntityReply{CommandId: 1, StateAction: action}
		if failure != nil {
			reply.ClientAction = &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{Failure: failure}}
		}
		return &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Reply{Reply: reply}}
	}
	crdtFailure := func(id int64) proto.Message {
		return &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Failure{Failure: &entityv1.Failure{CommandId: id}}}
	}
	crdtReply := &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Reply{Reply: &replicatedv1.ReplicatedReply{CommandId: 1, Streamed: true}}}
	set := &valuev1.StateAction{Action: &valuev1.StateAction_Update{Update: &valuev1.Update{Value: primitive("x")}}}
	unset := &valuev1.StateAction{Action: &valuev1.StateAction_Delete{Delete: new(valuev1.Delete)}}
	hollow := &valuev1.StateAction{Action: &valuev1.StateAction_Update{Update: new(valuev1.Update)}}
	value := func() *record {
		return discovered().open(ValueEntity).sent(valueInit(new(valuev1.State)), &valuev1.HandleRequest{Message: &valuev1.HandleRequest_Command{Command: commandOf("a", 1, "")}})
	}
	ledger := func() *record {
		return discovered().open(EventSourced).sent(eventSourcedInit("a"), eventSourcedCommand("a", 1, ""))
	}
	crdt := func() *record {
		init := &replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_Init{Init: &replicatedv1.Init{ServiceName: Presence, EntityId: "a"}}}
		return discovered().open(Crdt).sent(init, crdtCommand(1, true))
	}
	tests := map[string]struct {
		record   *record
		mistaken bool
	}{
		"nothing":                         {ledger(), false},
		"a reply":                         {ledger().answered(ledgerReply(1)), false},
		"a second reply":                  {ledger().answered(ledgerReply(1), ledgerReply(1)), true},
		"a reply to another":              {ledger().answered(ledgerReply(7)), true},
		"a failure on the stream":         {ledger().answered(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Failure{Failure: &entityv1.Failure{CommandId: 1}}}), true},
		"no case":                         {ledger().answered(new(eventsourcedv1.HandleResponse)), true},
		"what cannot be read":             {ledger().event(Event{What: Message, Bytes: []byte{0xff}}), true},
		"a value":                         {value().answered(valueReply(set, nil)), false},
		"a deleted value":                 {value().answered(valueReply(unset, nil)), false},
		"a value's reply to another":      {value().answered(valueReply(nil, nil), valueReply(nil, nil)), true},
		"a value's failure on the stream": {value().answered(&valuev1.HandleResponse{Message: &valuev1.HandleResponse_Failure{Failure: new(entityv1.Failure)}}), true},
		"an update without a value":       {value().answered(valueReply(hollow, nil)), true},
		"the same in a failure":           {value().answered(valueReply(hollow, new(entityv1.Failure))), false},
		"a state action without a case":   {value().answered(valueReply(new(valuev1.StateAction), nil)), true},
		"a CRDT's reply":                  {crdt().answered(crdtReply), false},
		"a CRDT's second reply":           {crdt().answered(crdtReply, crdtReply), true},
		"a failure of one command":        {crdt().answered(crdtFailure(1)), false},
		"a failure of an open call":       {crdt().answered(crdtReply, crdtFailure(1)), false},
		"a failure of a call that ended":  {crdt().answered(crdtReply, &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_StreamedMessage{StreamedMessage: &replicatedv1.StreamedMessage{CommandId: 1, EndStream: true}}}, crdtFailure(1)), true},
		"a failure of what has failed":    {crdt().answered(crdtFailure(1), crdtFailure(1)), true},
		"a failure of no command":         {crdt().answered(crdtFailure(0)), true},
		"a CRDT's message without a case": {crdt().answered(new(replicatedv1.HandleResponse)), true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults := Faults(test.record.event(Event{What: Reset}).calls, nil)
			if test.mistaken && len(faults) > 0 || !test.mistaken && (len(faults) != 1 || !strings.Contains(faults[0], "is reset")) {
				t.Errorf("found %q", faults)
			}
		})
	}
}
