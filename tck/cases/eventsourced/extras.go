package eventsourced

import (
	"fmt"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/engine"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/peer"
)

// annotations are the cases on the metadata of events.
func annotations() []engine.Case {
	s := model
	capability := discoveryv1.Capability_CAPABILITY_EVENT_METADATA
	return []engine.Case{
		{
			ID:           "event-sourced/metadata/one-event",
			Requirements: []string{"ES-EVENT-003"},
			Script: after(capability,
				s.init(), s.process(1, emitWith("A", "m")), s.reply(1, "A", events("A"), annotated("m")), s.barrier(2, "A")),
		},
		{
			ID:           "event-sourced/metadata/some-of-several",
			Requirements: []string{"ES-EVENT-003"},
			Script: after(capability,
				s.init(),
				s.process(1, emit("A"), emitWith("B", "m"), emit("C"), emitWith("D", "n")),
				s.reply(1, "ABCD", events("A", "B", "C", "D"), annotated("", "m", "", "n")),
				s.barrier(2, "ABCD")),
		},
		{
			ID:           "event-sourced/metadata/none",
			Requirements: []string{"ES-EVENT-003"},
			Script: after(capability,
				s.init(), s.process(1, emitWith("A", "m")), s.reply(1, "A", events("A"), annotated("m")),
				s.process(2, emit("B")), s.reply(2, "AB", events("B")), s.barrier(3, "AB")),
		},
	}
}

// annotated is the metadata of the events that the answer carries, empty for none.
func annotated(values ...string) part {
	return func(e *expectation) {
		for _, value := range values {
			text := "{}"
			if value != "" {
				text = fmt.Sprintf("{x-tck %q}", value)
			}
			e.want.metadata = append(e.want.metadata, text)
		}
	}
}

// durables are the cases on effects that outlive a crash.
func durables() []engine.Case {
	s := model
	capability := discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS
	return []engine.Case{
		{
			ID:           "event-sourced/effects/durable",
			Requirements: []string{"FX-DUR-002"},
			Script: after(capability,
				s.init(),
				s.process(1, durably("x", false), effect("y", false), durably("z", true)),
				s.reply(1, "", effects(peer.Durably(asynchronous("x"), true), asynchronous("y"), peer.Durably(synchronous("z"), true))),
				s.barrier(2, "")),
		},
		{
			ID:           "event-sourced/effects/none-durable",
			Requirements: []string{"FX-DUR-002"},
			Script: after(capability,
				s.init(), s.process(1, effect("x", false), effect("y", true)),
				s.reply(1, "", effects(asynchronous("x"), synchronous("y"))), s.barrier(2, "")),
		},
	}
}

// What a command asks of a model that has the capability.

func emitWith(value, metadata string) *tckeventsourcedv1.RequestAction {
	return &tckeventsourcedv1.RequestAction{Action: &tckeventsourcedv1.RequestAction_Emit{
		Emit: &tckeventsourcedv1.Emit{Value: value, Metadata: metadata},
	}}
}

func durably(id string, synchronous bool) *tckeventsourcedv1.RequestAction {
	return &tckeventsourcedv1.RequestAction{Action: &tckeventsourcedv1.RequestAction_Effect{
		Effect: &tckeventsourcedv1.Effect{Id: id, Synchronous: synchronous, Durable: true},
	}}
}

func remove(retention int64) *tckeventsourcedv1.RequestAction {
	return &tckeventsourcedv1.RequestAction{Action: &tckeventsourcedv1.RequestAction_Delete{
		Delete: &tckeventsourcedv1.Delete{Retention: retention},
	}}
}
