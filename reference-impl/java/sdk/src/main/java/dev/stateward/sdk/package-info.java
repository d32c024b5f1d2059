/**
 * Turns Java objects into a Stateward user function: it answers discovery, serves the entities that
 * it is given, and stops in order.
 *
 * <p>A user function is a gRPC server. The proxy connects to it, asks what it serves (Discover),
 * and then opens one stream for each entity that is in use. On that stream it gives the entity what
 * was stored of it, sends it commands, and keeps what it answers. The function never sees a
 * database, and holds nothing that a restart could lose.
 *
 * <p>A kind of entity is a package of its own: eventsourced, value, replicated, action. It
 * describes its entities to this package by {@link Entity}, and what it does with a stream by
 * {@link Kind}. Everything that the function hears goes through a {@link Conversation}, a pure
 * step: a message in, answers out. A whole program is
 *
 * <pre>{@code
 * public static void main(String[] args) {
 *   Program.main(Main::config, args);
 * }
 * }</pre>
 *
 * <p>Read on in this order: UserFunction (what a function is), Discovery (what it says of itself),
 * Conversation and EntityStream (how a stream is served), CommandContext (what a command's handler
 * sees), Definition (what every kind's author writes alike), then the kinds, and package multiplex
 * (many entities on one stream).
 */
package dev.stateward.sdk;
