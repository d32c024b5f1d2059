// Package cloudstate is a user function of Cloudstate 0.2 for tests of the proxy, and
// a relay that stands between the two, records every call and message whole, and
// holds them against what strict observers of that wire demand.
//
// What is on the wire is written out here, so that nothing of it comes from the
// proxy's own tables.
package cloudstate

import "strings"

// The gRPC paths of Cloudstate 0.2.
const (
	Discover       = "/cloudstate.EntityDiscovery/discover"
	ReportError    = "/cloudstate.EntityDiscovery/reportError"
	EventSourced   = "/cloudstate.eventsourced.EventSourced/handle"
	ValueEntity    = "/cloudstate.valueentity.ValueEntity/handle"
	Crdt           = "/cloudstate.crdt.Crdt/handle"
	ActionUnary    = "/cloudstate.action.ActionProtocol/handleUnary"
	ActionIn       = "/cloudstate.action.ActionProtocol/handleStreamedIn"
	ActionOut      = "/cloudstate.action.ActionProtocol/handleStreamedOut"
	ActionStreamed = "/cloudstate.action.ActionProtocol/handleStreamed"
)

// v1Discover is the one call of another dialect that a function of 0.2 survives.
const v1Discover = "/stateward.discovery.v1.DiscoveryService/Discover"

// The function's services, and their persistence ids.
const (
	// Ledger is event sourced; its state is the texts of its events.
	Ledger = "test.shop.Ledger"
	// Profile is a value entity; its value is a text.
	Profile = "test.shop.Profile"
	// Presence is a CRDT; its method Watch streams.
	Presence = "test.shop.Presence"
	// Converter is an action with a method of each shape.
	Converter = "test.shop.Converter"
	// Booking is event sourced, and has a key of a string and an integer.
	Booking = "test.shop.Booking"
)

// typeOf is the entity type of a kind, by the path of its stream or calls.
func typeOf(path string) string {
	service, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return service
}

// Method returns the gRPC path of a method of one of the services.
func Method(service, name string) string { return "/" + service + "/" + name }
