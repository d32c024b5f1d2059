package action

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
)

// forwards are the cases on forwards, of which an action's are those of any reply.
func forwards() []engine.Case {
	calls := all()
	var cases []engine.Case
	for _, name := range order {
		c := calls[name]
		cases = append(cases, engine.Case{
			ID: "action/forwards/" + name, Requirements: []string{"FX-FWD-001"},
			Script: []engine.Step{c.given(group(forward("x"))), c.forwards("x"), c.ended()},
		})
	}
	return append(cases, engine.Case{
		ID: "action/forwards/with-an-effect", Requirements: []string{"FX-FWD-001"},
		Script: []engine.Step{unary.given(group(forward("x"), effect("y", false))), unary.forwards("x", asynchronous("y")), unary.ended()},
	})
}

// sideEffects are the cases on side effects.
func sideEffects() []engine.Case {
	calls := all()
	var cases []engine.Case
	for _, name := range order {
		c := calls[name]
		cases = append(cases,
			engine.Case{
				ID: "action/effects/" + name + "-in-order", Requirements: []string{"FX-EFF-001"},
				Script: []engine.Step{
					c.given(group(effect("z", false), reply("A"), effect("x", false), effect("y", false))),
					c.replies("A", asynchronous("z"), asynchronous("x"), asynchronous("y")), c.ended(),
				},
			},
			engine.Case{
				ID: "action/effects/" + name + "-synchronous", Requirements: []string{"FX-EFF-002"},
				Script: []engine.Step{
					c.given(group(reply("A"), effect("x", true), effect("y", false), effect("z", true))),
					c.replies("A", synchronous("x"), asynchronous("y"), synchronous("z")), c.ended(),
				},
			})
	}
	return cases
}

// conventions are the cases on what a response holds, and how it is packed.
func conventions() []engine.Case {
	calls := all()
	var cases []engine.Case
	for _, name := range order {
		c := calls[name]
		cases = append(cases, engine.Case{
			ID: "action/" + name + "/reply-type", Requirements: []string{"CORE-CMD-006"},
			Script: []engine.Step{c.given(group(reply("A"))), c.replies("A"), c.ended()},
		})
	}
	target := call{wire: unary.wire}.named("target")
	return append(cases,
		engine.Case{
			ID: "action/unary/reply-type-of-the-target", Requirements: []string{"CORE-CMD-006"},
			Script: []engine.Step{
				target.openedBy(&actionv1.ActionCommand{ServiceName: twoService, Name: "Call", Payload: targeted("x")}),
				target.halfClose(), target.replies(""), target.ended(),
			},
		},
		engine.Case{
			ID: "action/payloads/packed-under-the-usual-prefix", Requirements: []string{"CORE-PAYLOAD-003"}, Level: engine.Should,
			Script: []engine.Step{
				unary.given(group(reply("A"), effect("x", false))), unary.packedAsUsual(answer{replied(`"A"`), []string{asynchronous("x")}}), unary.ended(),
				unary.given(group(forward("x"))), unary.packedAsUsual(answer{"forward " + modelTarget("x"), nil}), unary.ended(),
			},
		},
		engine.Case{
			ID: "action/payloads/read-under-any-prefix", Requirements: []string{"CORE-PAYLOAD-003"}, Level: engine.Should,
			Script: []engine.Step{
				unary.askedWith(elsewhere(request(group(reply("A"))))), unary.replies("A"), unary.ended(),
				streamed.opened(), streamed.sends(&actionv1.ActionCommand{Payload: elsewhere(request(group(reply("A"))))}), streamed.replies("A"),
				streamed.halfClose(), streamed.ended(),
			},
		})
}

// usualPrefix is what leads the type URL of a protobuf message.
const usualPrefix = "type.googleapis.com/"

// elsewhere returns the payload under a prefix of its own.
func elsewhere(payload *anypb.Any) *anypb.Any {
	name := strings.TrimPrefix(payload.GetTypeUrl(), usualPrefix)
	return &anypb.Any{TypeUrl: "types.example.com/tck/" + name, Value: payload.GetValue()}
}

// packedAsUsual expects the response, and every payload in it under the usual prefix.
func (c call) packedAsUsual(want answer) line {
	expected := want.String() + ", every payload under " + usualPrefix
	return line{
		Text: c.part.Label() + "←" + expected,
		Play: func(sc *scene) error {
			response, err := c.wire.Receive(sc, c.part, expected)
			if err != nil {
				return err
			}
			if got := readAnswer(response); !want.equal(got) {
				return c.part.Mismatch(expected, got.String())
			}
			for _, payload := range payloadsOf(response) {
				if !strings.HasPrefix(payload.GetTypeUrl(), usualPrefix) {
					return c.part.Mismatch(expected, "one under "+payload.GetTypeUrl())
				}
			}
			sc.Checked()
			return nil
		},
	}
}

func payloadsOf(response *actionv1.ActionResponse) []*anypb.Any {
	all := []*anypb.Any{response.GetReply().GetPayload(), response.GetForward().GetPayload()}
	for _, effect := range response.GetSideEffects() {
		all = append(all, effect.GetPayload())
	}
	return slices.DeleteFunc(all, func(payload *anypb.Any) bool { return payload == nil })
}

// mib is 1 MiB, in bytes.
const mib = 1 << 20

// limits are the cases on large messages.
func limits() []engine.Case {
	large := strings.Repeat("x", mib)
	return []engine.Case{
		{
			ID: "action/limits/command-of-4-mib", Requirements: []string{"CORE-LIMIT-001"},
			Script: []engine.Step{unary.askedOf(4*mib, group(reply("A"))), unary.replies("A"), unary.ended()},
		},
		{
			ID: "action/limits/command-as-large-as-announced", Requirements: []string{"CORE-LIMIT-007"},
			Script: []engine.Step{discovery.Ask(), unary.askedOfLargest(group(reply("A"))), unary.replies("A"), unary.ended()},
		},
		{
			ID: "action/limits/requests-of-1-mib", Requirements: []string{"CORE-LIMIT-001"},
			Script: []engine.Step{
				streamed.opened(), streamed.requested(group(reply(large))), streamed.replies(large),
				streamed.requested(group(reply(large))), streamed.replies(large), streamed.halfClose(), streamed.ended(),
			},
		},
	}
}
