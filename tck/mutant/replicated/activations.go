package replicated

import (
	"sync"

	"google.golang.org/protobuf/proto"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// activationMutants are wrong about how a stream begins, and about what comes on it from
// elsewhere.
func activationMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "replicated-answers-before-init", KilledBy: "REP-INIT-005", Message: "nothing within",
			MayAlsoFail: []string{"replicated/streams/u"},
			Defect:      ignoring(func(entity *activation, in *request) bool { return entity.service == "" && in.GetInit() == nil }),
		},
		{
			Name: "serves-commands-before-init", KilledBy: "REP-INIT-005", Message: "reply 1",
			Defect: onRequests(func(entity *activation, in *request) {
				if command := in.GetCommand(); command != nil && entity.service == "" {
					entity.service, entity.id = modelService, command.GetEntityId()
				}
			}),
		},
		{
			Name: "replicated-takes-a-second-init", KilledBy: "REP-INIT-006", Message: "nothing within",
			Defect: ignoring(func(entity *activation, in *request) bool { return entity.service != "" && in.GetInit() != nil }),
		},
		{
			Name: "replicated-serves-any-service", KilledBy: "REP-INIT-007", Message: "nothing within",
			Defect: onRequests(func(_ *activation, in *request) {
				if name := in.GetInit().GetServiceName(); in.GetInit() != nil && name != twoService && name != configuredService {
					in.GetInit().ServiceName = modelService
				}
			}),
		},
		{
			Name: "ignores-the-initial-delta", KilledBy: "REP-INIT-008", Message: "the delta in init was ignored",
			MayAlsoFail: anyEntity(),
			Defect: onRequests(func(_ *activation, in *request) {
				if in.GetInit() != nil {
					in.GetInit().Delta = nil
				}
			}),
		},
		{
			Name: "takes-an-empty-initial-delta-for-none", KilledBy: "REP-INIT-008", Message: "got reply 1",
			MayAlsoFail: anyEntity(),
			Defect:      announcing,
		},
		{
			Name: "remembers-the-value-of-an-earlier-activation", KilledBy: "REP-INIT-008", Message: "the value of an earlier activation has survived it",
			MayAlsoFail: anyEntity(),
			Defect:      func() defect.Instance { return remembering(func(in *request) bool { return in == nil }) },
		},
		{
			Name: "remembers-a-value-that-was-reset", KilledBy: "CORE-STREAM-005", Message: "the value of the stream that was reset has survived",
			MayAlsoFail: anyEntity(),
			Defect: func() defect.Instance {
				return remembering(func(in *request) bool { return in.GetCommand() != nil })
			},
		},
		{
			Name: "takes-any-type-in-init", KilledBy: "REP-INIT-009", Message: "nothing within",
			Defect: ignoring(func(entity *activation, in *request) bool {
				if in.GetInit().GetDelta() == nil || entity.service != "" {
					return false
				}
				fresh, err := create(typeOf(in.GetInit().GetEntityId()))
				if err != nil || fresh.receive(proto.CloneOf(in.GetInit().GetDelta())) == nil {
					return false
				}
				entity.service, entity.id = in.GetInit().GetServiceName(), in.GetInit().GetEntityId()
				return true
			}),
		},
		{
			Name: "takes-its-type-from-the-first-update", KilledBy: "REP-TYPE-005", Message: "a failure for command 1, got gcounter reply 1 pncounter 1",
			Defect: onRequests(func(entity *activation, in *request) {
				if updates := updatesOf(in); len(updates) > 0 && entity.value == nil && in.GetCommand() != nil {
					entity.value = firstType(updates[0])
				}
			}),
		},
		{
			Name: "ignores-deltas", KilledBy: "REP-DELTA-001", Message: "got reply",
			MayAlsoFail: anyEntity(),
			Defect:      ignoring(func(_ *activation, in *request) bool { return in.GetDelta() != nil }),
		},
		{
			Name: "applies-deltas-after-the-next-command", KilledBy: "REP-DELTA-001", Message: "got reply",
			MayAlsoFail: anyEntity(),
			Defect:      lateDeltas,
		},
		{
			Name: "ignores-deltas-while-unset", KilledBy: "REP-DELTA-002", Message: "the delta was ignored",
			MayAlsoFail: anyEntity(),
			Defect: ignoring(func(entity *activation, in *request) bool {
				return in.GetDelta() != nil && entity.service != "" && entity.value == nil
			}),
		},
		{
			Name: "echoes-received-deltas", KilledBy: "REP-DELTA-003", Message: echo,
			MayAlsoFail: anyEntity(),
			Defect:      echoing,
		},
		{
			Name: "ignores-foreign-deltas", KilledBy: "REP-DELTA-004", Message: "nothing within",
			Defect: ignoring(func(entity *activation, in *request) bool {
				return in.GetDelta() != nil && entity.value != nil && entity.value.copy().receive(proto.CloneOf(in.GetDelta())) != nil
			}),
		},
		{
			Name: "ignores-unset-deltas", KilledBy: "REP-DELTA-004", Message: "nothing within",
			Defect: ignoring(func(entity *activation, in *request) bool {
				return in.GetDelta() != nil && in.GetDelta().GetDelta() == nil && entity.service != ""
			}),
		},
		{
			Name: "answers-deltas", KilledBy: "REP-TURN-001", Message: "has not the id of its command",
			MayAlsoFail: anyEntity(),
			Defect: onOutputs(func(entity *activation, in *request, out []*response) []*response {
				if in.GetDelta() != nil && entity.value != nil {
					return append(out, reply(0, entity.value.state()))
				}
				return out
			}),
		},
		{
			Name: "streams-to-nobody", KilledBy: "REP-TURN-001", Message: "a streamed message for which nothing asked",
			MayAlsoFail: anyEntity(),
			Defect: onOutputs(func(entity *activation, in *request, out []*response) []*response {
				if in.GetDelta() != nil && entity.value != nil && len(entity.calls) == 0 {
					return append(out, message(1, entity.value.state()))
				}
				return out
			}),
		},
	}
}

