package wire

import "google.golang.org/protobuf/encoding/protowire"

// Cloudstate returns the dialect of Cloudstate 0.2, whose messages are those of
// version 1 under other names, less what version 1 has added.
func Cloudstate() Dialect {
	return Dialect{
		Name:        NameCloudstate,
		Cloudstate:  true,
		Major:       0,
		Minor:       2,
		OldestMinor: 0,
		Discover:    "/cloudstate.EntityDiscovery/discover",
		ReportError: "/cloudstate.EntityDiscovery/reportError",
		EntityKeys:  []protowire.Number{1080, 50002}, // the second is that of older libraries
		Eventing:    1081,
		Entities: []Entity{{
			Kind:   EventSourced,
			Type:   "cloudstate.eventsourced.EventSourced",
			Handle: "/cloudstate.eventsourced.EventSourced/handle",
		}, {
			Kind:   Value,
			Type:   "cloudstate.valueentity.ValueEntity",
			Handle: "/cloudstate.valueentity.ValueEntity/handle",
		}, {
			Kind:   Replicated,
			Type:   "cloudstate.crdt.Crdt",
			Handle: "/cloudstate.crdt.Crdt/handle",
		}, {
			Kind: Action,
			Type: "cloudstate.action.ActionProtocol",
			Calls: [Shapes]string{
				Unary:       "/cloudstate.action.ActionProtocol/handleUnary",
				StreamedIn:  "/cloudstate.action.ActionProtocol/handleStreamedIn",
				StreamedOut: "/cloudstate.action.ActionProtocol/handleStreamedOut",
				Streamed:    "/cloudstate.action.ActionProtocol/handleStreamed",
			},
		}},
		Lacks: sinceV1(),
	}
}

// sinceV1 returns the fields and cases that version 1 has added to messages of
// Cloudstate 0.2: in the protos their comments say "Since 1.0". A message that is
// new as a whole is not listed, for only such a field leads to it.
func sinceV1() Fields {
	return Fields{
		"stateward.discovery.v1.DiscoverRequest":      {6, 7, 8, 9, 10},
		"stateward.discovery.v1.Entity":               {5},
		"stateward.discovery.v1.ServiceInfo":          {8, 9, 10, 11, 12},
		"stateward.discovery.v1.ReportErrorRequest":   {2, 3, 4, 5, 6, 7, 8},
		"stateward.entity.v1.Command":                 {7},
		"stateward.entity.v1.SideEffect":              {6},
		"stateward.entity.v1.Failure":                 {4, 5, 6, 7},
		"stateward.eventsourced.v1.HandleRequest":     {10, 11, 12},
		"stateward.eventsourced.v1.HandleResponse":    {12},
		"stateward.eventsourced.v1.Init":              {4, 5},
		"stateward.eventsourced.v1.Event":             {3, 4, 5},
		"stateward.eventsourced.v1.EventSourcedReply": {6, 7},
		"stateward.replicated.v1.HandleRequest":       {10, 11},
		"stateward.replicated.v1.Delta":               {9, 10, 11},
		"stateward.value.v1.HandleRequest":            {10, 11},
		"stateward.value.v1.Init":                     {4, 5},
		"stateward.value.v1.Update":                   {2},
	}
}
