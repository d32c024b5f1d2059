package defect

import (
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
)

// Model is a correct model of one kind, and all that is made of it.
type Model struct {
	// Profile is that of the kind, such as "event-sourced".
	Profile string
	// File describes its services.
	File protoreflect.FileDescriptor
	// Entities returns what it lists at discovery. The caller owns it.
	Entities func() []*discoveryv1.Entity
	// Register makes the server serve it, bent as the instance is.
	Register func(grpc.ServiceRegistrar, Instance)
	// Mutants are what is wrong with it, Variants what is right.
	Mutants  []Mutant
	Variants []Variant
}

// Timeout is a passivation timeout in milliseconds.
func Timeout(millis int64) *discoveryv1.PassivationStrategy {
	return &discoveryv1.PassivationStrategy{Strategy: &discoveryv1.PassivationStrategy_Timeout{
		Timeout: &discoveryv1.TimeoutPassivationStrategy{Timeout: millis},
	}}
}
