package discovery

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/kind"
)

// capabilities are the cases on what a function announces.
func capabilities() []engine.Case {
	return []engine.Case{
		{
			ID:           "discovery/capabilities/named-once",
			Requirements: []string{"DISC-CAP-002"},
			Profile:      "capabilities",
			Script: []engine.Step{
				Ask(), Announce(Every()...),
				same{},
				Expect("each capability once", badCapabilities),
			},
		},
		{
			ID:           "discovery/capabilities/nonsense-announced",
			Requirements: []string{"DISC-CAP-003"},
			Profile:      "capabilities",
			Script: []engine.Step{
				Ask(),
				Announce(0), Announce(4711), Announce(slices.Repeat(Every(), 2)...),
				same{},
			},
		},
		{
			ID:           "discovery/capabilities/aliases",
			Requirements: []string{"DISC-ALIAS-001"},
			Profile:      "type-aliases",
			Script:       []engine.Step{Ask(), Expect("aliases with two names, of event sourced and value entities", badAliases)},
		},
		{
			ID:           "discovery/capabilities/key-fields",
			Requirements: []string{"DISC-KEY-003"},
			Profile:      "composite-keys",
			Script:       []engine.Step{Ask(), Expect("entity keys that are strings, bools, enums and integers", badKeyFields)},
		},
		{
			ID:           "discovery/capabilities/as-many-keys",
			Requirements: []string{"DISC-KEY-004"},
			Profile:      "composite-keys",
			Script:       []engine.Step{Ask(), Expect("as many entity keys in each input of a service", unevenKeys)},
		},
	}
}

// Every returns each capability that this version of the protocol has, in order.
func Every() []discoveryv1.Capability {
	var all []discoveryv1.Capability
	for number := range discoveryv1.Capability_name {
		if number != 0 {
			all = append(all, discoveryv1.Capability(number))
		}
	}
	slices.Sort(all)
	return all
}

func badCapabilities(r *discoveryv1.DiscoverResponse) string {
	announced := r.GetServiceInfo().GetCapabilities()
	for i, capability := range announced {
		switch {
		case capability == discoveryv1.Capability_CAPABILITY_UNSPECIFIED:
			return "0 is none"
		case slices.Contains(announced[:i], capability):
			return ProfileOf(capability) + " is announced twice"
		}
	}
	return ""
}

func badAliases(r *discoveryv1.DiscoverResponse) string {
	for _, entity := range r.GetEntities() {
		name := entity.GetServiceName()
		stored := map[string]bool{}
		for _, alias := range entity.GetTypeAliases() {
			old, now := alias.GetStoredName(), alias.GetName()
			switch {
			case !aliased(entity):
				return name + " has aliases, and is neither event sourced nor a value entity"
			case old == "" || now == "" || strings.Contains(old+now, "/"):
				return fmt.Sprintf("%s has the alias %q for %q", name, now, old)
			case stored[old]:
				return fmt.Sprintf("%s has two aliases for %q", name, old)
			}
			stored[old] = true
		}
		for _, alias := range entity.GetTypeAliases() {
			if stored[alias.GetName()] {
				return fmt.Sprintf("the alias %q of %s is a stored name too", alias.GetName(), name)
			}
		}
	}
	return ""
}

// aliased reports whether entities of the kind may have aliases.
func aliased(entity *discoveryv1.Entity) bool {
	of, _ := kind.Of(entity.GetEntityType())
	return of.Profile == "event-sourced" || of.Profile == "value"
}

// badKeyFields holds the keys of a function with CAPABILITY_COMPOSITE_KEYS against their
// types.
func badKeyFields(r *discoveryv1.DiscoverResponse) string {
	return eachInput(r, func(_, input string, message *descriptorpb.DescriptorProto) string {
		keys := keysOf(message)
		if len(keys) == 0 {
			return input + " has no entity key"
		}
		for _, field := range keys {
			switch {
			case field.GetLabel() == descriptorpb.FieldDescriptorProto_LABEL_REPEATED:
				return fmt.Sprintf("the key of %s, %s, is repeated", input, field.GetName())
			case chosen(field):
				return fmt.Sprintf("the key of %s, %s, is a member of a oneof", input, field.GetName())
			case !slices.Contains(keyTypes, field.GetType()):
				return fmt.Sprintf("the key of %s, %s, is of %s", input, field.GetName(), field.GetType())
			}
		}
		return ""
	})
}

// keyTypes are the types of a key.
var keyTypes = []descriptorpb.FieldDescriptorProto_Type{
	descriptorpb.FieldDescriptorProto_TYPE_STRING,
	descriptorpb.FieldDescriptorProto_TYPE_BOOL,
	descriptorpb.FieldDescriptorProto_TYPE_ENUM,
	descriptorpb.FieldDescriptorProto_TYPE_INT32,
	descriptorpb.FieldDescriptorProto_TYPE_INT64,
	descriptorpb.FieldDescriptorProto_TYPE_UINT32,
	descriptorpb.FieldDescriptorProto_TYPE_UINT64,
	descriptorpb.FieldDescriptorProto_TYPE_SINT32,
	descriptorpb.FieldDescriptorProto_TYPE_SINT64,
	descriptorpb.FieldDescriptorProto_TYPE_FIXED32,
	descriptorpb.FieldDescriptorProto_TYPE_FIXED64,
	descriptorpb.FieldDescriptorProto_TYPE_SFIXED32,
	descriptorpb.FieldDescriptorProto_TYPE_SFIXED64,
}

// unevenKeys names two inputs of one service that differ in how many keys they have.
func unevenKeys(r *discoveryv1.DiscoverResponse) string {
	type first struct {
		input string
		keys  int
	}
	seen := map[string]first{}
	return eachInput(r, func(service, input string, message *descriptorpb.DescriptorProto) string {
		keys := len(keysOf(message))
		before, known := seen[service]
		if known && before.keys != keys {
			return fmt.Sprintf("%s has %d entity keys, and %s has %d", before.input, before.keys, input, keys)
		}
		seen[service] = first{input, keys}
		return ""
	})
}
