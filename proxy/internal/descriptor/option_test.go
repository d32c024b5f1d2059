package descriptor_test

import (
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// TestOptionByNumber covers DISC-KEY-002: the number alone marks the key.
func TestOptionByNumber(t *testing.T) {
	t.Parallel()
	declared := func(f files) *descriptorpb.FieldDescriptorProto { return f.set.GetFile()[1].GetExtension()[0] }
	tests := map[string]struct {
		change func(files)
		isKey  bool
	}{
		"under another name": {func(f files) {
			f.set.GetFile()[1].Package = new("com.example")
			declared(f).Name, declared(f).JsonName = new("identity"), nil
		}, true},
		"declared by nobody": {func(f files) {
			f.set.File = f.set.GetFile()[2:]
			f.counter().Dependency = nil
		}, true},
		"the name with another number": {func(f files) {
			const other = 50_002
			declared(f).Number = new(int32(other))
			for _, n := range []int{0, 2} { // AddRequest and GetRequest
				options := new(descriptorpb.FieldOptions)
				options.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, other, protowire.VarintType), 1))
				f.counter().GetMessageType()[n].GetField()[0].Options = options
			}
		}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := descriptortest.Files()
			test.change(files{set})
			_, found := descriptor.Build(wire.V1(), descriptortest.Answer(set))
			if test.isKey && len(found) > 0 {
				t.Error(found)
			}
			if !test.isKey && (len(found) != 2 || found[0].Requirement != "DISC-KEY-001") {
				t.Errorf("found %v, want two inputs without a key", found)
			}
		})
	}
}
