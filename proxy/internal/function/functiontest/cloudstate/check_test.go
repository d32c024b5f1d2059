package cloudstate

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
)

// record makes the record of one call.
type record struct {
	calls []Call
	order int
	at    time.Time
}

func (r *record) open(path string) *record {
	r.order++
	r.calls = append(r.calls, Call{Connection: 1, Path: path, Opened: r.order})
	return r
}

func (r *record) event(e Event) *record {
	r.order++
	e.Order, e.At = r.order, r.at
	last := &r.calls[len(r.calls)-1]
	last.Events = append(last.Events, e)
	return r
}

func (r *record) sent(messages ...proto.Message) *record { return r.messages(true, messages) }

func (r *record) answered(messages ...proto.Message) *record { return r.messages(false, messages) }

func (r *record) messages(fromProxy bool, messages []proto.Message) *record {
	for _, message := range messages {
		raw, err := proto.Marshal(message)
		must(err)
		r.event(Event{What: Message, FromProxy: fromProxy, Bytes: raw})
	}
	return r
}

// end is a half-close of its own, and the function's end.
func (r *record) end() *record {
	return r.event(Event{What: HalfClose, Alone: true}).event(Event{What: Status})
}

// unary is the end of a unary call.
func (r *record) unary() *record { return r.event(Event{What: HalfClose}).event(Event{What: Status}) }

// discovered is a record that begins rightly.
func discovered() *record {
	return new(record).open(Discover).sent(proxyInfo()).unary()
}

