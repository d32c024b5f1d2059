package main

import (
	"errors"
	"io"

	"google.golang.org/grpc"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
)

// stream is one activation of one entity, as the proxy opened it.
type stream = grpc.BidiStreamingServer[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]

// entities serves every event sourced entity that discovery names.
type entities struct {
	eventsourcedv1.UnimplementedEventSourcedServiceServer
}

// Handle is where the library begins: init, events and commands come in, and each
// command is answered. See protocol/spec/event-sourced.md, and begin with what
// `tck function` says first.
func (entities) Handle(s stream) error {
	_, err := s.Recv()
	if errors.Is(err, io.EOF) {
		return nil // half-closed before anything came
	}
	if err != nil {
		return err
	}
	return s.Send(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Failure{
		Failure: &entityv1.Failure{Description: "not written yet"},
	}})
}
