// Package crdt holds the replicated data types: what one update does, what becomes
// of updates that were made at once on several nodes, and what the function is told
// of it. It is pure: no clock, no I/O. The sentences that it keeps stand in
// protocol/spec/replicated-types.md.
//
// # One dot context
//
// Every change has a name, its [Dot]: the replica that made it and a number. A
// [State] is what is left of the changes, each under its dot, and the [Context]: the
// dots of all changes that were ever merged, those that are gone as well. A dot that
// one of two states has in its context, and no longer among its changes, was taken
// away, and the merge takes it from the other; one that is in the context of neither
// is new. That is the whole of merging, whatever the type: a join that commutes,
// associates, and is idempotent, so that it does not matter in which order states
// come, how often, or whether some are lost that a later one covers.
//
// What one update changed is a State too, with a context of its own: the dots that
// it made and those that it took away. So a delta is merged like anything else.
//
// The method is that of P. S. Almeida, A. Shoker and C. Baquero, "Delta state
// replicated data types", J. Parallel Distrib. Comput. 111 (2018), which grew from
// their "Efficient state-based CRDTs by delta-mutation", NETYS 2015. The types go
// back to M. Shapiro, N. Preguiça, C. Baquero and M. Zawirski, "Conflict-free
// replicated data types", SSS 2011; the set that needs no tombstones to A. Bieniusa
// and others, "An optimized conflict-free replicated set", INRIA RR-8083 (2012).
//
// # Three values
//
// A State that a function's update is applied to holds just what that function has
// been shown, so that a remove takes nothing else (REP-MERGE-001). [State.Value]
// is the plain value that a function holds, and [Difference] the change from one to
// another in the protocol's words.
package crdt
