package action

import (
	"strconv"

	"github.com/stateward/stateward/tck/engine"
	tckactionv1 "github.com/stateward/stateward/tck/gen/stateward/tck/action/v1"
)

// Each shape as such.
func shapes() []engine.Case {
	var cases []engine.Case
	calls := all()
	for _, name := range order {
		cases = append(cases, engine.Case{
			ID:           "action/" + name + "/served",
			Requirements: []string{"ACT-DISC-001"},
			Script:       []engine.Step{calls[name].served(), calls[name].served()},
		})
	}
	return cases
}

// streamedIns are the cases on calls with a stream of requests and one response.
func streamedIns() []engine.Case {
	s := streamedIn
	joined := []string{asynchronous("a"), synchronous("b"), asynchronous("c"), asynchronous("d")}
	// of gives the call three requests, the first of which asks for an answer.
	of := func(answer ...*tckactionv1.ProcessStep) []engine.Step {
		return []engine.Step{
			s.opened(),
			s.requested(group(append(answer, effect("a", false))...)),
			s.requested(group(effect("b", true))),
			s.requested(group(effect("c", false), effect("d", false))),
			s.halfClose(),
		}
	}
	plain := func(answer ...*tckactionv1.ProcessStep) []engine.Step {
		return []engine.Step{s.opened(), s.requested(group(answer...)), s.halfClose()}
	}
	build := func(name, requirement string, script []engine.Step, answer line) engine.Case {
		return engine.Case{
			ID: "action/streamed-in/" + name, Requirements: []string{requirement},
			Cloudstate: []string{"action/streamed-in/" + name},
			Script:     append(script, answer, s.ended(), s.served()),
		}
	}
	return []engine.Case{
		build("reply", "ACT-ANSWER-001", plain(reply("one")), s.replies("one")),
		build("reply-with-effects", "ACT-ANSWER-002", of(reply("one")), s.replies("one", joined...)),
		build("no-requests", "ACT-OPEN-004", []engine.Step{s.opened(), s.halfClose()}, s.silent()),
		build("no-reply", "ACT-ANSWER-001", plain(), s.silent()),
		build("no-reply-with-effects", "ACT-ANSWER-009", of(), s.silent(joined...)),
		build("forward", "ACT-ANSWER-001", plain(forward("one")), s.forwards("one")),
		build("forward-with-effects", "ACT-ANSWER-002", of(forward("one")), s.forwards("one", joined...)),
		build("failure", "ACT-FAIL-001", plain(fail("one")), s.fails("one")),
		build("failure-with-effects", "ACT-FAIL-001", of(fail("one")), s.fails("one", joined...)),
		{
			ID: "action/streamed-in/the-last-counts", Requirements: []string{"ACT-REQ-003"},
			Script: []engine.Step{
				s.opened(), s.requested(group(reply("A"))), s.requested(group(fail("no"))), s.requested(group(reply("B"))), s.requested(),
				s.halfClose(), s.replies("B"), s.ended(),
			},
		},
		{
			ID: "action/streamed-in/effects-in-order", Requirements: []string{"ACT-REQ-003"},
			Script: []engine.Step{
				s.opened(), s.requested(group(effect("z", false))), s.requested(group(effect("x", true)), group(effect("y", false))),
				s.requested(group(reply("A"))), s.requested(group(effect("w", false))), s.halfClose(),
				s.replies("A", asynchronous("z"), synchronous("x"), asynchronous("y"), asynchronous("w")), s.ended(),
			},
		},
		{
			ID: "action/streamed-in/hundred-requests", Requirements: []string{"ACT-REQ-003"},
			Script: append(append([]engine.Step{s.opened()}, requestedTimes(s, 100)...), s.halfClose(), s.replies("100"), s.ended()),
		},
	}
}

// requestedTimes sends n requests, each of which asks for its number as the reply.
func requestedTimes(c call, n int) []engine.Step {
	var lines []engine.Step
	for i := range n {
		lines = append(lines, c.requested(group(reply(strconv.Itoa(i+1)))))
	}
	return lines
}

