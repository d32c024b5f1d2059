package sdk

import (
	"context"

	"google.golang.org/grpc"

	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk/internal/multiplex"
)

// leastMessage is what every proxy takes in one message, in bytes (CORE-LIMIT-004).
const leastMessage = 4 << 20

// kindRegistrar registers the services of kinds, and keeps what each stateful one does
// with a stream: a multiplexed stream gives it further ones (MUX-USE-004).
type kindRegistrar struct {
	grpc.ServiceRegistrar

	streams map[string]multiplex.Kind // by the service's full name
}

// RegisterService registers the service. That of a stateful kind has one method, Handle,
// whose stream is an activation.
func (r kindRegistrar) RegisterService(description *grpc.ServiceDesc, service any) {
	r.ServiceRegistrar.RegisterService(description, service)
	if len(description.Methods) > 0 || len(description.Streams) != 1 {
		return
	}
	handle := description.Streams[0].Handler
	r.streams[description.ServiceName] = func(stream grpc.ServerStream) error {
		return heedCancels(service, stream, nil, handle)
	}
}

// multiplexed registers the service of multiplexed streams, for the kinds that were
// registered before.
func (r kindRegistrar) multiplexed(host *Host) {
	multiplexv1.RegisterMultiplexServiceServer(r.ServiceRegistrar, multiplex.New(multiplex.Config{
		Kinds: r.streams, Log: host.Log, Stopping: host.stopping, Readers: &host.readers, MaxMessage: maxAnswer,
	}))
}

// maxAnswer is the largest message that the proxy takes on the connection of this call,
// in bytes: what it stated at discovery, and no less than every proxy takes.
func maxAnswer(ctx context.Context) int {
	return max(leastMessage, int(connectionOf(ctx).proxy.Load().GetLimits().GetMaxMessageBytes()))
}
