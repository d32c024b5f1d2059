package sdk

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// The dialects of the protocol, as a proxy's --dialect names them.
const (
	// DialectV1 is that of version 1.
	DialectV1 = "v1"
	// DialectCloudstate is that of Cloudstate 0.2 (protocol/spec/cloudstate-0.2.md).
	DialectCloudstate = "cloudstate-0.2"
)

// Cloudstate makes a function speak the dialect of Cloudstate 0.2 beside version 1. Both
// have the same bytes and other names: entities and handlers are written once, with the
// types of version 1. Where the author's own protos have one name in both, as they do
// unless somebody renamed them, the zero Cloudstate is all that is needed; the entity keys
// then have both options, stateward.annotations.v1.entity_key and cloudstate.entity_key.
type Cloudstate struct {
	// Names has the full name in 0.2 of each of the author's services and messages that
	// is called otherwise there. Several messages may have one name: it then stands in
	// responses alone, for nothing says which one is meant by it.
	Names map[protoreflect.FullName]protoreflect.FullName
	// Files declare the services that Names has in 0.2. Order is free.
	Files []protoreflect.FileDescriptor
}

// service returns the descriptor of a service as 0.2 calls it.
func (c *Cloudstate) service(own protoreflect.ServiceDescriptor) (protoreflect.ServiceDescriptor, error) {
	name, renamed := c.Names[own.FullName()]
	if !renamed {
		return own, nil
	}
	for _, file := range c.Files {
		if found := file.Services().ByName(name.Name()); found != nil && found.FullName() == name {
			return found, nil
		}
	}
	return nil, fmt.Errorf("%s: no file of Config.Cloudstate declares %s", own.FullName(), name)
}

// validate returns every mistake, joined.
func (c *Cloudstate) validate(entities []Entity) error {
	if c == nil {
		return nil
	}
	var mistakes []error
	for _, entity := range entities {
		if entity.Service() == nil {
			continue // the entity's own mistake
		}
		_, err := c.service(entity.Service())
		mistakes = append(mistakes, err)
	}
	return errors.Join(mistakes...)
}

// describe returns the answer to the discover of 0.2: that of version 1 without what
// version 1 has added, with the descriptors of the services as they are called there.
func (c *Cloudstate) describe(config Config, v1 *discoveryv1.DiscoverResponse) (*discoveryv1.DiscoverResponse, error) {
	set := &descriptorpb.FileDescriptorSet{}
	for _, entity := range config.Entities {
		service, err := c.service(entity.Service())
		if err != nil {
			return nil, err
		}
		if err := addFile(set, service.ParentFile()); err != nil {
			return nil, err
		}
	}
	answer := proto.CloneOf(v1)
	answer.ServiceInfo.ProtocolMajorVersion, answer.ServiceInfo.ProtocolMinorVersion = 0, 2
	var err error
	answer.Proto, err = proto.MarshalOptions{Deterministic: true}.Marshal(set)
	return answer, err
}

// speaks reports whether the function is served in the dialect.
func (c Config) speaks(dialect string) bool {
	served := []string{DialectV1}
	if c.Cloudstate != nil {
		served = append(served, DialectCloudstate)
	}
	return slices.Contains(served, dialect) && (c.Dialect == "" || c.Dialect == dialect)
}
