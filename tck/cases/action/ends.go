package action

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/script"
)

// endings are the cases on what comes after the half-close.
func endings() []engine.Case {
	s := streamed
	end := []string{"ACT-END-002"}
	return []engine.Case{
		{
			ID: "action/streamed/half-close-after-answers", Requirements: end,
			Script: []engine.Step{
				s.opened(), s.requested(group(reply("A"))), s.replies("A"), s.requested(), s.requested(group(reply("B"))), s.replies("B"),
				s.halfClose(), s.ended(),
			},
		},
		{
			ID: "action/streamed/half-close-before-answers", Requirements: end,
			Script: []engine.Step{
				s.opened(), s.requested(group(reply("A")), group(reply("B"))), s.requested(group(reply("C"))), s.halfClose(),
				s.replies("A"), s.replies("B"), s.replies("C"), s.ended(),
			},
		},
		{
			ID: "action/streamed/half-close-after-a-request-without-groups", Requirements: end,
			Script: []engine.Step{s.opened(), s.requested(), s.halfClose(), s.ended(), s.served()},
		},
		{
			ID: "action/streamed-out/half-close-with-the-request", Requirements: end,
			Script: []engine.Step{streamedOut.asked(group(reply("A")), group(reply("B"))), streamedOut.replies("A"), streamedOut.replies("B"), streamedOut.ended()},
		},
		{
			ID: "action/streamed-in/half-close-ends-the-requests", Requirements: end,
			Script: []engine.Step{
				streamedIn.opened(), streamedIn.requested(group(effect("x", false))), streamedIn.requested(group(reply("A"))), streamedIn.halfClose(),
				streamedIn.replies("A", asynchronous("x")), streamedIn.ended(),
			},
		},
	}
}

// together are the cases on what one call means for another.
func together() []engine.Case {
	a, b := streamed.named("a"), streamed.named("b")
	in, out, one := streamedIn.named("in"), streamedOut.named("out"), unary.named("one")
	apart := []string{"ACT-CALL-003"}
	return []engine.Case{
		{
			ID: "action/calls/two-dialogues", Requirements: apart,
			Script: []engine.Step{
				a.opened(), b.opened(),
				a.requested(group(reply("A"))), b.requested(group(reply("B"), effect("x", false))),
				b.replies("B", asynchronous("x")), a.replies("A"),
				a.halfClose(), a.ended(),
				b.requested(group(reply("C"))), b.replies("C"), b.halfClose(), b.ended(),
			},
		},
		{
			ID: "action/calls/two-with-one-response", Requirements: apart,
			Script: []engine.Step{
				in.opened(), b.opened(),
				in.requested(group(effect("x", false))), b.requested(group(effect("y", false))), b.silent(asynchronous("y")),
				in.requested(group(reply("A"))), b.halfClose(), b.ended(),
				in.halfClose(), in.replies("A", asynchronous("x")), in.ended(),
			},
		},
		{
			ID: "action/calls/one-of-each-shape-at-once", Requirements: apart,
			Script: []engine.Step{
				a.opened(), in.opened(), out.asked(group(reply("O"))), one.asked(group(reply("U"))),
				in.requested(group(reply("I"))), a.requested(group(reply("A"))),
				one.replies("U"), one.ended(), a.replies("A"), out.replies("O"), out.ended(),
				in.halfClose(), in.replies("I"), in.ended(), a.halfClose(), a.ended(),
			},
		},
		{
			ID: "action/calls/a-failure-concerns-one-call", Requirements: apart,
			Script: []engine.Step{
				a.opened(), b.opened(), a.requested(group(fail("no"))), a.fails("no"), a.cancelled(),
				b.requested(group(reply("B"))), b.replies("B"), b.halfClose(), b.ended(),
			},
		},
		{
			ID: "action/calls/a-refusal-concerns-one-call", Requirements: apart,
			Script: []engine.Step{
				b.opened(), one.askedWith(targeted("x")), one.refused(),
				b.requested(group(reply("B"))), b.replies("B"), b.halfClose(), b.ended(),
			},
		},
		{ID: "action/calls/hundreds-at-once", Requirements: apart, Script: crowded()},
	}
}

