package action

import (
	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	"github.com/stateward/stateward/tck/engine"
	tckactionv1 "github.com/stateward/stateward/tck/gen/stateward/tck/action/v1"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

// refusals are the cases on calls of what the function does not serve.
func refusals() []engine.Case {
	calls := all()
	var cases []engine.Case
	for i, name := range order {
		c, other := calls[name], calls[order[(i+1)%len(order)]]
		for _, first := range []struct {
			name, service, method string
		}{
			{"unknown-service", "stateward.tck.NoSuchService", c.method},
			{"no-service", "", c.method},
			{"unknown-method", modelService, "NoSuchMethod"},
			{"no-method", modelService, ""},
			{"method-of-another-shape", modelService, other.method},
			{"method-of-another-service", twoService, c.method},
		} {
			command := &actionv1.ActionCommand{ServiceName: first.service, Name: first.method}
			if !c.streamsIn {
				command.Payload = request(group(reply("A")))
			}
			cases = append(cases, engine.Case{
				ID:           "action/" + name + "/" + first.name,
				Requirements: []string{"ACT-CALL-004"},
				Script:       []engine.Step{c.openedBy(command), c.halfClose(), c.refused(), c.served()},
			})
		}
	}
	return append(cases, engine.Case{
		ID:           "action/unary/inherited-names",
		Requirements: []string{"ACT-CALL-004"},
		Script:       inheritedNames(calls["unary"]),
	})
}

// inheritedNames makes a call of each method, and of each service, that a lookup may find
// by mistake.
func inheritedNames(c call) []engine.Step {
	var lines []engine.Step
	for _, name := range script.Inherited() {
		for _, first := range []*actionv1.ActionCommand{
			{ServiceName: modelService, Name: name},
			{ServiceName: name, Name: c.method},
		} {
			first.Payload = request(group(reply("A")))
			lines = append(lines, c.openedBy(first), c.halfClose(), c.refused())
		}
	}
	return append(lines, c.served())
}

// requests are the cases on requests, in calls of each shape.
func requests() []engine.Case {
	foreign := targeted("x")
	misspelt := peer.PackMisspelt(&tckactionv1.ProcessRequest{Groups: []*tckGroup{group(reply("?"))}})
	bad := []struct {
		name    string
		payload *anypb.Any
	}{
		{"no-payload", nil},
		{"untyped-payload", &anypb.Any{}},
		{"foreign-payload", foreign},
		{"garbled-payload", &anypb.Any{TypeUrl: request().GetTypeUrl(), Value: []byte{0xff, 0xff, 0xff}}},
		{"payload-that-is-not-utf-8", misspelt},
	}
	calls := all()
	var cases []engine.Case
	for _, name := range order {
		c := calls[name]
		for _, b := range bad {
			cases = append(cases, engine.Case{
				ID:           "action/" + name + "/" + b.name,
				Requirements: []string{"ACT-REQ-005"},
				Script:       []engine.Step{c.givenWith(b.payload), c.refused(), c.served()},
			})
		}
		cases = append(cases, engine.Case{
			ID:           "action/" + name + "/unknown-fields",
			Requirements: []string{"ACT-REQ-006"},
			Script:       append(c.fromLater(group(reply("A"))), c.replies("A"), c.ended()),
		})
	}
	return append(cases, laterRequests()...)
}

// fromLater gives the call one request as a proxy of a later version does, from a caller
// of one.
func (c call) fromLater(groups ...*tckGroup) []engine.Step {
	if !c.streamsIn {
		return []engine.Step{c.openedBy(later(c.first(request(groups...)))), c.halfClose()}
	}
	return []engine.Step{
		c.openedBy(later(c.first(nil))),
		c.sends(later(&actionv1.ActionCommand{Payload: request(groups...)})),
		c.halfClose(),
	}
}

// laterRequests are the cases on what stands in a later command besides its request.
func laterRequests() []engine.Case {
	var cases []engine.Case
	for _, name := range []string{"streamed-in", "streamed"} {
		c := all()[name]
		again := accompanied(&actionv1.ActionCommand{
			ServiceName: twoService, Name: "Call", Payload: request(group(reply("A"))),
		})
		cases = append(cases,
			engine.Case{
				ID:           "action/" + name + "/later-names-and-metadata",
				Requirements: []string{"ACT-REQ-004"},
				Script:       []engine.Step{c.opened(), c.sends(again), c.halfClose(), c.replies("A"), c.ended()},
			},
			engine.Case{
				ID:           "action/" + name + "/later-request-that-cannot-be-read",
				Requirements: []string{"ACT-REQ-005"},
				Script: []engine.Step{
					c.opened(), c.requested(), c.offers(&actionv1.ActionCommand{Payload: targeted("x")}), c.halfClose(),
					c.refused(), c.served(),
				},
			})
	}
	return cases
}

// targeted is a request for the target of forwards and side effects, packed.
func targeted(id string) *anypb.Any {
	return peer.Pack(&tckactionv1.ActionTwoServiceCallRequest{Id: id})
}
