package eventsourced

import (
	"slices"

	"google.golang.org/grpc"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// Model returns the model and all that is made of it.
func Model() defect.Model {
	return defect.Model{
		Profile:  "event-sourced",
		File:     tckeventsourcedv1.File_stateward_tck_eventsourced_v1_eventsourced_proto,
		Entities: entities,
		Register: func(server grpc.ServiceRegistrar, bent defect.Instance) {
			eventsourcedv1.RegisterEventSourcedServiceServer(server, service{bent: bent})
		},
		Mutants: slices.Concat(
			streamMutants(), commandMutants(), outcomeMutants(), replayMutants(), eventMutants(),
			unannouncedMutants(), noticeMutants(), requestMutants(), extraMutants(), languageMutants(),
		),
		Variants: variants(),
	}
}

func entities() []*discoveryv1.Entity {
	entity := func(service, persistence string) *discoveryv1.Entity {
		return &discoveryv1.Entity{
			EntityType:    eventsourcedv1.EventSourcedService_ServiceDesc.ServiceName,
			ServiceName:   service,
			PersistenceId: persistence,
		}
	}
	configured := entity(configuredService, "event-sourced-configured")
	configured.PassivationStrategy = defect.Timeout(100)
	return []*discoveryv1.Entity{
		entity(modelService, "event-sourced-tck-model"),
		entity(twoService, "event-sourced-tck-model-two"),
		configured,
	}
}

// service serves the model's streams.
type service struct {
	eventsourcedv1.UnimplementedEventSourcedServiceServer

	bent defect.Instance
}

// Handle serves one activation.
func (s service) Handle(stream grpc.BidiStreamingServer[request, response]) error {
	entity := &activation{has: defect.InForce(stream.Context())}
	return defect.Converse(s.bent, stream, defect.Step(s.bent, entity, entity.step))
}

// anyEntity is the blast radius of a defect that spoils every stream.
func anyEntity() []string { return []string{"core/", "event-sourced/", "forwarding/"} }