// four are four groups that ask for the same kind of answer, with the side effects that
// [following] has; their answers follow.
func four(kind int, c call) (groups []*tckGroup, answers []engine.Step) {
	for _, more := range following {
		groups = append(groups, group(steps(kinds[kind].steps, more.steps)...))
		answers = append(answers, kinds[kind].want(c, more.want...))
	}
	return groups, answers
}

// streamedOuts are the cases on calls with one request and a stream of responses.
func streamedOuts() []engine.Case {
	s := streamedOut
	var cases []engine.Case
	for i, kind := range kinds {
		groups, answers := four(i, s)
		cases = append(cases, engine.Case{
			ID: "action/streamed-out/" + kind.name, Requirements: []string{kind.effects},
			Cloudstate: []string{"action/streamed-out/" + kind.name},
			Script:     append(append([]engine.Step{s.asked(groups...)}, answers...), s.ended()),
		})
	}
	return append(cases,
		engine.Case{
			ID: "action/streamed-out/no-groups", Requirements: []string{"ACT-END-002"},
			Script: []engine.Step{s.asked(), s.ended(), s.served()},
		},
		engine.Case{
			ID: "action/streamed-out/a-failure-among-replies", Requirements: []string{"ACT-FAIL-001"},
			Script: []engine.Step{
				s.asked(group(reply("A")), group(fail("no")), group(reply("B"))),
				s.replies("A"), s.fails("no"), s.cancelled(),
				s.served(),
			},
		},
		engine.Case{
			ID: "action/streamed-out/effects-stay-with-their-response", Requirements: []string{"ACT-ANSWER-002"},
			Script: []engine.Step{
				s.asked(group(effect("x", false)), group(reply("A")), group(effect("y", true), reply("B")), group()),
				s.silent(asynchronous("x")), s.replies("A"), s.replies("B", synchronous("y")), s.silent(), s.ended(),
			},
		},
	)
}

// dialogues are the cases on calls with a stream of requests and one of responses.
func dialogues() []engine.Case {
	s := streamed
	var cases []engine.Case
	for i, kind := range kinds {
		script := []engine.Step{s.opened()}
		groups, answers := four(i, s)
		for j, group := range groups {
			script = append(script, s.requested(group), answers[j])
		}
		script = append(script, s.requested(groups[0], groups[1]), answers[0], answers[1])
		cases = append(cases, engine.Case{
			ID: "action/streamed/" + kind.name, Requirements: []string{kind.effects},
			Cloudstate: []string{"action/streamed/" + kind.name},
			Script:     append(script, s.halfClose(), s.ended()),
		})
	}
	rounds := []engine.Step{s.opened()}
	for i := range 10 {
		message := strconv.Itoa(i + 1)
		rounds = append(rounds, s.requested(group(reply(message))), s.replies(message))
	}
	return append(cases,
		engine.Case{
			ID: "action/streamed/no-requests", Requirements: []string{"ACT-OPEN-004"},
			Script: []engine.Step{s.opened(), s.halfClose(), s.ended(), s.served()},
		},
		engine.Case{
			ID: "action/streamed/ten-rounds", Requirements: []string{"ACT-REQ-003"},
			Script: append(rounds, s.halfClose(), s.ended()),
		},
		engine.Case{
			ID: "action/streamed/several-requests-at-once", Requirements: []string{"ACT-REQ-003"},
			Script: []engine.Step{
				s.opened(),
				s.requested(group(reply("A"))), s.requested(group(reply("B")), group(reply("C"))), s.requested(), s.requested(group(reply("D"))),
				s.replies("A"), s.replies("B"), s.replies("C"), s.replies("D"),
				s.halfClose(), s.ended(),
			},
		},
		engine.Case{
			ID: "action/streamed/effects-stay-with-their-response", Requirements: []string{"ACT-ANSWER-002"},
			Script: []engine.Step{
				s.opened(),
				s.requested(group(effect("x", false))), s.silent(asynchronous("x")),
				s.requested(group(reply("A"))), s.replies("A"),
				s.requested(group(reply("B"), effect("y", true)), group(reply("C"))), s.replies("B", synchronous("y")), s.replies("C"),
				s.halfClose(), s.ended(),
			},
		},
	)
}
