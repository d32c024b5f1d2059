package descriptortest

import (
	"context"
	"embed"

	"github.com/bufbuild/protocompile"
	_ "google.golang.org/genproto/googleapis/api/httpbody" // what the protos import
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// Shop is the full name of the service of shop.proto.
const Shop = "test.shop.v1.ShopService"

//go:embed shop.proto legacy.proto
var protos embed.FS

// ShopFiles returns the descriptors of shop.proto, each file after its imports. The
// caller owns them.
func ShopFiles() *descriptorpb.FileDescriptorSet {
	return Compile("test/shop/v1/shop.proto", map[string]string{
		"test/shop/v1/shop.proto": source("shop.proto"), "test/shop/v1/legacy.proto": source("legacy.proto"),
	})
}

// ShopAnswer returns a right answer to Discover with the descriptors of shop.proto,
// whose service is an action.
func ShopAnswer() *discoveryv1.DiscoverResponse {
	action, _ := wire.V1().OfKind(wire.Action)
	answer := Answer(ShopFiles())
	answer.Entities = []*discoveryv1.Entity{{EntityType: action.Type, ServiceName: Shop}}
	return answer
}

func source(name string) string {
	text, err := protos.ReadFile(name)
	must(err)
	return string(text)
}

// Compile returns the descriptors of the proto with the name, with source positions,
// each file after its imports. The sources are by their name; what this process knows
// can be imported too.
func Compile(name string, sources map[string]string) *descriptorpb.FileDescriptorSet {
	compiler := protocompile.Compiler{
		SourceInfoMode: protocompile.SourceInfoStandard,
		Resolver: protocompile.CompositeResolver{
			&protocompile.SourceResolver{Accessor: protocompile.SourceAccessorFromMap(sources)},
			protocompile.ResolverFunc(func(path string) (protocompile.SearchResult, error) {
				file, err := protoregistry.GlobalFiles.FindFileByPath(path)
				return protocompile.SearchResult{Desc: file}, err
			}),
		},
	}
	compiled, err := compiler.Compile(context.Background(), name)
	must(err)
	set := new(descriptorpb.FileDescriptorSet)
	collect(set, map[string]bool{}, compiled[0])
	// The options become bytes, as they come from a function.
	serialized, err := proto.Marshal(set)
	must(err)
	bare := new(descriptorpb.FileDescriptorSet)
	must(proto.UnmarshalOptions{Resolver: new(protoregistry.Types)}.Unmarshal(serialized, bare))
	return bare
}

// collect adds the file to the set after its imports.
func collect(set *descriptorpb.FileDescriptorSet, seen map[string]bool, file protoreflect.FileDescriptor) {
	if seen[file.Path()] {
		return
	}
	seen[file.Path()] = true
	for i := range file.Imports().Len() {
		collect(set, seen, file.Imports().Get(i).FileDescriptor)
	}
	set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
}
