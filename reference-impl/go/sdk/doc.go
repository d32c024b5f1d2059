// Package sdk turns Go values into a Stateward user function: it answers
// discovery, serves the entities that it is given, and stops in order.
//
// A user function is a gRPC server. The proxy connects to it, asks what it
// serves (Discover), and then opens one stream for each entity that is in use.
// On that stream it gives the entity what was stored of it, sends it commands,
// and keeps what it answers. The function never sees a database, and holds
// nothing that a restart could lose.
//
// A kind of entity is a package of its own: eventsourced, value, action, replicated. It
// describes its entities to this package by the interface [Entity]. [Main] makes a
// whole program of them.
//
// Read on in this order: function.go (what a function is), discovery.go (what
// it says of itself), serve.go and stream.go (how it lives and ends), context.go
// (what a command's handler sees), command.go and capability.go (when it is given
// up, and what its connection allows), definition.go (what every kind's author
// writes alike), multiplex.go (many entities on one stream), then the kinds:
// packages eventsourced, value, action and replicated.
package sdk
