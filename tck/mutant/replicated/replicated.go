package replicated

import (
	"slices"

	"google.golang.org/grpc"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// Model returns the model and all that is made of it.
func Model() defect.Model {
	return defect.Model{
		Profile:  "replicated",
		File:     tckreplicatedv1.File_stateward_tck_replicated_v1_replicated_proto,
		Entities: entities,
		Register: func(server grpc.ServiceRegistrar, bent defect.Instance) {
			replicatedv1.RegisterReplicatedEntityServiceServer(server, service{bent: bent})
		},
		Mutants: slices.Concat(
			discoveryMutants(), streamMutants(), commandMutants(), outcomeMutants(), activationMutants(),
			updateMutants(), typeMutants(), mapMutants(), streamedMutants(), languageMutants(),
		),
		Variants: variants(),
	}
}

func entities() []*discoveryv1.Entity {
	entity := func(service, persistence string) *discoveryv1.Entity {
		return &discoveryv1.Entity{
			EntityType:    replicatedv1.ReplicatedEntityService_ServiceDesc.ServiceName,
			ServiceName:   service,
			PersistenceId: persistence,
		}
	}
	configured := entity(configuredService, "replicated-configured")
	configured.PassivationStrategy = defect.Timeout(100)
	return []*discoveryv1.Entity{
		entity(modelService, "replicated-tck-model"),
		entity(twoService, "replicated-tck-model-two"),
		configured,
	}
}

// service serves the model's streams.
type service struct {
	replicatedv1.UnimplementedReplicatedEntityServiceServer

	bent defect.Instance
}

// Handle serves one activation.
func (s service) Handle(stream grpc.BidiStreamingServer[request, response]) error {
	entity := &activation{has: defect.InForce(stream.Context())}
	return defect.Converse(s.bent, stream, defect.Step(s.bent, entity, entity.step))
}
