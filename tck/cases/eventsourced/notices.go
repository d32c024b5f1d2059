package eventsourced

import (
	"fmt"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/engine"
)

// cancellations are the cases on commands for which nobody waits any more.
func cancellations() []engine.Case {
	s := model
	capability := discoveryv1.Capability_CAPABILITY_CANCEL
	return []engine.Case{
		{
			ID:           "event-sourced/cancel/at-once",
			Requirements: []string{"CORE-CANCEL-002"},
			Script: after(capability,
				s.init(), s.process(1, emit("A")), s.cancel(1), s.answered(1),
				s.process(2), s.answered(2), s.passivated()),
		},
		{
			ID:           "event-sourced/cancel/after-the-answer",
			Requirements: []string{"CORE-CANCEL-004"},
			Script: after(capability,
				s.init(), s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.cancel(1), s.barrier(2, "A"), s.cancel(1), s.cancel(2), s.barrier(3, "A")),
		},
		{
			ID:           "event-sourced/cancel/of-no-command",
			Requirements: []string{"CORE-CANCEL-004"},
			Script: after(capability,
				s.init(), s.cancel(7), s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.process(7), s.reply(7, "A"), s.barrier(8, "A")),
		},
		{
			ID:           "event-sourced/cancel/is-not-answered",
			Requirements: []string{"CORE-CANCEL-005"},
			Script: after(capability,
				s.init(), s.cancel(1), s.process(1), s.reply(1, ""), s.cancel(1), s.passivated()),
		},
	}
}

// answered expects one answer to the command, a reply or a failure.
func (s stream) answered(id int64) step {
	expected := fmt.Sprintf("one answer to command %d", id)
	return step{
		text: s.label() + "←" + expected,
		play: func(sc *scene) error {
			got, _, err := sc.answer(s, expected)
			switch {
			case err != nil:
				return err
			case got.command != id || got.broken:
				return mismatch(s, expected, got.String())
			}
			sc.Checked()
			return nil
		},
	}
}

// notices are the cases on the message before a passivation.
func notices() []engine.Case {
	s := model
	var cases []engine.Case
	for reason := entityv1.PassivationReason(0); reason <= unknownReason; reason++ {
		id := "LIFE-PASS-004"
		if reason == 0 || reason == unknownReason {
			id = "LIFE-PASS-005"
		}
		cases = append(cases, engine.Case{
			ID:           fmt.Sprintf("event-sourced/passivation/reason-%d", reason),
			Requirements: []string{id},
			Script: after(discoveryv1.Capability_CAPABILITY_PASSIVATION_NOTICE,
				s.init(), s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.passivate(reason), s.passivated(),
				s.rehydrate(), s.barrier(1, "A")),
		})
	}
	return cases
}

// unknownReason is a reason of a later version.
const unknownReason = entityv1.PassivationReason_PASSIVATION_REASON_DRAIN + 1

// What a proxy sends where a capability is in force.

func (s stream) cancel(id int64) step {
	return s.sends(func(string) *eventsourcedv1.HandleRequest {
		return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Cancel{
			Cancel: &entityv1.Cancel{CommandId: id, Reason: entityv1.CancelReason_CANCEL_REASON_CALLER_GONE},
		}}
	})
}

func (s stream) passivate(reason entityv1.PassivationReason) step {
	return s.sends(func(string) *eventsourcedv1.HandleRequest {
		return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Passivate{
			Passivate: &entityv1.Passivate{Reason: reason},
		}}
	})
}

func (s stream) ask() step {
	return s.sends(func(string) *eventsourcedv1.HandleRequest {
		return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_SnapshotRequest{
			SnapshotRequest: &eventsourcedv1.SnapshotRequest{},
		}}
	})
}
