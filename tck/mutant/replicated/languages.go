package replicated

import (
	"slices"
	"unicode/utf16"

	"google.golang.org/grpc"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
	"github.com/stateward/stateward/tck/script"
)

// languageMutants fall into a trap that some languages have.
func languageMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "replicated-finds-methods-that-every-object-has", KilledBy: "CORE-CMD-003", Message: "__proto__ reply 1",
			Defect: onRequests(func(_ *activation, in *request) {
				if inherited(in.GetCommand().GetName()) {
					in.GetCommand().Name = "Process"
				}
			}),
		},
		{
			Name: "replicated-finds-services-that-every-object-has", KilledBy: "REP-INIT-007", Message: "nothing within",
			Defect: onRequests(func(_ *activation, in *request) {
				if inherited(in.GetInit().GetServiceName()) {
					in.GetInit().ServiceName = modelService
				}
			}),
		},
		{
			Name: "finds-elements-that-every-object-has", KilledBy: "REP-GSET-001", Message: "got reply 1 gset []",
			MayAlsoFail: []string{"replicated/orset/inherited-names", "replicated-maps/pncountermap/inherited-names"},
			Defect:      onRequests(func(_ *activation, in *request) { asking(in, withoutInherited) }),
		},
		{
			Name: "composes-text", KilledBy: "REP-EQ-002", Message: `got reply 1 orset ["ä"]`,
			Defect: onRequests(func(_ *activation, in *request) {
				asking(in, func(all []*tckreplicatedv1.RequestAction) []*tckreplicatedv1.RequestAction {
					for _, one := range all {
						if add, ok := one.GetUpdate().GetOrset().GetAction().(*tckreplicatedv1.ORSetUpdate_Add); ok && add.Add == "a\u0308" {
							add.Add = "ä"
						}
					}
					return all
				})
			}),
		},
		{
			Name: "sorts-by-units-of-utf-16", KilledBy: "REP-EQ-002", Message: `got reply 1 orset ["🛒", "～"]`,
			Defect: onStates(func(state *tckreplicatedv1.State) {
				slices.SortFunc(state.GetOrset().GetElements(), func(a, b string) int {
					return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
				})
			}),
		},
		{
			Name: "counts-in-doubles", KilledBy: "REP-PNMAP-002", Message: "9007199254740992",
			Defect: onStates(func(state *tckreplicatedv1.State) {
				for _, entry := range state.GetPncounterMap().GetEntries() {
					entry.GetCounter().Value = int64(float64(entry.GetCounter().GetValue()))
				}
			}),
		},
		{
			Name: "replicated-keeps-deadlines-in-32-bits", KilledBy: "REP-STREAM-001", Message: "too late",
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
			Name: "replicated-takes-small-messages-only", KilledBy: "CORE-LIMIT-001", Message: "ResourceExhausted",
			MayAlsoFail: []string{"replicated/limits/"},
			Defect: func() defect.Instance {
				return defect.Instance{Options: []grpc.ServerOption{grpc.MaxRecvMsgSize(1 << 20)}}
			},
		},
	}
}

func inherited(name string) bool { return slices.Contains(script.Inherited(), name) }

// withoutInherited takes an element, or a key, with an inherited name for one that is
// there already.
func withoutInherited(all []*tckreplicatedv1.RequestAction) []*tckreplicatedv1.RequestAction {
	return slices.DeleteFunc(all, func(one *tckreplicatedv1.RequestAction) bool {
		update := one.GetUpdate()
		return inherited(update.GetGset().GetAdd()) || inherited(update.GetOrset().GetAdd()) ||
			inherited(update.GetPncounterMap().GetUpdate().GetKey())
	})
}

// onStates is the defect that shows another value than the entity has.
func onStates(change func(*tckreplicatedv1.State)) defect.Defect {
	return onReplies(func(reply *replicatedv1.ReplicatedReply) {
		var shown tckreplicatedv1.ProcessResponse
		payload := reply.GetClientAction().GetReply().GetPayload()
		if payload.UnmarshalTo(&shown) == nil {
			change(shown.GetState())
			payload.Value = pack(&shown).GetValue()
		}
	})
}