// Each line of what a strict observer demands is found when it is broken, by the
// words at the right; without words nothing is found.
func TestFaults(t *testing.T) {
	t.Parallel()
	command := func(c *entityv1.Command) proto.Message {
		return &valuev1.HandleRequest{Message: &valuev1.HandleRequest_Command{Command: c}}
	}
	changed := func(change func(*entityv1.Command)) proto.Message {
		c := commandOf("a", 1, "")
		change(c)
		return command(c)
	}
	crdtInit := &replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_Init{Init: &replicatedv1.Init{ServiceName: Presence, EntityId: "a"}}}
	cancel := func(id int64) proto.Message {
		return &replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_StreamCancelled{StreamCancelled: &replicatedv1.StreamCancelled{EntityId: "a", Id: id}}}
	}
	restart := &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{
		ClientAction: &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{Failure: &entityv1.Failure{Restart: true}}},
	}}}
	removed := &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Reply{Reply: &replicatedv1.ReplicatedReply{
		StateAction: &replicatedv1.StateAction{Action: &replicatedv1.StateAction_Delete{Delete: new(replicatedv1.Delete)}},
	}}}
	named := &actionv1.ActionCommand{ServiceName: Converter, Name: "Streamed"}
	whole := &actionv1.ActionCommand{ServiceName: Converter, Name: "Unary", Payload: payload("x", nil)}
	item := &actionv1.ActionCommand{Payload: payload("x", nil)}
	value := func() *record { return discovered().open(ValueEntity).sent(valueInit(new(valuev1.State))) }
	tests := map[string]struct {
		record *record
		want   string
	}{
		"a whole life":                  {value().sent(command(commandOf("a", 1, "")), command(commandOf("a", 2, ""))).end(), ""},
		"another path":                  {discovered().open("/grpc.health.v1.Health/Check"), "nothing of Cloudstate 0.2"},
		"a field of version 1":          {value().sent(changed(func(c *entityv1.Command) { c.Timeout = 1 })).end(), "Command has a field 7"},
		"a case of version 1":           {value().sent(&valuev1.HandleRequest{Message: &valuev1.HandleRequest_Passivate{Passivate: new(entityv1.Passivate)}}), "ValueEntityStreamIn has a field 11"},
		"a half-close apart":            {new(record).open(Discover).sent(proxyInfo()).end(), "did not come with the one message"},
		"discovered twice":              {discovered().open(Discover).sent(proxyInfo()).unary(), "asked again"},
		"asked in version 1 afterwards": {discovered().open(v1Discover), "asked again"},
		"another version":               {new(record).open(Discover).sent(&discoveryv1.DiscoverRequest{ProtocolMajorVersion: 1}).unary(), "the ProxyInfo is"},
		"before discovery":              {new(record).open(ValueEntity).sent(valueInit(new(valuev1.State)), command(commandOf("a", 1, ""))).end(), "before discover"},
		"empty metadata":                {value().sent(changed(func(c *entityv1.Command) { c.Metadata = new(entityv1.Metadata) })).end(), "empty, and not absent"},
		"a header of the transport": {value().sent(changed(func(c *entityv1.Command) {
			c.Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{entry("te", "trailers")}}
		})).end(), `metadata has "te"`},
		"an id left out":                  {value().sent(changed(func(c *entityv1.Command) { c.Id = 2 })).end(), "command 2 of"},
		"another entity":                  {value().sent(changed(func(c *entityv1.Command) { c.EntityId = "b" })).end(), `command 1 of "b"`},
		"a long name":                     {value().sent(changed(func(c *entityv1.Command) { c.Name = "/x/Do" })).end(), `command 1 is "/x/Do"`},
		"no payload":                      {value().sent(changed(func(c *entityv1.Command) { c.Payload = nil })).end(), "command 1 is"},
		"a value streamed":                {value().sent(changed(func(c *entityv1.Command) { c.Streamed = true })).end(), "is streamed"},
		"a value without state":           {discovered().open(ValueEntity).sent(valueInit(nil), command(commandOf("a", 1, ""))).end(), "has no state"},
		"two inits":                       {value().sent(valueInit(new(valuev1.State))), "not the first message"},
		"a spare stream":                  {value().end(), "without a command"},
		"a stream that is reset":          {value().sent(command(commandOf("a", 1, ""))).event(Event{What: Reset}), "is reset"},
		"a reset before the mistake":      {value().sent(command(commandOf("a", 1, ""))).event(Event{What: Reset}).answered(new(valuev1.HandleResponse)), "is reset"},
		"two streams of one entity":       {value().sent(command(commandOf("a", 1, ""))).open(ValueEntity).sent(valueInit(new(valuev1.State)), command(commandOf("a", 1, ""))).end(), "before the last stream"},
		"one id in two services":          {value().sent(command(commandOf("a", 1, ""))).open(EventSourced).sent(eventSourcedInit("a"), eventSourcedCommand("a", 1, "")).end(), ""},
		"a new stream after restart":      {discovered().open(EventSourced).sent(eventSourcedInit("a"), eventSourcedCommand("a", 1, "")).answered(restart).end().open(EventSourced).sent(eventSourcedInit("a")).end(), ""},
		"an event out of order":           {discovered().open(EventSourced).sent(eventSourcedInit("a"), &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Event{Event: &eventsourcedv1.Event{Sequence: 2}}}), "event 2 in the place of event 1"},
		"a cancel of what was streamed":   {discovered().open(Crdt).sent(crdtInit, crdtCommand(1, true), cancel(1), crdtCommand(2, false)).end(), ""},
		"a cancel of what was not":        {discovered().open(Crdt).sent(crdtInit, crdtCommand(1, false), cancel(1)), "cancels 1"},
		"a command after a delete":        {discovered().open(Crdt).sent(crdtInit, crdtCommand(1, false)).answered(removed).sent(crdtCommand(2, false)), "follows a delete"},
		"an action's call":                {discovered().open(ActionUnary).sent(whole).unary(), ""},
		"an action's stream":              {discovered().open(ActionStreamed).sent(named, item, item).end(), ""},
		"a payload in the first of many":  {discovered().open(ActionIn).sent(whole), "message 1 has a payload: true"},
		"a name in a later one":           {discovered().open(ActionIn).sent(named, whole), "message 2 names"},
		"no payload in the only one":      {discovered().open(ActionOut).sent(named).unary(), "message 1 has a payload: false"},
		"a report with a field beside it": {discovered().open(ReportError).sent(&discoveryv1.ReportErrorRequest{Message: "m", Code: "c"}).unary(), "UserFunctionError has a field 2"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults := Faults(test.record.calls, nil)
			if test.want == "" && len(faults) > 0 {
				t.Errorf("found %q", faults)
			}
			if test.want != "" && (len(faults) == 0 || !strings.Contains(faults[0], test.want)) {
				t.Errorf("found %q, want %q", faults, test.want)
			}
		})
	}
}

// Pings that are too many, and what such a function answers them with.
func TestPings(t *testing.T) {
	t.Parallel()
	now := time.Now()
	faults := Faults(nil, []Connection{
		{Opened: now, Pings: []time.Time{now.Add(5 * time.Minute), now.Add(10 * time.Minute)}},
		{Opened: now, Pings: []time.Time{now.Add(10 * time.Second)}, GoneAway: true, Debug: "too_many_pings"},
	})
	if len(faults) != 2 || !strings.Contains(faults[0], "connection 2 after 10s") || !strings.Contains(faults[1], "too_many_pings") {
		t.Errorf("found %q", faults)
	}
}
