/**
 * Serves entities whose state is one message: the value.
 *
 * <p>An entity's author writes what each command does ({@code handle}): it reads the value, sets or
 * removes it, and answers or refuses. The proxy keeps the value while the entity sleeps.
 *
 * <h2>What changes the value</h2>
 *
 * <p>{@link ValueContext#update} and {@link ValueContext#delete} do, and nothing else; the last of
 * them counts (VAL-CMD-004). Messages of protobuf never change: a builder that is not given to
 * update has changed nothing (VAL-CMD-008). A command that fails has changed nothing either
 * (VAL-FAIL-004): its changes were never in the entity, and are dropped.
 *
 * <p>Read on in this order: ValueEntity, ValueContext, ValueConversation.
 */
package dev.stateward.sdk.value;
