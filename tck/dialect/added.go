package dialect

import "google.golang.org/protobuf/reflect/protoreflect"

// added has the fields and cases that version 1 has added to messages of 0.2.
var added = map[protoreflect.FullName][]protoreflect.FieldNumber{
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
