package value

import (
	"slices"

	"google.golang.org/grpc"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// Model returns the model and all that is made of it.
func Model() defect.Model {
	mutants := slices.Concat(
		discoveryMutants(), streamMutants(), activationMutants(), commandMutants(), stateMutants(), outcomeMutants(), cancelMutants(),
	)
	for i := range mutants {
		mutants[i].Name = "value/" + mutants[i].Name
	}
	return defect.Model{
		Profile:  "value",
		File:     tckvaluev1.File_stateward_tck_value_v1_value_proto,
		Entities: entities,
		Register: func(server grpc.ServiceRegistrar, bent defect.Instance) {
			valuev1.RegisterValueEntityServiceServer(server, service{bent: bent})
		},
		Mutants:  mutants,
		Variants: variants(),
	}
}

func entities() []*discoveryv1.Entity {
	entity := func(service, persistence string) *discoveryv1.Entity {
		return &discoveryv1.Entity{
			EntityType:    valuev1.ValueEntityService_ServiceDesc.ServiceName,
			ServiceName:   service,
			PersistenceId: persistence,
		}
	}
	configured := entity(configuredService, "value-entity-configured")
	configured.PassivationStrategy = defect.Timeout(100)
	return []*discoveryv1.Entity{
		entity(modelService, "value-entity-tck-model"),
		entity(twoService, "value-entity-tck-model-two"),
		configured,
	}
}

// service serves the model's streams.
type service struct {
	valuev1.UnimplementedValueEntityServiceServer

	bent defect.Instance
}

// Handle serves one activation.
func (s service) Handle(stream grpc.BidiStreamingServer[request, response]) error {
	entity := &activation{}
	return defect.Converse(s.bent, stream, defect.Step(s.bent, entity, entity.step))
}

// anyEntity is the blast radius of a defect that spoils every stream.
func anyEntity() []string { return []string{"value/"} }
