// Package lean is a user function, and a proxy, that cost as little as they can: what
// is measured through them is the way there, and what stands between.
package lean

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Method returns the path of a method, Add or Get, of the counters of the kind.
func Method(kind wire.Kind, name string) string { return fmt.Sprintf("/%s/%s", service(kind), name) }

// Add returns a request to add the amount to a counter, encoded. An event sourced
// counter makes so many events of it, and at least one.
func Add(key string, amount int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(Get(key), 2, protowire.VarintType), uint64(amount))
}

// Get returns a request for a counter's total, encoded. It changes nothing.
func Get(key string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), key)
}

// kinds are those of which there are counters.
func kinds() []wire.Kind {
	return []wire.Kind{wire.EventSourced, wire.Value, wire.Replicated, wire.Action}
}

// service names the counters of a kind.
func service(kind wire.Kind) string {
	return "test.counter.v1." + map[wire.Kind]string{
		wire.EventSourced: "EventSourced", wire.Value: "Value", wire.Replicated: "Replicated", wire.Action: "Action",
	}[kind] + "Counter"
}

// answer is the answer to Discover: counters of each kind, in one file.
func answer(capabilities ...discoveryv1.Capability) *discoveryv1.DiscoverResponse {
	files := descriptortest.Files()
	file := files.GetFile()[len(files.GetFile())-1]
	model := file.GetService()[0]
	file.Service, file.SourceCodeInfo = nil, nil
	for _, kind := range kinds() {
		served, _ := proto.Clone(model).(*descriptorpb.ServiceDescriptorProto)
		served.Name = new(service(kind)[len("test.counter.v1."):])
		file.Service = append(file.Service, served)
	}
	response := descriptortest.Answer(files)
	response.Entities = nil
	response.ServiceInfo.Capabilities = capabilities
	for _, kind := range kinds() {
		named, _ := wire.V1().OfKind(kind)
		e := &discoveryv1.Entity{EntityType: named.Type, ServiceName: service(kind)}
		if kind != wire.Action {
			e.PersistenceId = service(kind)
		}
		response.Entities = append(response.Entities, e)
	}
	return response
}
