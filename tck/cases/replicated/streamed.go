package replicated

import (
	"github.com/stateward/stateward/tck/engine"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// What a streamed command asks of the model.

// wanted is one thing that a streamed command asks.
type wanted func(*tckreplicatedv1.ProcessStreamedRequest)

func watching(all ...wanted) *tckreplicatedv1.ProcessStreamedRequest {
	asked := &tckreplicatedv1.ProcessStreamedRequest{}
	for _, one := range all {
		one(asked)
	}
	return asked
}

func atFirst(change *tckreplicatedv1.Update) wanted {
	return func(r *tckreplicatedv1.ProcessStreamedRequest) { r.InitialUpdate = change }
}

func atCancel(change *tckreplicatedv1.Update) wanted {
	return func(r *tckreplicatedv1.ProcessStreamedRequest) { r.CancelUpdate = change }
}

func until(state *tckreplicatedv1.State) wanted {
	return func(r *tckreplicatedv1.ProcessStreamedRequest) { r.EndState = state }
}

func having(all ...*tckreplicatedv1.Effect) wanted {
	return func(r *tckreplicatedv1.ProcessStreamedRequest) { r.Effects = all }
}

func saying(nothing bool) wanted {
	return func(r *tckreplicatedv1.ProcessStreamedRequest) { r.Empty = nothing }
}

// streamedCalls are the cases on streamed commands.
func streamedCalls() []engine.Case {
	s := counter
	five := delta.gcounter(5)
	return []engine.Case{
		{
			ID: "replicated/streamed/message-for-each-change", Requirements: []string{"REP-STREAM-001"},
			Cloudstate: []string{"replicated/streamed/message-per-change"},
			Script: []engine.Step{
				s.initFrom(five), s.watch(1, watching()), s.opened(1, value.gcounter(5)),
				s.process(2, change(ask.gcounter(1))),
				s.both(replied(2, value.gcounter(6), update(delta.gcounter(1))), streamed(1, value.gcounter(6))),
				s.delta(delta.gcounter(10)), s.streamed(1, value.gcounter(16)),
				s.process(3), s.reply(3, value.gcounter(16)),
				s.process(4, change(ask.gcounter(2))),
				s.both(replied(4, value.gcounter(18), update(delta.gcounter(2))), streamed(1, value.gcounter(18))),
				s.barrier(5, value.gcounter(18)),
			},
		},
		{
			ID: "replicated/streamed/initial-update", Requirements: []string{"REP-STREAM-001"},
			Script: []engine.Step{
				s.initFrom(five),
				s.watch(1, watching(atFirst(ask.gcounter(2)))), s.opened(1, value.gcounter(7), update(delta.gcounter(2))),
				s.barrier(2, value.gcounter(7)),
				s.delta(delta.gcounter(1)), s.streamed(1, value.gcounter(8)),
				s.barrier(3, value.gcounter(8)),
			},
		},
		{
			ID: "replicated/streamed/fails", Requirements: []string{"REP-STREAM-001", "REP-STREAM-002"},
			Script: []engine.Step{
				s.initFrom(five),
				s.watch(1, watching(atFirst(ask.pncounter(2)))), s.refused(1),
				s.goesOn(five, value.gcounter(5)),
				s.next([]*tckreplicatedv1.RequestAction{change(ask.gcounter(1))}, value.gcounter(6), update(delta.gcounter(1))),
			},
		},
		{
			ID: "replicated/streamed/open", Requirements: []string{"REP-STREAM-002"},
			Script: []engine.Step{
				s.initFrom(five), s.watch(1, watching()), s.opened(1, value.gcounter(5)),
				s.watch(2, watching(saying(true), until(value.gcounter(6)))),
				s.expects(unsaid(opened(2, nil))),
				s.delta(delta.gcounter(1)),
				s.both(streamed(1, value.gcounter(6)), unsaid(streamed(2, nil, ending()))),
				s.barrier(3, value.gcounter(6)),
			},
		},
		{
			ID: "replicated/streamed/not-asked-for", Requirements: []string{"REP-STREAM-003"},
			Script: []engine.Step{
				s.initFrom(five), s.watch(1, watching()), s.opened(1, value.gcounter(5)),
				s.barrier(2, value.gcounter(5)),
				s.process(3, change(ask.gcounter(1))),
				s.both(replied(3, value.gcounter(6), update(delta.gcounter(1))), streamed(1, value.gcounter(6))),
				s.barrier(4, value.gcounter(6)),
			},
		},
		{
			ID: "replicated/streamed/end-state", Requirements: []string{"REP-STREAM-004"},
			Cloudstate: []string{"replicated/streamed/end-state"},
			Script: []engine.Step{
				s.initFrom(five), s.watch(1, watching(until(value.gcounter(8)))), s.opened(1, value.gcounter(5)),
				s.delta(delta.gcounter(2)), s.streamed(1, value.gcounter(7)),
				s.process(2, change(ask.gcounter(1))),
				s.both(replied(2, value.gcounter(8), update(delta.gcounter(1))), streamed(1, value.gcounter(8), ending())),
				s.delta(delta.gcounter(10)), s.barrier(3, value.gcounter(18)),
				s.process(4, change(ask.gcounter(1))), s.reply(4, value.gcounter(19), update(delta.gcounter(1))),
				s.barrier(5, value.gcounter(19)), s.passivated(),
			},
		},
		{
			ID: "replicated/streamed/reply-does-not-end-it", Requirements: []string{"REP-STREAM-002"},
			Script: []engine.Step{
				s.initFrom(five), s.watch(1, watching(until(value.gcounter(5)))), s.opened(1, value.gcounter(5)),
				s.delta(delta.gcounter(1)), s.streamed(1, value.gcounter(6)),
				s.barrier(2, value.gcounter(6)),
			},
		},
		{
			ID: "replicated/streamed/two-calls", Requirements: []string{"REP-STREAM-004"},
			Script: []engine.Step{
				s.initFrom(five),
				s.watch(1, watching(until(value.gcounter(6)))), s.opened(1, value.gcounter(5)),
				s.watch(2, watching()), s.opened(2, value.gcounter(5)),
				s.delta(delta.gcounter(1)), s.both(streamed(1, value.gcounter(6), ending()), streamed(2, value.gcounter(6))),
				s.delta(delta.gcounter(1)), s.streamed(2, value.gcounter(7)),
				s.barrier(3, value.gcounter(7)),
			},
		},
		{
			ID: "replicated/streamed/a-call-changes-the-value", Requirements: []string{"REP-STREAM-001"},
			Script: []engine.Step{
				s.initFrom(five), s.watch(1, watching()), s.opened(1, value.gcounter(5)),
				s.watch(2, watching(atFirst(ask.gcounter(3)))),
				s.both(opened(2, value.gcounter(8), update(delta.gcounter(3))), streamed(1, value.gcounter(8))),
				s.barrier(3, value.gcounter(8)),
			},
		},
	}
}

// cancellations are the cases on streamed calls that end before the function ends them.
func cancellations() []engine.Case {
	s := counter
	five := delta.gcounter(5)
	return []engine.Case{
		{
			ID: "replicated/cancel/answered", Requirements: []string{"REP-CANCEL-003"}, Level: engine.Should,
			Script: []engine.Step{
				s.initFrom(five), s.watch(1, watching()), s.opened(1, value.gcounter(5)),
				s.cancel(1), s.cancelResponse(1),
				s.barrier(2, value.gcounter(5)),
			},
		},
		{
			ID: "replicated/cancel/after-the-end", Requirements: []string{"REP-CANCEL-003"}, Level: engine.Should,
			Script: []engine.Step{
				s.initFrom(five), s.watch(1, watching(until(value.gcounter(6)))), s.opened(1, value.gcounter(5)),
				s.delta(delta.gcounter(1)), s.streamed(1, value.gcounter(6), ending()),
				s.cancel(1), s.cancelResponse(1),
				s.barrier(2, value.gcounter(6)),
			},
		},
		{
			ID: "replicated/cancel/twice", Requirements: []string{"REP-CANCEL-003"}, Level: engine.Should,
			Script: []engine.Step{
				s.initFrom(five), s.watch(1, watching(atCancel(ask.gcounter(2)))), s.opened(1, value.gcounter(5)),
				s.cancel(1), s.cancelResponse(1, update(delta.gcounter(2))),
				s.cancel(1), s.cancelResponse(1),
				s.barrier(2, value.gcounter(7)),
			},
		},
		{
			ID: "replicated/cancel/answered-once", Requirements: []string{"REP-CANCEL-011"},
			Script: []engine.Step{
				s.initFrom(five), s.watch(1, watching(atCancel(ask.gcounter(2)))), s.opened(1, value.gcounter(5)),
				s.watch(2, watching(until(value.gcounter(6)))), s.opened(2, value.gcounter(5)),
				s.delta(delta.gcounter(1)), s.both(streamed(1, value.gcounter(6)), streamed(2, value.gcounter(6), ending())),
				s.barrier(3, value.gcounter(6)),
				s.cancel(1), s.cancelResponse(1, update(delta.gcounter(2))),
				s.barrier(4, value.gcounter(8)), s.passivated(),
			},
		},
		{
			ID: "replicated/cancel/with-an-update", Requirements: []string{"REP-CANCEL-005"},
			Cloudstate: []string{"replicated/streamed/cancel-with-update"},
			Script: []engine.Step{
				s.initFrom(five), s.watch(1, watching(atCancel(ask.gcounter(2)))), s.opened(1, value.gcounter(5)),
				s.cancel(1), s.cancelResponse(1, update(delta.gcounter(2))),
				s.process(2, change(ask.gcounter(1))),
				s.reply(2, value.gcounter(8), update(delta.gcounter(1)), likelier(delta.gcounter(3), "the change of the cancellation was sent again")),
				s.barrier(3, value.gcounter(8)),
			},
		},
		{
			ID: "replicated/cancel/nothing-after-it", Requirements: []string{"REP-CANCEL-004"},
			Cloudstate: []string{"replicated/streamed/cancel-no-messages"},
			Script: []engine.Step{
				s.initFrom(five), s.watch(1, watching(atCancel(ask.gcounter(2)))), s.opened(1, value.gcounter(5)),
				s.cancel(1), s.cancelResponse(1, update(delta.gcounter(2))),
				s.delta(delta.gcounter(1)), s.barrier(2, value.gcounter(8)),
				s.process(3, change(ask.gcounter(1))), s.reply(3, value.gcounter(9), update(delta.gcounter(1))),
				s.barrier(4, value.gcounter(9)), s.passivated(),
			},
		},
		{
			ID: "replicated/cancel/of-one-of-two", Requirements: []string{"REP-CANCEL-004"},
			Script: []engine.Step{
				s.initFrom(five),
				s.watch(1, watching(atCancel(ask.gcounter(2)))), s.opened(1, value.gcounter(5)),
				s.watch(2, watching()), s.opened(2, value.gcounter(5)),
				s.cancel(1),
				s.both(expecting(cancelled, 1, "", []part{update(delta.gcounter(2))}), streamed(2, value.gcounter(7))),
				s.delta(delta.gcounter(1)), s.streamed(2, value.gcounter(8)),
				s.barrier(3, value.gcounter(8)),
			},
		},
		{
			ID: "replicated/cancel/that-does-nothing", Requirements: []string{"REP-CANCEL-005"},
			Script: []engine.Step{
				s.initFrom(five), s.watch(1, watching(atCancel(ask.gcounter(0)))), s.opened(1, value.gcounter(5)),
				s.cancel(1), s.cancelResponse(1),
				s.barrier(2, value.gcounter(5)),
			},
		},
	}
}

// unsaid is the expectation without a client action.
func unsaid(e expectation) expectation {
	e.want.action = ""
	return e
}
