package value

import (
	"strings"
	"sync"

	"google.golang.org/grpc"

	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// breakage are the cases that provoke a stream-level failure.
func breakage() []string {
	return []string{
		"value/streams/unset", "value/streams/unknown", "value/streams/a-broken", "value/failures/stream-level",
		"value/activation/", "value/commands/another",
	}
}

// streamMutants are wrong about the stream as such, or about what one stream means for
// another.
func streamMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "shares-the-value-between-entities", KilledBy: "CORE-STREAM-002", Message: "two entities of one service share their value",
			MayAlsoFail: anyEntity(),
			Defect:      sharedValue,
		},
		{
			Name: "mixes-services-up", KilledBy: "CORE-STREAM-002", Message: "no command",
			Defect: mixedServices,
		},
		{
			Name: "serves-fifty-streams-of-a-connection", KilledBy: "CORE-STREAM-002", Message: "nothing within",
			Defect: defect.Pooled(valuev1.ValueEntityService_ServiceDesc.ServiceName, 50),
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
						out = append(out, answered(in, replyWith(""))...)
					}
					return out, end
				}
			}),
		},
		{
			Name: "ends-the-stream-after-a-delete", KilledBy: "VAL-CMD-005", Message: "end OK",
			MayAlsoFail: anyEntity(),
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					for _, message := range out {
						end = end || message.GetReply().GetStateAction().GetDelete() != nil
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
			Defect:      ignoring(func(_ *activation, in *request) bool { return in.GetMessage() == nil }),
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
			Defect: holdingOn,
		},
		{
			Name: "keeps-values-in-memory", KilledBy: "VAL-CMD-005", Message: "the value of an earlier activation has survived it",
			MayAlsoFail: []string{"value/streams/reset", "value/activation/"},
			Defect:      surviving,
		},
		{
			Name: "refuses-a-slash-in-an-id", KilledBy: "CORE-KEY-002", Message: "no such id",
			Defect: refusing("no such id", func(in *request) bool { return strings.Contains(in.GetInit().GetEntityId(), "/") }),
		},
		{
			Name: "refuses-what-is-no-letter-in-an-id", KilledBy: "CORE-KEY-002", Message: "no such id",
			Defect: refusing("no such id", func(in *request) bool { return strings.ContainsAny(in.GetInit().GetEntityId(), "\t%Ü") }),
		},
		{
			Name: "refuses-a-long-id", KilledBy: "CORE-KEY-002", Message: "no such id",
			Defect: refusing("no such id", func(in *request) bool { return len(in.GetInit().GetEntityId()) > 8192 }),
		},
		{
			Name: "takes-small-messages-only", KilledBy: "CORE-LIMIT-001", Message: "ResourceExhausted",
			Defect: func() defect.Instance {
				return defect.Instance{Options: []grpc.ServerOption{grpc.MaxRecvMsgSize(1 << 20)}}
			},
			MayAlsoFail: []string{"value/limits/"},
		},
	}
}

// sharedValue keeps values by an id that is cut at its last "-": different entities of
// one case are one to it.
func sharedValue() defect.Instance {
	var mu sync.Mutex
	values := map[string]*string{}
	return bending(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			if in.GetCommand() == nil || entity.service != modelService {
				return next(in)
			}
			mu.Lock()
			defer mu.Unlock()
			key := entity.id[:max(strings.LastIndex(entity.id, "-"), 0)]
			if value, known := values[key]; known {
				entity.value = value
			}
			out, end := next(in)
			values[key] = entity.value
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

// surviving keeps the value of an entity in memory, and believes it more than what init
// says.
func surviving() defect.Instance {
	var mu sync.Mutex
	values := map[string]*string{}
	return bending(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			mu.Lock()
			defer mu.Unlock()
			out, end := next(in)
			switch key := entity.service + entity.id; {
			case in.GetInit() != nil:
				if value, known := values[key]; known {
					entity.value = value
				}
			case in.GetCommand() != nil && entity.service != "":
				values[key] = entity.value
			}
			return out, end
		}
	})
}
