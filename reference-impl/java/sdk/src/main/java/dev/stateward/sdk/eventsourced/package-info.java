/**
 * Serves entities whose state is the sum of their events.
 *
 * <p>An entity's author writes four things: the state, a class, and how a new entity begins; what
 * each event does to it ({@code apply}); what each command decides ({@code handle}): it reads the
 * state, emits events, and answers or refuses; and how the state is saved and restored, so that an
 * entity with a long past wakes up quickly ({@code snapshot}).
 *
 * <p>A handler changes the state by events alone: {@link EventSourcedContext#emit} applies the
 * event at once, so the handler's next line sees it. When the entity wakes up again, the same
 * events are applied in the same order and give the same state, so an applier decides nothing, asks
 * no clock and calls nobody.
 *
 * <h2>When a command fails</h2>
 *
 * <p>A failed command leaves no trace (ES-FAIL-003, ES-FAIL-004). If it had emitted nothing, the
 * state is as it was and the entity lives on. If it had, its events are in the state in memory and
 * nowhere else: the failure then asks the proxy to restart the entity, and the next command meets
 * the state as it is stored. The other way, a copy of the state before each command, would cost
 * every command for the sake of the rare one, and would need a codec of every author.
 *
 * <p>Read on in this order: EventSourcedEntity, EventSourcedContext, Activation,
 * EventSourcedConversation.
 */
package dev.stateward.sdk.eventsourced;
