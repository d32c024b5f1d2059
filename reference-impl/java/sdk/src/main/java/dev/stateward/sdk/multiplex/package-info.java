/**
 * Serves many entities of one kind on one gRPC stream (protocol/spec/multiplexed-stream.md). Each
 * of them, named by its handle, has a {@link dev.stateward.sdk.EntityStream} of its own: what
 * serves a kind on plain streams serves it here unchanged.
 *
 * <p>gRPC's threads bring the frames, the workers what handles have to say; either writes, where
 * there is room. What they share is a Session, under one lock, which nobody holds while a handler
 * runs. All that waits there is bounded: by the window what was read of a handle, by the answers to
 * one message what it has to send, and by the number of handles the rest.
 *
 * <p>Read on in this order: Balance, Session, Handle, Outgoing, Outbox.
 */
package dev.stateward.sdk.multiplex;
