package value

import (
	"slices"

	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
	"github.com/stateward/stateward/tck/script"
)

// activationMutants are wrong about the opening of a stream.
func activationMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "needs-no-init", KilledBy: "VAL-INIT-004", Message: "reply 1",
			Defect: onRequests(func(entity *activation, in *request) {
				if entity.service == "" && in.GetCommand() != nil {
					entity.service, entity.id = modelService, in.GetCommand().GetEntityId()
				}
			}),
		},
		{
			Name: "ignores-a-command-before-init", KilledBy: "VAL-INIT-004", Message: "nothing within",
			Defect: ignoring(func(entity *activation, in *request) bool {
				return entity.service == "" && in.GetCommand() != nil
			}),
		},
		{
			Name: "ignores-a-second-init", KilledBy: "VAL-INIT-007", Message: "nothing within",
			Defect: ignoring(func(entity *activation, in *request) bool {
				return entity.service != "" && in.GetInit() != nil
			}),
		},
		{
			Name: "starts-anew-at-a-second-init", KilledBy: "VAL-INIT-007", Message: "nothing within",
			Defect: onRequests(func(entity *activation, in *request) {
				if in.GetInit() != nil {
					*entity = activation{}
				}
			}),
		},
		{
			Name: "serves-any-service", KilledBy: "VAL-INIT-008", Message: "nothing within",
			Defect: onRequests(func(_ *activation, in *request) {
				switch in.GetInit().GetServiceName() {
				case modelService, twoService, configuredService:
				default:
					if in.GetInit() != nil {
						in.GetInit().ServiceName = modelService
					}
				}
			}),
		},
		{
			Name: "finds-services-that-every-object-has", KilledBy: "VAL-INIT-008", Message: "nothing within",
			Defect: onRequests(func(_ *activation, in *request) {
				if slices.Contains(script.Inherited(), in.GetInit().GetServiceName()) {
					in.GetInit().ServiceName = modelService
				}
			}),
		},
		{
			Name: "counts-in-doubles", KilledBy: "VAL-CMD-005", Message: "no safe integer",
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if in.GetInit().GetRevision() > 1<<53 {
						return broken("no safe integer")
					}
					return next(in)
				}
			}),
		},
		{
			Name: "takes-an-unreadable-value-for-none", KilledBy: "VAL-INIT-009", Message: `got reply 1 ""`,
			Defect: onRequests(func(_ *activation, in *request) {
				if state := in.GetInit().GetState(); state.GetValue() != nil {
					if err := state.GetValue().UnmarshalTo(&tckvaluev1.Persisted{}); err != nil {
						state.Value = nil
					}
				}
			}),
		},
		{
			Name: "reads-any-type-as-its-own", KilledBy: "VAL-INIT-009", Message: `got reply 1 "A"`,
			Defect: onRequests(func(_ *activation, in *request) {
				if value := in.GetInit().GetState().GetValue(); value != nil {
					value.TypeUrl = pack(&tckvaluev1.Persisted{}).GetTypeUrl()
				}
			}),
		},
		{
			Name: "needs-a-state", KilledBy: "VAL-INIT-011", Message: "no state",
			Defect: refusing("no state", func(in *request) bool {
				return in.GetInit() != nil && in.GetInit().GetState() == nil
			}),
		},
		{
			Name: "needs-bytes-in-a-value", KilledBy: "VAL-CMD-005", Message: "an empty value",
			MayAlsoFail: []string{"value/states/update-of-no-bytes"},
			Defect: refusing("an empty value", func(in *request) bool {
				value := in.GetInit().GetState().GetValue()
				return value != nil && len(value.GetValue()) == 0
			}),
		},
		{
			Name: "ignores-the-value-in-init", KilledBy: "VAL-CMD-005", Message: "the value in init was ignored",
			MayAlsoFail: anyEntity(),
			Defect: onRequests(func(_ *activation, in *request) {
				if in.GetInit() != nil {
					in.GetInit().State = nil
				}
			}),
		},
	}
}
