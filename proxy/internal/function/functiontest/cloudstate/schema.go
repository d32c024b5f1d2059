package cloudstate

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// fields are those that a message of Cloudstate 0.2 has, with the message that one of
// them holds; a scalar has none.
type fields map[protowire.Number]string

// schema is every message of Cloudstate 0.2.
var schema = map[string]fields{
	"Any":                         {1: "", 2: ""},
	"Metadata":                    {1: "MetadataEntry"},
	"MetadataEntry":               {1: "", 2: "", 3: ""},
	"Reply":                       {1: "Any", 2: "Metadata"},
	"Forward":                     {1: "", 2: "", 3: "Any", 4: "Metadata"},
	"ClientAction":                {1: "Reply", 2: "Forward", 3: "Failure"},
	"SideEffect":                  {1: "", 2: "", 3: "Any", 4: "", 5: "Metadata"},
	"Command":                     {1: "", 2: "", 3: "", 4: "Any", 5: "", 6: "Metadata"},
	"StreamCancelled":             {1: "", 2: ""},
	"Failure":                     {1: "", 2: "", 3: ""},
	"EntitySpec":                  {1: "", 2: "Entity", 3: "ServiceInfo"},
	"ServiceInfo":                 {1: "", 2: "", 3: "", 4: "", 5: "", 6: "", 7: ""},
	"Entity":                      {1: "", 2: "", 3: "", 4: "PassivationStrategy"},
	"PassivationStrategy":         {1: "TimeoutStrategy"},
	"TimeoutStrategy":             {1: ""},
	"UserFunctionError":           {1: ""},
	"ProxyInfo":                   {1: "", 2: "", 3: "", 4: "", 5: ""},
	"Empty":                       {},
	"EventSourcedStreamIn":        {1: "EventSourcedInit", 2: "EventSourcedEvent", 3: "Command"},
	"EventSourcedStreamOut":       {1: "EventSourcedReply", 2: "Failure"},
	"EventSourcedInit":            {1: "", 2: "", 3: "EventSourcedSnapshot"},
	"EventSourcedSnapshot":        {1: "", 2: "Any"},
	"EventSourcedEvent":           {1: "", 2: "Any"},
	"EventSourcedReply":           {1: "", 2: "ClientAction", 3: "SideEffect", 4: "Any", 5: "Any"},
	"ValueEntityStreamIn":         {1: "ValueEntityInit", 2: "Command"},
	"ValueEntityStreamOut":        {1: "ValueEntityReply", 2: "Failure"},
	"ValueEntityInit":             {1: "", 2: "", 3: "ValueEntityInitState"},
	"ValueEntityInitState":        {1: "Any"},
	"ValueEntityReply":            {1: "", 2: "ClientAction", 3: "SideEffect", 4: "ValueEntityAction"},
	"ValueEntityAction":           {1: "ValueEntityInitState", 2: "Empty"}, // an update has the one field of a state
	"CrdtStreamIn":                {1: "CrdtInit", 2: "CrdtDelta", 3: "Empty", 4: "Command", 5: "StreamCancelled"},
	"CrdtStreamOut":               {1: "CrdtReply", 2: "CrdtStreamedMessage", 3: "CrdtStreamCancelledResponse", 4: "Failure"},
	"CrdtInit":                    {1: "", 2: "", 3: "CrdtDelta"},
	"CrdtDelta":                   {1: "Number", 2: "Number", 3: "GSetDelta", 4: "ORSetDelta", 5: "LWWRegisterDelta", 6: "Number", 7: "ORMapDelta", 8: "VoteDelta"},
	"Number":                      {1: ""},
	"GSetDelta":                   {1: "Any"},
	"ORSetDelta":                  {1: "", 2: "Any", 3: "Any"},
	"LWWRegisterDelta":            {1: "Any", 2: "", 3: ""},
	"ORMapDelta":                  {1: "", 2: "Any", 3: "ORMapEntryDelta", 4: "ORMapEntryDelta"},
	"ORMapEntryDelta":             {1: "Any", 2: "CrdtDelta"},
	"VoteDelta":                   {1: "", 2: "", 3: ""},
	"CrdtReply":                   {1: "", 2: "ClientAction", 4: "SideEffect", 5: "CrdtStateAction", 6: ""},
	"CrdtStateAction":             {1: "CrdtDelta", 2: "Empty", 3: ""},
	"CrdtStreamedMessage":         {1: "", 2: "ClientAction", 3: "SideEffect", 4: ""},
	"CrdtStreamCancelledResponse": {1: "", 2: "SideEffect", 3: "CrdtStateAction"},
	"ActionCommand":               {2: "", 3: "", 4: "Any", 5: "Metadata"},
	"ActionResponse":              {1: "Failure", 2: "Reply", 3: "Forward", 4: "SideEffect"},
}

// sent names the message that the proxy sends on each path.
var sent = map[string]string{
	Discover: "ProxyInfo", ReportError: "UserFunctionError",
	EventSourced: "EventSourcedStreamIn", ValueEntity: "ValueEntityStreamIn", Crdt: "CrdtStreamIn",
	ActionUnary: "ActionCommand", ActionIn: "ActionCommand", ActionOut: "ActionCommand", ActionStreamed: "ActionCommand",
}

// strange returns the fields in the message that Cloudstate 0.2 does not have, each as
// "Message.field.number".
func strange(name string, message []byte) []string {
	var found []string
	for len(message) > 0 {
		number, format, n := protowire.ConsumeTag(message)
		size := -1
		if n > 0 {
			size = protowire.ConsumeFieldValue(number, format, message[n:])
		}
		if size < 0 {
			return append(found, name+" cannot be read")
		}
		inside, known := schema[name][number]
		if !known {
			found = append(found, fmt.Sprintf("%s has a field %d", name, number))
		}
		if inside != "" && format == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(message[n:])
			found = append(found, strange(inside, value)...)
		}
		message = message[n+size:]
	}
	return found
}
