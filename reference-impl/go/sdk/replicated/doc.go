// Package replicated serves entities of which every proxy holds a copy. Each copy
// answers at once, and they become equal afterwards: what makes that safe is the
// type of the value, one of those in package crdt.
//
// An entity's author writes how a new value looks ([New]) and what each command
// does to it ([Handle], [HandleStreamed]). A handler changes the value as it would
// change a Go collection; what it did is sent, and spreads. The example has a whole entity.
//
// # One thing at a time
//
// An entity does one thing at a time: a change from elsewhere, a command, the end
// of a call. Many commands may be outstanding; they are answered in the order in
// which they came, each as if it were alone (REP-TURN-007).
//
// # When a command fails
//
// A failed command leaves no trace (REP-FAIL-003). The value knows what was done
// to it since the last answer, for that is what the answer carries; the same
// knowledge undoes it.
//
// # Calls that stay open
//
// A handler of a method that streams its responses may return a [Watch]. The call
// then stays open: the watch is asked what to say whenever the value has changed,
// here or elsewhere, and is told when the caller has left.
//
// Read on in this order: entity.go, handle.go, activation.go, service.go, then
// package crdt.
package replicated
