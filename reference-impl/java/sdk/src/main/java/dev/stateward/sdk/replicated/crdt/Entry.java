package dev.stateward.sdk.replicated.crdt;

/**
 * A value that may stand in an {@link ORMap}: one of the first eight types, so that a map of one
 * type cannot (REP-MAP-017).
 */
public sealed interface Entry extends Value
    permits GCounter, PNCounter, GSet, ORSet, LWWRegister, Flag, ORMap, Vote {}