const echo = "the update repeats what came from elsewhere"

// remembering keeps the value of an entity when a message says so, and takes it for what
// its next stream starts from.
func remembering(keep func(in *request) bool) defect.Instance {
	var mu sync.Mutex
	values := map[string]value{}
	return bending(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			mu.Lock()
			defer mu.Unlock()
			out, end := next(in)
			if held := values[entity.id]; held != nil && in.GetInit() != nil && !end {
				entity.value = held
			}
			if keep(in) && entity.value != nil {
				values[entity.id] = entity.value
			}
			return out, end
		}
	})
}

// announcing gives a new type in every activation, also where the proxy has given it.
func announcing() defect.Instance {
	return bending(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			entity.style.announces = true
			if init := in.GetInit(); init != nil {
				if fresh, err := create(typeOf(init.GetEntityId())); err == nil && proto.Equal(init.GetDelta(), fresh.whole()) {
					init.Delta = nil
				}
			}
			return next(in)
		}
	})
}

// firstType is an empty value of the type that an update is of; nil when there is none.
func firstType(update *tckreplicatedv1.Update) value {
	for _, name := range []string{"GCounter", "PNCounter", "GSet", "ORSet", "LWWRegister", "Flag", "ORMap", "Vote"} {
		fresh, err := create(name)
		if err != nil {
			continue
		}
		if _, err := fresh.copy().perform(update); err == nil {
			return fresh
		}
	}
	return nil
}

// lateDeltas holds deltas back until a command has been answered.
func lateDeltas() defect.Instance {
	return bending(func(_ *activation, next machine) machine {
		var held []*request
		return func(in *request) ([]*response, bool) {
			if in.GetDelta() != nil {
				held = append(held, in)
				return nil, false
			}
			out, end := next(in)
			for _, late := range held {
				if in.GetCommand() == nil || end {
					break
				}
				more, over := next(late)
				out, end = append(out, more...), over
			}
			if in.GetCommand() != nil {
				held = nil
			}
			return out, end
		}
	})
}

// echoing makes each update the change since the last answer, whoever made it.
func echoing() defect.Instance {
	return bending(func(entity *activation, next machine) machine {
		var answered value
		return func(in *request) ([]*response, bool) {
			out, end := next(in)
			if in.GetInit() != nil || in.GetCommand() != nil {
				for _, message := range out {
					update := message.GetReply().GetStateAction().GetUpdate()
					if update == nil || answered == nil || entity.value == nil {
						continue
					}
					if change := entity.value.since(answered, entity.style); change != nil {
						message.GetReply().StateAction.Action = &replicatedv1.StateAction_Update{Update: change}
					}
				}
				answered = entity.value
			}
			return out, end
		}
	})
}
