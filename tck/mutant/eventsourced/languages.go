package eventsourced

import (
	"slices"
	"strings"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
	"github.com/stateward/stateward/tck/script"
)

// languageMutants fall into a trap that some languages have.
func languageMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "finds-methods-that-every-object-has", KilledBy: "CORE-CMD-003", Message: `__proto__ reply 1 ""`,
			Defect: onRequests(func(entity *activation, in *request) {
				if entity.service == modelService && slices.Contains(script.Inherited(), in.GetCommand().GetName()) {
					in.GetCommand().Name = "Process"
				}
			}),
		},
		{
			Name: "finds-methods-by-any-spelling", KilledBy: "CORE-CMD-003", Message: `reply 1 ""`,
			Defect: onRequests(func(_ *activation, in *request) {
				if strings.EqualFold(in.GetCommand().GetName(), "Process") {
					in.GetCommand().Name = "Process"
				}
			}),
		},
		{
			Name: "finds-services-that-every-object-has", KilledBy: "ES-INIT-005", Message: "nothing within",
			Defect: onRequests(func(_ *activation, in *request) {
				if slices.Contains(script.Inherited(), in.GetInit().GetServiceName()) {
					in.GetInit().ServiceName = modelService
				}
			}),
		},
		{
			Name: "counts-events-in-32-bits", KilledBy: "ES-REPLAY-003", Message: "event -2147483648 after 2147483647",
			Defect: counting(func(sequence int64) int64 { return int64(int32(sequence)) }),
		},
		{
			Name: "counts-events-in-doubles", KilledBy: "ES-REPLAY-003", Message: "event 9007199254740992 after 9007199254740992",
			Defect: counting(func(sequence int64) int64 { return int64(float64(sequence)) }),
		},
		{
			Name: "keeps-deadlines-in-32-bits", KilledBy: "CORE-CMD-002", Message: "too late",
			Defect: bent(func(_ *activation, next machine) machine {
				return func(in *request) ([]*response, bool) {
					if int32(in.GetCommand().GetTimeout()) < 0 {
						return refused(in, "too late")
					}
					return next(in)
				}
			}),
		},
		{
			Name: "serves-fifty-streams-of-a-connection", KilledBy: "CORE-STREAM-002", Message: "nothing within",
			Defect: defect.Pooled(eventsourcedv1.EventSourcedService_ServiceDesc.ServiceName, 50),
		},
	}
}

// counting is the defect of a machine whose numbers of events lose something.
func counting(lose func(int64) int64) defect.Defect {
	return bent(func(entity *activation, next machine) machine {
		return func(in *request) ([]*response, bool) {
			if event := in.GetEvent(); event != nil {
				event.Sequence = lose(event.GetSequence())
			}
			out, end := next(in)
			entity.sequence = lose(entity.sequence)
			return out, end
		}
	})
}
