package wire

import (
	"google.golang.org/protobuf/encoding/protowire"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	annotationsv1 "github.com/stateward/stateward/protocol/gen/stateward/annotations/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	lifecyclev1 "github.com/stateward/stateward/protocol/gen/stateward/lifecycle/v1"
	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
)

// V1 returns the dialect of protocol version 1.1, and of 1.0, which has less of it.
func V1() Dialect {
	return Dialect{
		Name:          NameV1,
		Major:         1,
		Minor:         1,
		Discover:      discoveryv1.DiscoveryService_Discover_FullMethodName,
		ReportError:   discoveryv1.DiscoveryService_ReportError_FullMethodName,
		Multiplex:     multiplexv1.MultiplexService_Handle_FullMethodName,
		Watch:         lifecyclev1.LifecycleService_Watch_FullMethodName,
		EntityKeys:    []protowire.Number{annotationsv1.E_EntityKey.TypeDescriptor().Number()},
		Eventing:      annotationsv1.E_Eventing.TypeDescriptor().Number(),
		ReadOnly:      annotationsv1.E_ReadOnly.TypeDescriptor().Number(),
		Access:        annotationsv1.E_Access.TypeDescriptor().Number(),
		ServiceAccess: annotationsv1.E_ServiceAccess.TypeDescriptor().Number(),
		Entities: []Entity{{
			Kind:   EventSourced,
			Type:   eventsourcedv1.EventSourcedService_ServiceDesc.ServiceName,
			Handle: eventsourcedv1.EventSourcedService_Handle_FullMethodName,
		}, {
			Kind:   Value,
			Type:   valuev1.ValueEntityService_ServiceDesc.ServiceName,
			Handle: valuev1.ValueEntityService_Handle_FullMethodName,
		}, {
			Kind:   Replicated,
			Type:   replicatedv1.ReplicatedEntityService_ServiceDesc.ServiceName,
			Handle: replicatedv1.ReplicatedEntityService_Handle_FullMethodName,
		}, {
			Kind: Action,
			Type: actionv1.ActionService_ServiceDesc.ServiceName,
			Calls: [Shapes]string{
				Unary:       actionv1.ActionService_HandleUnary_FullMethodName,
				StreamedIn:  actionv1.ActionService_HandleStreamedIn_FullMethodName,
				StreamedOut: actionv1.ActionService_HandleStreamedOut_FullMethodName,
				Streamed:    actionv1.ActionService_HandleStreamed_FullMethodName,
			},
		}},
	}
}