// crowded makes more calls than a function has that gives each a thread of a small pool.
func crowded() []engine.Step {
	return script.Crowd(discovery.Announce(), func(number int) script.Member {
		name := strconv.Itoa(number)
		c := streamed.named(name)
		return script.Member{Opens: c.opened(), Asks: c.requested(group(reply(name))), Answered: c.replies(name)}
	})
}

// cancels are the cases on calls that the proxy breaks off, in every order.
func cancels() []engine.Case {
	in, out, s := streamedIn, streamedOut, streamed
	after := func(name string, c call, script ...engine.Step) engine.Case {
		return engine.Case{
			ID: "action/cancel/" + name, Requirements: []string{"ACT-CANCEL-004"},
			Script: append(script, c.cancelled(), c.served(), unary.named("after").served()),
		}
	}
	return []engine.Case{
		after("unary-before-the-answer", unary, unary.asked(group(reply("A")))),
		after("unary-before-the-half-close", unary, unary.openedBy(unary.first(request(group(reply("A")))))),
		after("streamed-in-before-a-request", in, in.opened()),
		after("streamed-in-after-a-request", in, in.opened(), in.requested(group(reply("A")))),
		after("streamed-in-after-the-half-close", in, in.opened(), in.requested(group(reply("A"))), in.halfClose()),
		after("streamed-out-before-an-answer", out, out.asked(group(reply("A")), group(reply("B")))),
		after("streamed-out-among-answers", out, out.asked(group(reply("A")), group(reply("B")), group(reply("C"))), out.replies("A")),
		after("streamed-before-a-request", s, s.opened()),
		after("streamed-before-an-answer", s, s.opened(), s.requested(group(reply("A")))),
		after("streamed-after-an-answer", s, s.opened(), s.requested(group(reply("A"))), s.replies("A")),
		after("streamed-after-the-half-close", s, s.opened(), s.requested(group(reply("A"))), s.halfClose()),
	}
}

// Of a call that the proxy does not read: so many responses, of so many bytes each, are
// more than the kit takes ahead, which is some frames and peer.Window bytes.
const (
	unread     = 50
	unreadSize = 1 << 14
)

// flows are the cases on calls in which one side waits for the other.
func flows() []engine.Case {
	stalled := streamedOut.named("stalled")
	large := strings.Repeat("x", unreadSize)
	groups := slices.Repeat([]*tckGroup{group(reply(large))}, unread)
	many := slices.Repeat([]*tckGroup{group(reply("A"))}, 300)
	flow := []string{"ACT-FLOW-003"}
	script := []engine.Step{stalled.asked(groups...)}
	for _, name := range order {
		script = append(script, all()[name].named(name).served())
	}
	return []engine.Case{
		{
			ID: "action/flow/a-call-that-is-not-read", Requirements: flow,
			Script: append(script, stalled.repliesTimes(unread, large), stalled.ended()),
		},
		{
			ID: "action/flow/two-calls-that-are-not-read", Requirements: flow,
			Script: []engine.Step{
				stalled.asked(groups...), stalled.named("too").asked(groups...),
				unary.served(),
				stalled.named("too").repliesTimes(unread, large), stalled.named("too").ended(),
				stalled.repliesTimes(unread, large), stalled.ended(),
			},
		},
		{
			ID: "action/flow/many-responses", Requirements: []string{"ACT-END-002"},
			Script: []engine.Step{streamedOut.asked(many...), streamedOut.repliesTimes(len(many), "A"), streamedOut.ended()},
		},
		{
			ID: "action/flow/cancelled-while-it-is-not-read", Requirements: []string{"ACT-CANCEL-004"},
			Script: []engine.Step{stalled.asked(groups...), stalled.replies(large), stalled.cancelled(), unary.served(), streamedOut.served()},
		},
	}
}
