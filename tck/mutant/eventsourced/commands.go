package eventsourced

import (
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// commandMutants are wrong about a command or about the form of its answer.
func commandMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "numbers-replies-one-too-high", KilledBy: "CORE-CMD-002", Message: "has not the id of its command",
			MayAlsoFail: anyEntity(),
			Defect: onAnswers(func(_ *activation, reply *eventsourcedv1.EventSourcedReply) {
				reply.CommandId++
			}),
		},
		{
			Name: "replies-twice", KilledBy: "CORE-CMD-002", Message: "command 1 was answered twice",
			MayAlsoFail: anyEntity(),
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					if in.GetCommand() != nil {
						out = defect.Twice(out)
					}
					return out, end
				}
			}),
		},
		{
			Name: "never-replies", KilledBy: "CORE-CMD-002", Message: "nothing within",
			MayAlsoFail: anyEntity(),
			Defect:      ignoring(func(_ *activation, in *request) bool { return in.GetCommand() != nil }),
		},
		{
			Name: "replies-one-command-late", KilledBy: "CORE-CMD-002", Message: "nothing within",
			MayAlsoFail: anyEntity(),
			Defect: bent(func(_ *activation, next machine) machine {
				var held []*response
				return func(in *request) ([]*response, bool) {
					out, end := next(in)
					if in.GetCommand() != nil {
						held, out = out, held
					}
					return out, end
				}
			}),
		},
		{
			Name: "hangs-on-an-unknown-command", KilledBy: "CORE-CMD-003", Message: "nothing within",
			Defect: ignoring(func(_ *activation, in *request) bool {
				name := in.GetCommand().GetName()
				return in.GetCommand() != nil && name != "Process" && name != "Call"
			}),
		},
		{
			Name: "takes-any-name", KilledBy: "CORE-CMD-003", Message: `reply 2 "A"`,
			Defect: onRequests(func(entity *activation, in *request) {
				if in.GetCommand() != nil && entity.service == modelService {
					in.GetCommand().Name = "Process"
				}
			}),
		},
		{
			Name: "takes-no-payload-for-an-empty-one", KilledBy: "CORE-CMD-005", Message: `reply 2 "A"`,
			Defect: onRequests(func(_ *activation, in *request) {
				if in.GetCommand() != nil && in.GetCommand().GetPayload() == nil {
					in.GetCommand().Payload = pack(&tckeventsourcedv1.ProcessRequest{})
				}
			}),
		},
		{
			Name: "takes-any-payload", KilledBy: "CORE-CMD-005", Message: `reply 2 "A"`,
			Defect: onRequests(func(_ *activation, in *request) {
				if payload := in.GetCommand().GetPayload(); payload.MessageIs(&tckeventsourcedv1.Persisted{}) {
					in.GetCommand().Payload = pack(&tckeventsourcedv1.ProcessRequest{})
				}
			}),
		},
		{
			Name: "takes-any-bytes-for-text", KilledBy: "CORE-CMD-005", Message: `reply 2 "A?"`,
			MayAlsoFail: []string{"event-sourced/replay/event-that"},
			Defect: onRequests(func(_ *activation, in *request) {
				defect.Misread(in.GetCommand().GetPayload())
				defect.Misread(in.GetEvent().GetPayload())
			}),
		},
		{
			Name: "ends-the-stream-on-a-bad-payload", KilledBy: "CORE-CMD-005", Message: "end OK",
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if in.GetCommand() != nil && in.GetCommand().GetPayload().GetTypeUrl() == "" {
						return nil, true
					}
					return next(in)
				}
			}),
		},
		{
			Name: "replies-without-a-type", KilledBy: "CORE-CMD-006", Message: "ProcessResponse of 3 B",
			MayAlsoFail: anyEntity(),
			Defect: retyping(func(payload *anypb.Any) {
				payload.TypeUrl = strings.TrimPrefix(payload.GetTypeUrl(), "type.googleapis.com/")
			}),
		},
		{
			Name: "replies-of-another-type", KilledBy: "CORE-CMD-006", Message: `Persisted "A"`,
			MayAlsoFail: anyEntity(),
			Defect: retyping(func(payload *anypb.Any) {
				payload.TypeUrl = pack(&tckeventsourcedv1.Persisted{}).GetTypeUrl()
			}),
		},
		{
			Name: "replies-without-payload", KilledBy: "CORE-CMD-006", Message: "no payload",
			MayAlsoFail: anyEntity(),
			Defect: onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
				if action := reply.GetClientAction().GetReply(); action != nil {
					action.Payload = nil
				}
			}),
		},
		{
			Name: "refuses-unknown-fields", KilledBy: "CORE-CMD-007", Message: "an unknown field",
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if hasUnknown(in.GetCommand()) {
						return refused(in, "an unknown field")
					}
					return next(in)
				}
			}),
		},
		{
			Name: "packs-under-its-own-prefix", KilledBy: "CORE-PAYLOAD-003", Message: "one under types.example.com/",
			Defect: retyping(func(payload *anypb.Any) {
				payload.TypeUrl = strings.Replace(payload.GetTypeUrl(), "type.googleapis.com/", "types.example.com/", 1)
			}),
		},
		{
			Name: "reads-under-one-prefix-only", KilledBy: "CORE-PAYLOAD-003", Message: "an unknown snapshot",
			Defect: onRequests(func(_ *activation, in *request) {
				if snapshot := in.GetInit().GetSnapshot().GetSnapshot(); !strings.HasPrefix(snapshot.GetTypeUrl(), "type.googleapis.com/") && snapshot != nil {
					snapshot.TypeUrl = ""
				}
			}),
		},
		{
			Name: "reads-messages-under-reserved-prefixes", KilledBy: "CORE-PAYLOAD-003", Message: `reply 2 "A"`,
			Defect: onRequests(func(_ *activation, in *request) {
				if payload := in.GetCommand().GetPayload(); reserved(payload) {
					payload.TypeUrl = "type.googleapis.com/" + string(payload.MessageName())
				}
			}),
		},
		{
			Name: "reads-commands-under-one-prefix-only", KilledBy: "CORE-PAYLOAD-003", Message: `failure "what is this"`,
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if url := in.GetCommand().GetPayload().GetTypeUrl(); strings.HasPrefix(url, "types.example.com/") {
						return refused(in, "what is this")
					}
					return next(in)
				}
			}),
		},
		{
			Name: "handles-commands-for-another-entity", KilledBy: "ES-CMD-002", Message: "reply 2",
			Defect: onRequests(func(entity *activation, in *request) {
				if in.GetCommand() != nil {
					in.GetCommand().EntityId = entity.id
				}
			}),
		},
	}
}

// retyping changes the payload of every reply.
func retyping(change func(payload *anypb.Any)) defect.Defect {
	return onReplies(func(reply *eventsourcedv1.EventSourcedReply) {
		if payload := reply.GetClientAction().GetReply().GetPayload(); payload != nil {
			change(payload)
		}
	})
}

// hasUnknown reports whether a command of the model has a field that nobody knows.
func hasUnknown(command *entityv1.Command) bool {
	var process tckeventsourcedv1.ProcessRequest
	if err := command.GetPayload().UnmarshalTo(&process); err != nil {
		return false
	}
	return len(process.ProtoReflect().GetUnknown())+len(command.ProtoReflect().GetUnknown()) > 0
}
