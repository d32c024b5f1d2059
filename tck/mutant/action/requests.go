package action

import (
	"slices"
	"strings"

	tckactionv1 "github.com/stateward/stateward/tck/gen/stateward/tck/action/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

// requestMutants are wrong about requests.
func requestMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "answers-the-opening", KilledBy: "ACT-OPEN-004", Message: "no case",
			MayAlsoFail: anyCall(),
			Defect: bent(func(c *call, next machine) machine {
				return func(in *command) ([]*response, bool) {
					opening := !c.isRequest()
					out, end := next(in)
					if opening && in != nil && !end && c.shape.streamsOut {
						out = append(out, &response{})
					}
					return out, end
				}
			}),
		},
		{
			Name: "wants-a-request", KilledBy: "ACT-OPEN-004", Message: "no request has come",
			Defect: bent(func(c *call, next machine) machine {
				requests := 0
				return func(in *command) ([]*response, bool) {
					switch {
					case in == nil && requests == 0 && c.shape.streamsIn:
						return refused("no request has come")
					case in != nil && c.isRequest():
						requests++
					}
					return next(in)
				}
			}),
		},
		{
			Name: "handles-the-newest-request-first", KilledBy: "ACT-REQ-003", Message: `got reply "1"`,
			MayAlsoFail: []string{"action/streamed-in/", "action/unary/", "action/calls/", "action/effects/"},
			Defect: bent(func(c *call, next machine) machine {
				return func(in *command) ([]*response, bool) {
					before := c.steps
					out, end := next(in)
					if in != nil {
						c.steps = append(slices.Clone(c.steps[len(before):]), before...)
					}
					return out, end
				}
			}),
		},
		{
			Name: "answers-the-last-group-first", KilledBy: "ACT-REQ-003", Message: `expected reply "B", got reply "C"`,
			MayAlsoFail: []string{"action/streamed-out/", "action/streamed/", "action/cancel/"},
			Defect: bent(func(_ *call, next machine) machine {
				return func(in *command) ([]*response, bool) {
					out, end := next(in)
					slices.Reverse(out)
					return out, end
				}
			}),
		},
		{
			Name: "reads-the-names-of-later-commands", KilledBy: "ACT-REQ-004", Message: "no service",
			Defect: refusing("no service", func(c *call, in *command) bool {
				return c.method != "" && in.GetServiceName() != "" && in.GetServiceName() != modelService
			}),
		},
		{
			Name: "takes-no-payload-for-an-empty-request", KilledBy: "ACT-REQ-005", Message: "got ",
			Defect: onCommands(func(c *call, in *command) {
				if c.isRequest() && in.GetPayload() == nil {
					in.Payload = pack(&tckactionv1.ProcessRequest{})
				}
			}),
		},
		{
			Name: "takes-what-it-cannot-read-for-an-empty-request", KilledBy: "ACT-REQ-005", Message: "got no case",
			MayAlsoFail: []string{"action/calls/a-refusal"},
			Defect: onCommands(func(c *call, in *command) {
				if c.isRequest() && in.GetServiceName() != twoService && in.GetPayload().UnmarshalTo(&tckactionv1.ProcessRequest{}) != nil {
					in.Payload = pack(&tckactionv1.ProcessRequest{})
				}
			}),
		},
		{
			Name: "skips-requests-that-it-cannot-read", KilledBy: "ACT-REQ-005", Message: "end OK",
			Defect: ignoring(func(c *call, in *command) bool {
				return c.method != "" && in.GetPayload().UnmarshalTo(&tckactionv1.ProcessRequest{}) != nil
			}),
		},
		{
			Name: "takes-any-bytes-for-text", KilledBy: "ACT-REQ-005", Message: `got reply "?"`,
			Defect: onCommands(func(_ *call, in *command) { defect.Misread(in.GetPayload()) }),
		},
		{
			Name: "refuses-unknown-fields", KilledBy: "ACT-REQ-006", Message: "an unknown field",
			Defect: refusing("an unknown field", func(_ *call, in *command) bool { return hasUnknown(in) }),
		},
		{
			Name: "reads-under-one-prefix-only", KilledBy: "CORE-PAYLOAD-003", Message: "what is this",
			Defect: refusing("what is this", func(_ *call, in *command) bool {
				return strings.HasPrefix(in.GetPayload().GetTypeUrl(), "types.example.com/")
			}),
		},
		{
			Name: "stumbles-over-metadata", KilledBy: "ACT-ANSWER-001", Message: "a value without a case",
			MayAlsoFail: []string{"action/streamed-in/later", "action/streamed/later"},
			Defect: refusing("a value without a case", func(_ *call, in *command) bool {
				for _, entry := range in.GetMetadata().GetEntries() {
					if entry.GetValue() == nil {
						return true
					}
				}
				return false
			}),
		},
	}
}

// hasUnknown reports whether a command of the model has a field that nobody knows.
func hasUnknown(in *command) bool {
	var process tckactionv1.ProcessRequest
	if err := in.GetPayload().UnmarshalTo(&process); err != nil {
		return false
	}
	return len(process.ProtoReflect().GetUnknown())+len(in.ProtoReflect().GetUnknown()) > 0
}
