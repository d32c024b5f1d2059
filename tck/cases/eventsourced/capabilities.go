package eventsourced

import (
	"fmt"
	"slices"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

// after puts lines behind the announcement of a capability.
func after(capability discoveryv1.Capability, lines ...engine.Step) []engine.Step {
	return slices.Concat([]engine.Step{discovery.Announce(capability)}, lines)
}

// unannounced are the cases on what a function leaves out where the proxy has not
// announced a capability, and on what it does the same where the proxy has.
func unannounced() []engine.Case {
	s := model
	cases := []engine.Case{{
		ID:           "event-sourced/capabilities/no-use-of-them",
		Requirements: []string{"DISC-CAP-007"},
		Script: []engine.Step{
			discovery.Announce(discovery.Every()...),
			s.init(), s.process(1, emit("A"), effect("x", true)), s.reply(1, "A", events("A"), effects(synchronous("x"))),
			s.process(2, fail("no")), s.failed(2, "no"),
			s.goesOn("A"),
			s.reactivated(), s.barrier(1, "A"),
		},
	}}
	for _, asked := range []struct {
		id     string
		action *tckeventsourcedv1.RequestAction
	}{
		{"event-metadata", emitWith("A", "m")},
		{"durable-effects", durably("x", false)},
		{"delete", remove(1000)},
	} {
		cases = append(cases, engine.Case{
			ID:           "event-sourced/capabilities/unannounced-" + asked.id,
			Requirements: []string{"DISC-CAP-006"},
			Script:       []engine.Step{s.init(), s.process(1, asked.action), s.plain(1)},
		})
	}
	return cases
}

// plain expects an answer to the command, whatever it says, without anything that
// belongs to a capability.
func (s stream) plain(id int64) step {
	expected := fmt.Sprintf("an answer to command %d without durable effects, metadata of events and delete", id)
	return step{
		text: s.label() + "←" + expected,
		play: func(sc *scene) error {
			got, response, err := sc.answer(s, expected)
			if err != nil {
				return err
			}
			reply := response.GetReply()
			durable := slices.ContainsFunc(reply.GetSideEffects(), (*entityv1.SideEffect).GetDurable)
			if got.command != id || durable || len(reply.GetEventMetadata()) > 0 || reply.GetDelete() != nil {
				return mismatch(s, expected, got.String())
			}
			sc.Checked()
			return nil
		},
	}
}
