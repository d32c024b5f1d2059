package cloudstate

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// transport are the names that never reach an entity as metadata.
var transport = []string{
	"content-type", "content-length", "host", "te", "user-agent", "connection", "keep-alive", "transfer-encoding", "upgrade",
	"accept", "accept-encoding", "accept-language", "accept-charset", "grpc-timeout", "grpc-encoding", "grpc-accept-encoding",
}

// Check fails the test for everything in the record that a strict observer would not
// have let pass.
func (r *Relay) Check(tb testing.TB) {
	tb.Helper()
	for _, fault := range Faults(r.Calls(), r.Connections()) {
		tb.Error(fault)
	}
}

// Faults returns what a strict observer has to say of the record, each in a line.
func Faults(calls []Call, connections []Connection) []string {
	o := &observer{calls: calls, connections: connections}
	for _, call := range calls {
		o.known(call)
	}
	o.discovery()
	o.pings()
	o.entities()
	return o.found
}

// observer looks through one record.
type observer struct {
	calls       []Call
	connections []Connection
	found       []string
}

// faultf notes something in a call.
func (o *observer) faultf(call Call, format string, args ...any) {
	o.found = append(o.found, fmt.Sprintf(format, args...)+" — "+call.String())
}

// known checks what holds for each call: its path, its messages whole, and how a unary
// one ends.
func (o *observer) known(call Call) {
	name, known := sent[call.Path]
	switch {
	case call.Path == v1Discover:
		return
	case !known:
		o.faultf(call, "nothing of Cloudstate 0.2 is called so")
		return
	}
	for _, message := range call.Sent() {
		for _, field := range strange(name, message) {
			o.faultf(call, "%s", field)
		}
	}
	switch call.Path {
	case Discover, ReportError, ActionUnary, ActionOut:
		if end, closed := call.Find(HalfClose); closed && end.Alone {
			o.faultf(call, "the half-close did not come with the one message")
		}
		if n := len(call.Sent()); n > 1 {
			o.faultf(call, "%d messages", n)
		}
	}
	switch call.Path {
	case ActionUnary, ActionOut:
		o.command(call, call.Sent(), true)
	case ActionIn, ActionStreamed:
		o.command(call, call.Sent(), false)
	}
}

// discovery checks what is asked, and how often.
func (o *observer) discovery() {
	answered := map[int]int{} // by connection: the order of its answer
	for _, call := range o.calls {
		switch call.Path {
		case v1Discover:
			if answered[call.Connection] > 0 {
				o.faultf(call, "asked again on a connection that has been answered")
			}
		case Discover:
			o.proxyInfo(call)
			if answered[call.Connection] > 0 {
				o.faultf(call, "asked again on a connection that has been answered")
			}
			if end := call.End(); end.What == Status && end.Code == codes.OK {
				answered[call.Connection] = end.Order
			}
		default:
			if len(answered) == 0 || answered[call.Connection] > call.Opened {
				o.faultf(call, "called before discover was answered")
			}
		}
	}
}

// proxyInfo checks what the proxy says of itself.
func (o *observer) proxyInfo(call Call) {
	for _, message := range call.Sent() {
		info := new(discoveryv1.DiscoverRequest)
		if err := proto.Unmarshal(message, info); err != nil {
			o.faultf(call, "no ProxyInfo: %v", err)
			continue
		}
		types := slices.Sorted(slices.Values(info.GetSupportedEntityTypes()))
		want := []string{typeOf(ActionUnary), typeOf(Crdt), typeOf(EventSourced), typeOf(ValueEntity)}
		if info.GetProtocolMajorVersion() != 0 || info.GetProtocolMinorVersion() != 2 || !slices.Equal(types, want) ||
			info.GetProxyName() == "" || info.GetProxyVersion() == "" {
			o.faultf(call, "the ProxyInfo is %v", info)
		}
	}
}

// pings checks that none comes more often than every 5 minutes.
func (o *observer) pings() {
	for i, c := range o.connections {
		last := c.Opened
		for _, ping := range c.Pings {
			if ping.Sub(last) < 5*time.Minute {
				o.found = append(o.found, fmt.Sprintf("a ping on connection %d after %v", i+1, ping.Sub(last)))
			}
			last = ping
		}
		if c.GoneAway && c.Debug != "" {
			o.found = append(o.found, fmt.Sprintf("the function has left connection %d: %s", i+1, c.Debug))
		}
	}
}

// command checks the messages of an action's call: the first names the method, and has
// the payload where it is the only one; each later one has the payload alone.
func (o *observer) command(call Call, messages [][]byte, single bool) {
	for i, message := range messages {
		command := new(actionv1.ActionCommand)
		if err := proto.Unmarshal(message, command); err != nil {
			o.faultf(call, "no ActionCommand: %v", err)
			continue
		}
		first := i == 0
		if named := command.GetServiceName() != "" && command.GetName() != ""; named != first {
			o.faultf(call, "message %d names %q and %q", i+1, command.GetServiceName(), command.GetName())
		}
		if has := command.GetPayload() != nil; has != (single || !first) {
			o.faultf(call, "message %d has a payload: %v", i+1, has)
		}
		if !first && command.GetMetadata() != nil {
			o.faultf(call, "message %d has metadata", i+1)
		}
	}
}

// metadata checks that of a command to an entity: it is absent where there is none, and
// has nothing of the transport.
func (o *observer) metadata(call Call, metadata *entityv1.Metadata) {
	if metadata == nil {
		return
	}
	if len(metadata.GetEntries()) == 0 {
		o.faultf(call, "metadata is empty, and not absent")
	}
	for _, e := range metadata.GetEntries() {
		if slices.Contains(transport, e.GetKey()) {
			o.faultf(call, "metadata has %q", e.GetKey())
		}
	}
}
