/**
 * Serves actions: services without state, whose methods may stream their requests, their responses,
 * or both.
 *
 * <p>A method has one handler, set by the method that is named after its shape. Requests that
 * stream into one response are gathered by a {@link java.util.stream.Collector}; responses that
 * stream are a {@link java.util.stream.Stream}, of which the next element is asked for once the one
 * before it is sent, which waits until the proxy has room. So a call holds a thread while its
 * handler works, and none while it waits: a slow caller, or a thousand of them, keep no other call
 * from being answered (ACT-CALL-003, ACT-FLOW-003).
 *
 * <h2>What goes with a response</h2>
 *
 * <p>What a handler asks its {@link ActionContext} for, a forward, side effects or metadata, goes
 * with its next response, and with no other (ACT-ANSWER-002). A handler that asks for side effects
 * alone answers null: the response then has no case (ACT-ANSWER-009), which is no mistake where
 * responses stream.
 *
 * <h2>How a call ends</h2>
 *
 * <p>With the last response that the handler has behind the half-close, or as soon as it has told
 * its context to {@link dev.stateward.sdk.action.ActionContext#end}; or with a refusal, which is
 * the last thing said. Each call has a conversation of its own, and waits for no other.
 *
 * <p>A call whose requests and responses both stream speaks at its opening, to each request, and
 * behind the last. In between it has no thread, and says nothing.
 *
 * <p>A Stream is closed behind its last response, and with its call where that ends before: what it
 * holds is released by {@code onClose}. Of {@code flatMap} and {@code mapMulti}, Java makes all
 * that one element becomes at once, whatever room there is: they are for few responses, and never
 * for endless ones.
 *
 * <p>Read on in this order: Action, Exchange, ActionContext, Handling, ActionConversation.
 */
package dev.stateward.sdk.action;
