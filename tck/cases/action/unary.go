package action

import (
	"strings"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/tck/engine"
	tckactionv1 "github.com/stateward/stateward/tck/gen/stateward/tck/action/v1"
)

// following are the side effects that the cases add to an answer, with what they are on
// the wire.
var following = []struct {
	name  string
	steps []*tckactionv1.ProcessStep
	want  []string
}{
	{"plain", nil, nil},
	{"with-an-effect", []*tckactionv1.ProcessStep{effect("x", false)}, []string{asynchronous("x")}},
	{"with-a-synchronous-effect", []*tckactionv1.ProcessStep{effect("x", true)}, []string{synchronous("x")}},
	{
		"with-three-effects",
		[]*tckactionv1.ProcessStep{effect("z", false), effect("x", false), effect("y", false)},
		[]string{asynchronous("z"), asynchronous("x"), asynchronous("y")},
	},
}

// kinds are the kinds of answer, each with the step that asks for it, which is none for
// an answer without a case, and the expectation.
var kinds = []struct {
	name  string
	steps []*tckactionv1.ProcessStep
	want  func(c call, effects ...string) line
	// plain is the requirement of the answer by itself, effects that of one with side
	// effects.
	plain, effects string
}{
	{
		"reply",
		[]*tckactionv1.ProcessStep{reply("one")},
		func(c call, effects ...string) line { return c.replies("one", effects...) },
		"ACT-ANSWER-001", "ACT-ANSWER-002",
	},
	{"no-reply", nil, call.silent, "ACT-ANSWER-001", "ACT-ANSWER-009"},
	{
		"forward",
		[]*tckactionv1.ProcessStep{forward("one")},
		func(c call, effects ...string) line { return c.forwards("one", effects...) },
		"ACT-ANSWER-001", "ACT-ANSWER-002",
	},
	{
		"failure",
		[]*tckactionv1.ProcessStep{fail("one")},
		func(c call, effects ...string) line { return c.fails("one", effects...) },
		"ACT-FAIL-001", "ACT-FAIL-001",
	},
}

// unaries are the cases on calls with one request and one response.
func unaries() []engine.Case {
	var cases []engine.Case
	for _, kind := range kinds {
		for i, more := range following {
			cites := kind.effects
			if i == 0 {
				cites = kind.plain
			}
			id := kind.name + "/" + more.name
			cases = append(cases, engine.Case{
				ID:           "action/unary/" + id,
				Requirements: []string{cites},
				Cloudstate:   []string{"action/unary/" + id},
				Script: []engine.Step{
					unary.asked(group(steps(kind.steps, more.steps)...)), kind.want(unary, more.want...), unary.ended(),
					unary.served(), // an empty answer to everything is none
				},
			})
		}
	}
	return append(cases, combinations()...)
}

func steps(first, then []*tckactionv1.ProcessStep) []*tckactionv1.ProcessStep {
	return append(append([]*tckactionv1.ProcessStep{}, first...), then...)
}

// combinations are the cases on calls that ask for more than one thing.
func combinations() []engine.Case {
	cases := []engine.Case{
		{
			ID: "action/unary/the-last-counts", Requirements: []string{"ACT-ANSWER-001"},
			Script: []engine.Step{
				unary.asked(group(fail("no"), forward("x"), reply("A"))), unary.replies("A"), unary.ended(),
				unary.asked(group(reply("A"), forward("x"))), unary.forwards("x"), unary.ended(),
				unary.asked(group(reply("A"), fail("no"))), unary.fails("no"), unary.ended(),
			},
		},
		{
			ID: "action/unary/all-groups", Requirements: []string{"ACT-ANSWER-002"},
			Script: []engine.Step{
				unary.asked(group(effect("x", false), reply("A")), group(), group(effect("y", true)), group(effect("z", false), reply("B"))),
				unary.replies("B", asynchronous("x"), synchronous("y"), asynchronous("z")),
				unary.ended(),
			},
		},
		{
			ID: "action/unary/effects-before-the-answer", Requirements: []string{"ACT-ANSWER-002"},
			Script: []engine.Step{
				unary.asked(group(effect("x", false), effect("y", false), forward("z"))),
				unary.forwards("z", asynchronous("x"), asynchronous("y")), unary.ended(),
			},
		},
		{
			ID: "action/unary/metadata", Requirements: []string{"ACT-ANSWER-001"},
			Script: []engine.Step{
				unary.openedBy(accompanied(unary.first(request(group(reply("A")))))), unary.halfClose(),
				unary.replies("A"), unary.ended(),
			},
		},
		{
			ID: "action/unary/no-groups", Requirements: []string{"ACT-ANSWER-001"},
			Script: []engine.Step{unary.asked(), unary.silent(), unary.ended(), unary.served()},
		},
		{
			ID: "action/unary/the-target", Requirements: []string{"ACT-ANSWER-001"},
			Script: []engine.Step{
				unary.openedBy(&actionv1.ActionCommand{ServiceName: twoService, Name: "Call", Payload: targeted("x")}), unary.halfClose(),
				unary.replies(""), unary.ended(),
			},
		},
	}
	for _, d := range []struct{ name, description string }{
		{"empty", ""},
		{"unicode", "Grüße: αδύνατο 🚫"},
		{"punctuation", "100% \"no\"\n\tline two {0} %s \\"},
		{"long", strings.Repeat("no ", 1000)},
	} {
		cases = append(cases, engine.Case{
			ID:           "action/failures/description-" + d.name,
			Requirements: []string{"ACT-FAIL-001"},
			Script: []engine.Step{
				unary.given(group(fail(d.description))), unary.fails(d.description), unary.ended(),
				streamed.opened(), streamed.requested(group(fail(d.description))), streamed.fails(d.description),
				streamed.cancelled(),
			},
		})
	}
	return cases
}

// accompanied gives a command whatever metadata may come with one.
func accompanied(command *actionv1.ActionCommand) *actionv1.ActionCommand {
	command.Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		text("x-colour", "red"), text("x-colour", "green"), text("x-empty", ""),
		{Key: "x-raw-bin", Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte{0, 0xff}}},
		text("ce-id", "7"), text("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
		{Key: "x-without-a-case"},
	}}
	return command
}
