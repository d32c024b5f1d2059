package mutant

import (
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/stateward/stateward/tck/mutant/defect"
)

// ruleMutants have a rule for HTTP that no proxy can serve.
func ruleMutants() []defect.Mutant {
	return []defect.Mutant{
		{
			Name: "has-a-rule-without-pattern", KilledBy: "HTTP-RULE-004", Message: "it has no pattern",
			Defect: ruling(func(rule *annotations.HttpRule) { rule.Pattern = nil }),
		},
		{
			Name: "has-an-open-variable", KilledBy: "HTTP-RULE-004", Message: "a { is not closed",
			Defect: ruling(posting("/tck/{id")),
		},
		{
			Name: "has-a-variable-of-no-field", KilledBy: "HTTP-RULE-005", Message: `has no field "nothing"`,
			Defect: ruling(posting("/tck/{nothing}")),
		},
		{
			Name: "has-a-message-as-variable", KilledBy: "HTTP-RULE-005", Message: "is repeated",
			Defect: ruling(posting("/tck/{actions}")),
		},
		{
			Name: "has-a-body-of-no-field", KilledBy: "HTTP-RULE-006", Message: `no field "nothing" for the body`,
			Defect: ruling(func(rule *annotations.HttpRule) { rule.Body = "nothing" }),
		},
		{
			Name: "has-a-body-where-a-variable-goes", KilledBy: "HTTP-RULE-006", Message: `its body "id" is where {id} goes`,
			Defect: ruling(func(rule *annotations.HttpRule) { rule.Body = "id" }),
		},
		{
			Name: "has-a-response-body-of-no-field", KilledBy: "HTTP-RULE-007", Message: `no field "nothing" for the response's body`,
			Defect: ruling(func(rule *annotations.HttpRule) { rule.ResponseBody = "nothing" }),
		},
		{
			Name: "nests-bindings", KilledBy: "HTTP-RULE-008", Message: "is an additional binding",
			Defect: ruling(func(rule *annotations.HttpRule) {
				inner := &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: "/inner"}}
				outer := &annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: "/outer"}, AdditionalBindings: []*annotations.HttpRule{inner}}
				rule.AdditionalBindings = []*annotations.HttpRule{outer}
			}),
		},
		{
			Name: "has-two-bindings-of-one-route", KilledBy: "HTTP-RULE-009", Message: "have one route",
			Defect: ruling(func(rule *annotations.HttpRule) {
				rule.AdditionalBindings = []*annotations.HttpRule{{
					Pattern: &annotations.HttpRule_Post{Post: "/tck/{id}"},
				}, {
					Pattern: &annotations.HttpRule_Post{Post: "/tck/*"},
				}}
			}),
		},
		{
			Name: "takes-a-default-route", KilledBy: "HTTP-RULE-009", Message: "has the default route of",
			Defect: ruling(posting("/stateward.tck.eventsourced.v1.EventSourcedTwoService/Call")),
		},
	}
}

// posting makes a rule one for POST and the path.
func posting(path string) func(*annotations.HttpRule) {
	return func(rule *annotations.HttpRule) { rule.Pattern = &annotations.HttpRule_Post{Post: path} }
}

// ruling changes the first rule of the event sourced model.
func ruling(change func(*annotations.HttpRule)) defect.Defect {
	return describing(func(set *descriptorpb.FileDescriptorSet) {
		for _, file := range set.GetFile() {
			if file.GetPackage() == "stateward.tck.eventsourced.v1" {
				options := file.GetService()[0].GetMethod()[0].GetOptions()
				rule, _ := proto.GetExtension(options, annotations.E_Http).(*annotations.HttpRule)
				change(rule)
				proto.SetExtension(options, annotations.E_Http, rule)
			}
		}
	})
}
