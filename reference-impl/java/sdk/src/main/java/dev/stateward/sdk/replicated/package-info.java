/**
 * Serves entities of which every proxy holds a copy. Each copy answers at once, and they become
 * equal afterwards: what makes that safe is the type of the value, one of those in package crdt.
 *
 * <p>An entity's author writes how a new value looks, and what each command does to it. A handler
 * changes the value as it would change a collection of Java's; what it did is sent, and spreads.
 *
 * <pre>{@code
 * private static Streamed<JoinResponse> join(
 *     ReplicatedContext context, ORSet<String> people, JoinRequest request) {
 *   people.add(request.getPerson());
 *   return Streamed.open(present(people), news -> present(people));
 * }
 * }</pre>
 *
 * <p><b>One thing at a time.</b> An entity does one thing at a time: a change from elsewhere, a
 * command, the end of a call. Many commands may be outstanding; they are answered in the order in
 * which they came, each as if it were alone (REP-TURN-007).
 *
 * <p><b>When a command fails</b> it leaves no trace (REP-FAIL-003). The value knows what was done
 * to it since the last answer, for that is what the answer carries; the same knowledge undoes it.
 *
 * <p><b>Calls that stay open.</b> A handler of a method that streams its responses may return a
 * {@link dev.stateward.sdk.replicated.Watch} with the first of them. The call then stays open: the
 * watch is asked what to say whenever the value has changed, here or elsewhere, and is told when
 * the caller has left.
 *
 * <p>Read on in this order: ReplicatedEntity, Streamed, Watch, Activation, ReplicatedConversation,
 * then package crdt.
 */
package dev.stateward.sdk.replicated;
