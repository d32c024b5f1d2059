// Package eventsourced serves entities whose state is the sum of their events.
//
// An entity's author writes four things:
//
//   - the state, a Go type, and how a new entity begins ([New]);
//   - what each event does to it ([Apply]);
//   - what each command decides ([Handle]): it reads the state, emits events,
//     and answers or refuses;
//   - how the state is saved and restored, so that an entity with a long past
//     wakes up quickly ([Snapshot]).
//
// A handler changes the state by events alone: [Context.Emit] applies the event
// at once, so the handler's next line sees it. When the entity wakes up again,
// the same events are applied in the same order and give the same state, so an
// applier decides nothing, asks no clock and calls nobody. The example has a whole entity.
//
// # When a command fails
//
// A failed command leaves no trace (ES-FAIL-003, ES-FAIL-004). If it had emitted
// nothing, the state is as it was and the entity lives on. If it had, its events
// are in the state in memory and nowhere else: the failure then asks the proxy
// to restart the entity, and the next command meets the state as it is stored.
// The other way, a copy of the state before each command, would cost every
// command for the sake of the rare one, and would need a codec of every author.
//
// Read on in this order: entity.go, handle.go, activation.go, service.go.
package eventsourced
