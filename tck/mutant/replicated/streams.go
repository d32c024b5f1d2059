package replicated

import (
	"strings"
	"sync"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// breakage are the cases that provoke a stream-level failure.
func breakage() []string {
	return []string{
		"replicated/streams/u", "replicated/streams/a-broken", "replicated/failures/stream-level",
		"replicated/activation/", "replicated/deltas/", "replicated/commands/another",
	}
}

// streamMutants are wrong about the stream as such, or about what one stream means for
// another.
func streamMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "replicated-shares-values-between-entities", KilledBy: "CORE-STREAM-002", Message: "two entities of one service share their value",
			MayAlsoFail: anyEntity(),
			Defect:      sharedValues,
		},
		{
			Name: "replicated-mixes-services-up", KilledBy: "CORE-STREAM-002", Message: "no command",
			Defect: mixedServices,
		},
		{
			Name: "replicated-serves-fifty-streams-of-a-connection", KilledBy: "CORE-STREAM-002", Message: "nothing within",
			Defect: defect.Pooled(replicatedv1.ReplicatedEntityService_ServiceDesc.ServiceName, 50),
		},
		{
			Name: "replicated-ignores-the-half-close", KilledBy: "CORE-STREAM-003", Message: "end OK",
			MayAlsoFail: anyEntity(),
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					return out, end && in != nil
				}
			}),
		},
		{
			Name: "replicated-says-good-bye", KilledBy: "CORE-STREAM-003", Message: "reply 0",
			MayAlsoFail: anyEntity(),
			Defect: onOutputs(func(_ *activation, in *request, out []*response) []*response {
				if in == nil {
					return append(out, reply(0, nil))
				}
				return out
			}),
		},
		{
			Name: "replicated-keeps-streams-with-open-calls", KilledBy: "CORE-STREAM-003", Message: "nothing within",
			Defect: bent(func(entity *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					return out, end && (in != nil || len(entity.calls) == 0)
				}
			}),
		},
		{
			Name: "replicated-ends-in-silence", KilledBy: "CORE-STREAM-004", Message: "end OK",
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
			Name: "replicated-blames-a-command", KilledBy: "CORE-STREAM-004", Message: "command 1",
			Defect: onOutputs(func(_ *activation, in *request, out []*response) []*response {
				if in != nil && in.GetMessage() == nil {
					failureOf(out).CommandId = 1
				}
				return out
			}),
		},
		{
			Name: "replicated-ignores-unset-messages", KilledBy: "CORE-STREAM-004", Message: "nothing within",
			MayAlsoFail: breakage(),
			Defect:      ignoring(func(_ *activation, in *request) bool { return in.GetMessage() == nil }),
		},
		{
			Name: "replicated-lives-on-after-a-stream-level-failure", KilledBy: "CORE-FAIL-002", Message: "the end of the stream after its failure",
			MayAlsoFail: breakage(),
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					return out, end && in == nil
				}
			}),
		},
		{
			Name: "replicated-holds-on-after-a-reset", KilledBy: "CORE-STREAM-005", Message: "is active already",
			MayAlsoFail: anyEntity(),
			Defect:      holdingOn,
		},
		{
			Name: "replicated-refuses-a-slash-in-an-id", KilledBy: "CORE-KEY-002", Message: "no such id",
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if strings.Contains(in.GetInit().GetEntityId(), "/") {
						return broken("no such id")
					}
					return next(in)
				}
			}),
		},
	}
}

// sharedValues keeps values by an id that is cut at its last "-": different entities of
// one case are one to it.
func sharedValues() defect.Instance {
	var mu sync.Mutex
	values := map[string]value{}
	return bending(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			if in.GetCommand() == nil {
				return next(in)
			}
			mu.Lock()
			defer mu.Unlock()
			key := entity.id[:max(strings.LastIndex(entity.id, "-"), 0)]
			if held, known := values[key]; known {
				entity.value = held
			}
			out, end := next(in)
			if entity.value != nil {
				values[key] = entity.value
			}
			return out, end
		}
	})
}

// mixedServices knows an entity by its id alone: it belongs to the service whose stream
// came last.
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

// holdingOn forgets an entity when its stream has ended as it should, and never when it
// was reset.
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
