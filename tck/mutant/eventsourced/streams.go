package eventsourced

import (
	"strings"
	"sync"

	"google.golang.org/grpc"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// breakage are the cases that provoke a stream-level failure.
func breakage() []string {
	return []string{
		"core/streams/unset", "core/streams/unknown", "core/streams/a-broken", "core/failures/stream-level",
		"event-sourced/activation/", "event-sourced/replay/", "event-sourced/commands/another",
	}
}

// streamMutants are wrong about the stream as such, or about what one stream
// means for another.
func streamMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "shares-state-between-entities", KilledBy: "CORE-STREAM-002", Message: "two entities of one service share their state",
			MayAlsoFail: []string{"event-sourced/rehydrate/same-journal", "event-sourced/rehydrate/from-the-journal", "core/streams/"},
			Defect:      sharedState,
		},
		{
			Name: "mixes-services-up", KilledBy: "CORE-STREAM-002", Message: "no command",
			Defect: mixedServices,
		},
		{
			Name: "ignores-the-half-close", KilledBy: "CORE-STREAM-003", Message: "end OK",
			MayAlsoFail: anyEntity(),
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					return out, end && in != nil
				}
			}),
		},
		{
			Name: "says-good-bye", KilledBy: "CORE-STREAM-003", Message: "reply 0",
			MayAlsoFail: anyEntity(),
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					if in == nil {
						out = append(out, reply(0, ""))
					}
					return out, end
				}
			}),
		},
		{
			Name: "ends-in-silence", KilledBy: "CORE-STREAM-004", Message: "end OK",
			MayAlsoFail: breakage(),
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					if end {
						out = nil
					}
					return out, end
				}
			}),
		},
		{
			Name: "blames-a-command", KilledBy: "CORE-STREAM-004", Message: "command 1",
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					if in != nil && in.GetMessage() == nil {
						out[0].GetFailure().CommandId = 1
					}
					return out, end
				}
			}),
		},
		{
			Name: "ignores-unset-messages", KilledBy: "CORE-STREAM-004", Message: "nothing within",
			MayAlsoFail: breakage(),
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if in != nil && in.GetMessage() == nil {
						return nil, false
					}
					return next(in)
				}
			}),
		},
		{
			Name: "lives-on-after-a-stream-level-failure", KilledBy: "CORE-FAIL-002", Message: "the end of the stream after its failure",
			MayAlsoFail: breakage(),
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					return out, end && in == nil
				}
			}),
		},
		{
			Name: "holds-on-after-a-reset", KilledBy: "CORE-STREAM-005", Message: "is active already",
			MayAlsoFail: []string{"event-sourced/rehydrate/same-journal"},
			Defect:      holdingOn,
		},
		{
			Name: "refuses-a-slash-in-an-id", KilledBy: "CORE-KEY-002", Message: "no such id",
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if strings.Contains(in.GetInit().GetEntityId(), "/") {
						return broken("no such id")
					}
					return next(in)
				}
			}),
		},
		{
			Name: "refuses-a-long-id", KilledBy: "CORE-KEY-002", Message: "no such id",
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if len(in.GetInit().GetEntityId()) > 8192 {
						return broken("no such id")
					}
					return next(in)
				}
			}),
		},
		{
			Name: "takes-small-messages-only", KilledBy: "CORE-LIMIT-001", Message: "ResourceExhausted",
			Defect: func() defect.Instance {
				return defect.Instance{Options: []grpc.ServerOption{grpc.MaxRecvMsgSize(1 << 20)}}
			},
			MayAlsoFail: []string{"core/limits/"},
		},
		{
			Name: "announces-more-than-it-takes", KilledBy: "CORE-LIMIT-007", Message: "ResourceExhausted",
			Defect: defect.Discovering(func(_ *discoveryv1.DiscoverRequest, answer *discoveryv1.DiscoverResponse) error {
				answer.ServiceInfo.MaxMessageBytes = 5 << 20
				return nil
			}),
		},
		{
			Name: "takes-less-than-it-has-to", KilledBy: "CORE-LIMIT-006", Message: "max_message_bytes 1048576",
			Defect: defect.Discovering(func(_ *discoveryv1.DiscoverRequest, answer *discoveryv1.DiscoverResponse) error {
				answer.ServiceInfo.MaxMessageBytes = 1 << 20
				return nil
			}),
		},
	}
}

// sharedState keeps states by an id that is cut at its last "-": different
// entities of one case are one to it.
func sharedState() defect.Instance {
	var mu sync.Mutex
	states := map[string]string{}
	return bending(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			if in.GetCommand() == nil {
				return next(in)
			}
			mu.Lock()
			defer mu.Unlock()
			key := entity.id[:max(strings.LastIndex(entity.id, "-"), 0)]
			if state, known := states[key]; known {
				entity.state = state
			}
			out, end := next(in)
			states[key] = entity.state
			return out, end
		}
	})
}

// mixedServices knows an entity by its id alone: it belongs to the service
// whose stream came last.
func mixedServices() defect.Instance {
	var mu sync.Mutex
	services := map[string]string{}
	return bending(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			mu.Lock()
			defer mu.Unlock()
			out, end := next(in)
			if in.GetInit() != nil {
				services[entity.id] = entity.service
			}
			if in.GetCommand() != nil && entity.service != services[entity.id] {
				return refused(in, "no command of this service")
			}
			return out, end
		}
	})
}

// holdingOn forgets an entity when its stream has ended as it should, and never
// when it was reset.
func holdingOn() defect.Instance {
	var mu sync.Mutex
	active := map[string]bool{}
	return bending(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			mu.Lock()
			defer mu.Unlock()
			key := entity.service + entity.id
			if init := in.GetInit(); init != nil && entity.service == "" {
				key = init.GetServiceName() + init.GetEntityId()
				if active[key] {
					return broken("the entity is active already")
				}
				active[key] = true
			}
			out, end := next(in)
			if end {
				delete(active, key)
			}
			return out, end
		}
	})
}
