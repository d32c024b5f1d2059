package app

import (
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
)

// get is a Get of the counter as the function is sent it.
func get(entity string, id int64) *entityv1.Command {
	return &entityv1.Command{EntityId: entity, Id: id, Name: "Get"}
}

// An event sourced entity's messages.
func esInit(entity string, snapshot *eventsourcedv1.Snapshot, last int64) *eventsourcedv1.HandleRequest {
	return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Init{Init: &eventsourcedv1.Init{
		ServiceName: descriptortest.Service, EntityId: entity, Snapshot: snapshot, LastSequence: last,
	}}}
}

func esEvent(event *eventsourcedv1.Event) *eventsourcedv1.HandleRequest {
	return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Event{Event: event}}
}

func esCommand(entity string, id int64) *eventsourcedv1.HandleRequest {
	return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Command{Command: get(entity, id)}}
}

func esReply(reply *eventsourcedv1.EventSourcedReply) *eventsourcedv1.HandleResponse {
	reply.ClientAction = total(1)
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}
}

// A value entity's messages; nil is an unset value, and no update.
func valueInit(entity string, value *anypb.Any, revision int64) *valuev1.HandleRequest {
	return &valuev1.HandleRequest{Message: &valuev1.HandleRequest_Init{Init: &valuev1.Init{
		ServiceName: descriptortest.Service, EntityId: entity, State: &valuev1.State{Value: value}, Revision: revision,
	}}}
}

func valueCommand(entity string, id int64) *valuev1.HandleRequest {
	return &valuev1.HandleRequest{Message: &valuev1.HandleRequest_Command{Command: get(entity, id)}}
}

func valueReply(id int64, update *anypb.Any) *valuev1.HandleResponse {
	reply := &valuev1.ValueEntityReply{CommandId: id, ClientAction: total(1)}
	if update != nil {
		reply.StateAction = &valuev1.StateAction{Action: &valuev1.StateAction_Update{Update: &valuev1.Update{Value: update}}}
	}
	return &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Reply{Reply: reply}}
}

// A replicated entity's messages; nil is an unset entity, and no update.
func replicatedInit(entity string, delta *replicatedv1.Delta) *replicatedv1.HandleRequest {
	return &replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_Init{Init: &replicatedv1.Init{
		ServiceName: descriptortest.Service, EntityId: entity, Delta: delta,
	}}}
}

func replicatedCommand(entity string, id int64) *replicatedv1.HandleRequest {
	return &replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_Command{Command: get(entity, id)}}
}

func replicatedReply(id int64, update *replicatedv1.Delta) *replicatedv1.HandleResponse {
	reply := &replicatedv1.ReplicatedReply{CommandId: id, ClientAction: total(1)}
	if update != nil {
		reply.StateAction = &replicatedv1.StateAction{Action: &replicatedv1.StateAction_Update{Update: update}}
	}
	return &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Reply{Reply: reply}}
}
