package action

import (
	"slices"

	"google.golang.org/grpc"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	tckactionv1 "github.com/stateward/stateward/tck/gen/stateward/tck/action/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// Model returns the model and all that is made of it.
func Model() defect.Model {
	mutants := slices.Concat(callMutants(), requestMutants(), endMutants(), answerMutants(), outcomeMutants())
	for i := range mutants {
		mutants[i].Name = "action/" + mutants[i].Name
	}
	return defect.Model{
		Profile:  "action",
		File:     tckactionv1.File_stateward_tck_action_v1_action_proto,
		Entities: entities,
		Register: register,
		Mutants:  mutants,
		Variants: variants(),
	}
}

func entities() []*discoveryv1.Entity {
	entity := func(service string) *discoveryv1.Entity {
		return &discoveryv1.Entity{EntityType: actionv1.ActionService_ServiceDesc.ServiceName, ServiceName: service}
	}
	return []*discoveryv1.Entity{entity(modelService), entity(twoService)}
}

// register makes the server serve the calls of ActionService. On the wire each is a
// stream in both directions, whatever its shape: so a mutant can answer what its shape
// does not allow.
func register(server grpc.ServiceRegistrar, bent defect.Instance) {
	described := grpc.ServiceDesc{ServiceName: actionv1.ActionService_ServiceDesc.ServiceName}
	for _, shape := range shapes() {
		described.Streams = append(described.Streams, grpc.StreamDesc{
			StreamName: "Handle" + shape.name, ClientStreams: true, ServerStreams: true,
			Handler: func(_ any, stream grpc.ServerStream) error {
				one := &call{shape: shape, has: defect.InForce(stream.Context())}
				typed := &grpc.GenericServerStream[command, response]{ServerStream: stream}
				return defect.Converse(bent, typed, defect.Step(bent, one, one.step))
			},
		})
	}
	server.RegisterService(&described, nil)
}

// anyCall is the blast radius of a defect that spoils every call.
func anyCall() []string { return []string{"action/"} }

// withStatus widens a blast radius by the calls of other services that end by the status
// of the instance too.
func withStatus(radius []string) []string { return append(radius, "lifecycle/watch/") }
