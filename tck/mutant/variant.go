package mutant

import (
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
	"github.com/stateward/stateward/tck/mutant/multiplex"
)

// variant is a variant, and the kind whose model varies; empty for the function as a whole.
type variant struct {
	defect.Variant

	kind string
}

// variants are those of the function as a whole, then those of its kinds.
func variants() []variant {
	var all []variant
	for _, v := range wholeVariants() {
		all = append(all, variant{Variant: v})
	}
	for _, v := range multiplex.Variants() {
		all = append(all, variant{v, multiplex.Profile})
	}
	for _, m := range models() {
		for _, v := range m.Variants {
			all = append(all, variant{v, m.Profile})
		}
	}
	return all
}

func wholeVariants() []defect.Variant {
	return []defect.Variant{
		{Name: "serves more than it has to", Make: func() defect.Instance {
			return defect.Instance{Serve: func(server *grpc.Server) {
				healthv1.RegisterHealthServer(server, health.NewServer())
				reflection.Register(server)
			}}
		}},
		{Name: "describes itself in any order", Make: describing(func(set *descriptorpb.FileDescriptorSet) {
			set.File = slices.Repeat(set.GetFile(), 2)
			slices.Reverse(set.GetFile())
		})},
		{Name: "comes from a later version", Make: defect.Discovering(func(_ *discoveryv1.DiscoverRequest, answer *discoveryv1.DiscoverResponse) error {
			answer.ServiceInfo.ProtocolMinorVersion = 7
			answer.ProtoReflect().SetUnknown(protowire.AppendString(
				protowire.AppendTag(nil, 1000, protowire.BytesType), "from a later version"))
			return nil
		})},
	}
}
