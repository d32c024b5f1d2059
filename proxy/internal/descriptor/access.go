package descriptor

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	"github.com/stateward/stateward/proxy/internal/access"
)

const accessRequirement = "ACC-OPT-002"

// serviceAccess reads who may call the methods of the service that do not say so
// themselves; nil where the service does not say so either.
func (b *builder) serviceAccess(service *Service, declared protoreflect.ServiceDescriptor) *access.Rule {
	return b.access(service, declared, b.Dialect.ServiceAccess)
}

// methodAccess reads who may call the method; nil where it does not say so.
func (b *builder) methodAccess(service *Service, declared protoreflect.MethodDescriptor) *access.Rule {
	return b.access(service, declared, b.Dialect.Access)
}

// access reads the option with the number (ACC-OPT-001). One that says nothing that could
// be kept is a mistake.
func (b *builder) access(service *Service, declared protoreflect.Descriptor, option protowire.Number) *access.Rule {
	if option == 0 {
		return nil
	}
	var value []byte // of a message that stands several times, one after the other
	var found bool
	var wrong error
	visitOptions(declared, func(number protowire.Number, format protowire.Type, raw []byte) {
		switch {
		case number != option:
		case format != protowire.BytesType:
			found, wrong = true, fmt.Errorf("wire format %d", format)
		default:
			found, value = true, append(value, first(protowire.ConsumeBytes(raw))...)
		}
	})
	if !found {
		return nil
	}
	rule, err := readAccess(value)
	if err = errors.Join(wrong, err); err != nil {
		b.mistakef(accessRequirement, service.Name, placesOf(declared),
			"the option %d of %q cannot be kept (%v): give public, or roles, or neither, as %s has it", option, declared.FullName(), err, b.optionsFile())
	}
	return &rule
}

// readAccess returns what the bytes of an Access say.
func readAccess(value []byte) (access.Rule, error) {
	said := new(annotationsv1.Access)
	if err := proto.Unmarshal(value, said); err != nil {
		return access.Rule{}, err
	}
	switch {
	case said.GetPublic() && len(said.GetRoles()) > 0:
		return access.Rule{}, errors.New("it has both public and roles")
	case slices.Contains(said.GetRoles(), ""):
		return access.Rule{}, errors.New("a role is empty")
	case said.GetPublic():
		return access.Public(), nil
	default:
		return access.Of(said.GetRoles()...), nil
	}
}
