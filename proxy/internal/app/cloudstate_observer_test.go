package app

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// What strict observers demand of the wire, line by line; what holds for every message
// is in Relay.Check, which ends each of these tests.

// stateful are the three kinds that have streams, each with what changes its state.
var stateful = []struct{ service, path, change string }{
	{cloudstate.Ledger, cloudstate.EventSourced, "emit x"},
	{cloudstate.Profile, cloudstate.ValueEntity, "set x"},
	{cloudstate.Presence, cloudstate.Crdt, "update gcounter{increment:1}"},
}

// read decodes a message.
func read[M proto.Message](tb testing.TB, raw []byte, message M) M {
	tb.Helper()
	if err := proto.Unmarshal(raw, message); err != nil {
		tb.Fatal(err)
	}
	return message
}

// The attempt in version 1 is survived, whether it is answered with a status or with
// the end of the connection, and the function is discovered once (DIA-CHOICE-001,
// DIA-CHOICE-002, DIA-CHOICE-003, DIA-CALL-002, DIA-CALL-004, DIA-CONN-005).
func TestObserverSeesOneDiscovery(t *testing.T) {
	t.Parallel()
	for _, drops := range []bool{false, true} {
		o := observe(t, cloudstate.Behaviour{Drops: drops}, nil)
		for _, kind := range stateful {
			if _, err := o.Do(kind.service, "a", kind.change); err != nil {
				t.Fatal(err)
			}
		}
		calls := o.relay.Calls()
		if n := len(of(calls, cloudstate.Discover)); n != 1 || calls[0].Path == cloudstate.Discover {
			t.Errorf("drops %v: discovered %d times; first %v", drops, n, calls[0])
		}
		if drops && of(calls, cloudstate.Discover)[0].Connection != 2 {
			t.Errorf("discovered on a connection that was dropped")
		}
	}
}

// A dialect that is fixed asks in no other (DIA-CHOICE-005), and one that is lost is
// asked for anew, in version 1 first (DIA-CHOICE-004).
func TestObserverSeesTheChoice(t *testing.T) {
	t.Parallel()
	fixed := observe(t, cloudstate.Behaviour{}, func(c *Config) { c.Dialect = "cloudstate-0.2" })
	if first := fixed.relay.Calls()[0]; first.Path != cloudstate.Discover {
		t.Errorf("the first call is %v", first)
	}
	o := observe(t, cloudstate.Behaviour{}, nil)
	o.relay.Cut()
	calls := o.relay.Await(t, "it is discovered again", func(calls []cloudstate.Call) bool { return len(of(calls, cloudstate.Discover)) == 2 })
	var paths []string
	for _, c := range calls[:4] {
		paths = append(paths, c.Path[strings.LastIndex(c.Path, "/"):])
	}
	if !slices.Equal(paths, []string{"/Discover", "/discover", "/Discover", "/discover"}) {
		t.Errorf("the calls are %q", paths)
	}
}

// Another dialect keeps the proxy from starting (DIA-CHOICE-006).
func TestUnknownDialect(t *testing.T) {
	t.Parallel()
	config := quick("127.0.0.1:1")
	config.Dialect = "v2"
	if err := Serve(t.Context(), config); err == nil || !strings.Contains(err.Error(), "auto, v1 and cloudstate-0.2") {
		t.Errorf("the proxy ends with %v", err)
	}
}

// Retries come at most 1 s apart while nobody answers (DIA-CHOICE-007). The connections
// come to a listener that ends each at once.
func TestObserverSeesRetries(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", loopback)
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan time.Time, 64)
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			came <- time.Now()
			conn.Close()
		}
	})
	t.Cleanup(accepting.Wait)
	t.Cleanup(func() { listener.Close() })
	runProxy(t, quick(listener.Addr().String()))
	last := take(t, came)
	for range 7 {
		next := take(t, came)
		if gap := next.Sub(last); gap > 2*time.Second {
			t.Errorf("a pause of %v", gap)
		}
		last = next
	}
}

// A refused answer is not asked for again before a new connection (DISC-REFUSE-003).
func TestObserverSeesNoRetryOfARefusal(t *testing.T) {
	t.Parallel()
	f := cloudstate.Start(t, cloudstate.Behaviour{Discover: func(a *discoveryv1.DiscoverResponse) { a.Entities = nil }})
	relay := cloudstate.NewRelay(t, f.Target)
	t.Cleanup(func() { relay.Check(t) })
	r := runProxy(t, quick(relay.Target))
	reported := func(n int) {
		relay.Await(t, "the refusal is reported", func(calls []cloudstate.Call) bool {
			reports := of(calls, cloudstate.ReportError)
			return len(reports) == n && ended(reports...)
		})
	}
	reported(1)
	if code, reason := r.ready(t); code == 200 || !strings.Contains(reason, "DISC-ENT-003") {
		t.Errorf("ready says %d, %q", code, reason)
	}
	relay.Cut()
	reported(2)
	discoveries := of(relay.Calls(), cloudstate.Discover)
	if len(discoveries) != 2 || discoveries[0].Connection == discoveries[1].Connection {
		t.Errorf("the discoveries are %v", discoveries)
	}
}

// The bytes of a command's payload are the caller's, in whatever order and with whatever
// fields (CORE-CMD-004), and its metadata less the transport's, bytes as bytes
// (CORE-META-001, META-ENTRY-001).
func TestObserverSeesTheCommand(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	request := append(protowire.AppendString(protowire.AppendTag(nil, 99, protowire.BytesType), "later"), cloudstate.Request("a", "")...)
	request = append(cloudstate.Request("", "emit x"), request...)
	if _, err := o.Call(cloudstate.Method(cloudstate.Ledger, "Do"), request, "x-color", "red", "x-raw-bin", "\x00\xff"); err != nil {
		t.Fatal(err)
	}
	o.Must(cloudstate.Ledger, "a", "", "x")
	sent := of(o.relay.Calls(), cloudstate.EventSourced)[0].Sent()
	command := read(t, sent[1], new(eventsourcedv1.HandleRequest)).GetCommand()
	if string(command.GetPayload().GetValue()) != string(request) || command.GetPayload().GetTypeUrl() != "type.googleapis.com/test.shop.Request" {
		t.Errorf("the payload is %v", command.GetPayload())
	}
	entries := map[string]string{}
	for _, e := range command.GetMetadata().GetEntries() {
		entries[e.GetKey()] = e.GetStringValue() + string(e.GetBytesValue())
	}
	if len(entries) != 2 || entries["x-color"] != "red" || entries["x-raw-bin"] != "\x00\xff" {
		t.Errorf("the metadata is %v", command.GetMetadata())
	}
	if bare := read(t, sent[2], new(eventsourcedv1.HandleRequest)).GetCommand(); bare.GetMetadata() != nil {
		t.Errorf("the metadata of a bare call is %v", bare.GetMetadata())
	}
}

// Ids may hold "-" and ":", and one id under several services and kinds is as many
// entities (DIA-KEY-003, DISC-ENT-002). All four kinds are served (DIA-INFO-002).
func TestObserverSeesEntityIDs(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, kind := range stateful {
		if _, err := o.Do(kind.service, "a-b:c", kind.change); err != nil {
			t.Fatal(err)
		}
	}
	o.Must(cloudstate.Ledger, "a-b:c", "", "x")
	o.Must(cloudstate.Profile, "a-b:c", "", "x")
	if n := len(o.relay.Of(cloudstate.EventSourced, cloudstate.ValueEntity, cloudstate.Crdt)); n != 3 {
		t.Errorf("%d streams for three entities", n)
	}
	if got, err := o.Call(cloudstate.Method(cloudstate.Converter, "Unary"), cloudstate.Request("", "reply hello")); err != nil || got != "hello" {
		t.Errorf("an action answered %q, %v", got, err)
	}
}

// The first init of each kind: no snapshot, an empty state, no delta (ES-REPLAY-001,
// VAL-INIT-003, VAL-INIT-006, REP-INIT-003).
func TestObserverSeesInits(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, kind := range stateful {
		if _, err := o.Do(kind.service, "a", ""); err != nil {
			t.Fatal(err)
		}
	}
	first := func(path string) []byte { return of(o.relay.Calls(), path)[0].Sent()[0] }
	if init := read(t, first(cloudstate.EventSourced), new(eventsourcedv1.HandleRequest)).GetInit(); init.GetSnapshot() != nil || init.GetServiceName() != cloudstate.Ledger {
		t.Errorf("event sourced: %v", init)
	}
	if init := read(t, first(cloudstate.ValueEntity), new(valuev1.HandleRequest)).GetInit(); init.GetState() == nil || init.GetState().GetValue() != nil {
		t.Errorf("value: %v", init)
	}
	if init := read(t, first(cloudstate.Crdt), new(replicatedv1.HandleRequest)).GetInit(); init.GetDelta() != nil {
		t.Errorf("replicated: %v", init)
	}
}

// A failure that changes nothing: the same stream, the next id; the status message is
// exactly the description, in any language (DIA-LIFE-004, DIA-ANSWER-002, CORE-FAIL-003).
func TestObserverSeesAFailure(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, kind := range stateful {
		o.fails(kind.service, "a", "fail  zu wenig für 5 €: 100%", codes.Unknown, " zu wenig für 5 €: 100%")
		if _, err := o.Do(kind.service, "a", kind.change); err != nil {
			t.Fatal(err)
		}
		if streams := o.relay.Of(kind.path); len(streams) != 1 || len(streams[0].Sent()) != 3 {
			t.Errorf("%s: the streams are %v", kind.service, streams)
		}
	}
}

// A failure with restart: the error, the half-close, and at once a new stream with init
// and what is stored, no command waiting; the next has id 1 (DIA-LIFE-001,
// CORE-RESTART-001, ES-REPLAY-002, CORE-CMD-001).
func TestObserverSeesARestart(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for _, kind := range stateful {
		t.Run(kind.service, func(t *testing.T) {
			if _, err := o.Do(kind.service, "a", kind.change); err != nil {
				t.Fatal(err)
			}
			o.fails(kind.service, "a", "restart again", codes.Unknown, "again")
			messages := 1 // the init
			if kind.path == cloudstate.EventSourced {
				messages = 2
			}
			o.relay.Await(t, "a new stream has what is stored", func(calls []cloudstate.Call) bool {
				streams := of(calls, kind.path)
				return len(streams) == 2 && len(streams[1].Sent()) == messages
			})
			old := of(o.relay.Calls(), kind.path)[0]
			if _, closed := old.Find(cloudstate.HalfClose); !closed || old.End().Code != codes.OK {
				t.Errorf("the old stream is %v", old)
			}
			if _, err := o.Do(kind.service, "a", ""); err != nil { // the observer checks its id
				t.Fatal(err)
			}
		})
	}
}

// A value's delete closes nothing and brings no new init (VAL-CMD-011).
func TestObserverSeesAValueDeleted(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	o.Must(cloudstate.Profile, "a", "set x", "x")
	o.Must(cloudstate.Profile, "a", "delete", "")
	o.Must(cloudstate.Profile, "a", "set y", "y")
	if streams := o.relay.Of(cloudstate.ValueEntity); len(streams) != 1 || len(streams[0].Sent()) != 4 {
		t.Errorf("the streams are %v", streams)
	}
}

// Passivation at 100 ms: a half-close within 2 s, and the function's own end
// (DIA-LIFE-002, CORE-PASS-002). What is stored comes back.
func TestObserverSeesPassivation(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Discover: both(passivated(cloudstate.Ledger), passivated(cloudstate.Profile), passivated(cloudstate.Presence))}, nil)
	for _, kind := range stateful {
		if _, err := o.Do(kind.service, "a", kind.change); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range stateful {
		stream := o.awaitStreams(kind.path, 1, 0)[0]
		half, closed := stream.Find(cloudstate.HalfClose)
		answered := stream.Events[slices.IndexFunc(stream.Events, func(e cloudstate.Event) bool { return e.What == cloudstate.Message && !e.FromProxy })]
		if rest := half.At.Sub(answered.At); !closed || rest > 2*time.Second || rest < 100*time.Millisecond || stream.End().Code != codes.OK {
			t.Errorf("%s: closed after %v: %v", kind.service, rest, stream)
		}
	}
	o.Must(cloudstate.Ledger, "a", "", "x")
	o.Must(cloudstate.Profile, "a", "", "x")
	o.Must(cloudstate.Presence, "a", "", "0")
	init := read(t, o.relay.Of(cloudstate.Crdt)[1].Sent()[0], new(replicatedv1.HandleRequest)).GetInit()
	if init.GetDelta().GetGcounter().GetIncrement() != 1 {
		t.Errorf("the init is %v", init)
	}
}

// stream_cancelled has the entity's id and that of its command, and takes none
// (REP-CANCEL-001, DIA-LIFE-007).
func TestObserverSeesACancel(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	watch, cancel := o.watch("a", "reply first")
	watch.Want("first")
	o.Must(cloudstate.Presence, "a", "update gcounter{increment:1}; tell more", "0")
	watch.Want("more")
	cancel()
	calls := o.relay.Await(t, "the cancel is answered", func(calls []cloudstate.Call) bool {
		return len(of(calls, cloudstate.Crdt)[0].Answered()) == 4
	})
	sent := of(calls, cloudstate.Crdt)[0].Sent()
	if c := read(t, sent[3], new(replicatedv1.HandleRequest)).GetStreamCancelled(); c.GetEntityId() != "a" || c.GetId() != 1 {
		t.Errorf("cancelled by %v", c)
	}
	o.Must(cloudstate.Presence, "a", "", "0") // the observer checks its id
}

// An action's streamed calls: the function's stream and its first message go out when
// the caller's call opens; later messages have the payload alone; the half-close is
// passed on; one call for each (ACT-OPEN-001, ACT-OPEN-003, ACT-REQ-001, ACT-END-001,
// ACT-CALL-001).
func TestObserverSeesStreamedActions(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	for path, method := range map[string]string{cloudstate.ActionIn: "StreamedIn", cloudstate.ActionStreamed: "Streamed"} {
		call, _ := o.open(cloudstate.Method(cloudstate.Converter, method))
		o.relay.Await(t, "the first message has come", func(calls []cloudstate.Call) bool {
			opened := of(calls, path)
			return len(opened) == 1 && len(opened[0].Sent()) == 1
		})
		first := read(t, of(o.relay.Calls(), path)[0].Sent()[0], new(actionv1.ActionCommand))
		if first.GetServiceName() != cloudstate.Converter || first.GetName() != method {
			t.Errorf("%s begins with %v", method, first)
		}
		call.Send(cloudstate.Request("", "one"))
		call.Close()
		call.Want("one")
		if _, err := call.Next(); err == nil || err.Error() != "EOF" {
			t.Errorf("%s ends with %v", method, err)
		}
		ends := o.relay.Await(t, "the call ends", func(calls []cloudstate.Call) bool { return ended(of(calls, path)...) })
		if _, closed := of(ends, path)[0].Find(cloudstate.HalfClose); !closed || len(of(ends, path)) != 1 {
			t.Errorf("%s is %v", method, of(ends, path))
		}
	}
}

// An item with effects alone gives the caller nothing, and the stream goes on; a failure
// ends the call though the caller's side is open (ACT-ANSWER-005, ACT-FAIL-003).
func TestObserverSeesItems(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{}, nil)
	call, _ := o.open(cloudstate.Method(cloudstate.Converter, "Streamed"), cloudstate.Request("", "silent; sync Ledger Do a emit x"), cloudstate.Request("", "reply next"))
	call.Want("next")
	call.Send(cloudstate.Request("", "fail enough"))
	if _, err := call.Next(); status.Code(err) != codes.Unknown || status.Convert(err).Message() != "enough" {
		t.Errorf("the call ends with %v", err)
	}
}

// A subscription that is not served stands in the log, and the function is told nothing;
// its method is served (DIA-DISC-007). Of a service that no entity serves nothing is read
// (DIA-DISC-002).
func TestObserverSeesNoReportOfASubscription(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Discover: func(answer *discoveryv1.DiscoverResponse) {
		set := cloudstate.Files(cloudstate.KeyOption)
		cloudstate.Subscribe(set, "Converter", "Unary", "ledger")
		cloudstate.Subscribe(set, "Unserved", "Do", "nothing")
		answer.Proto = cloudstate.Answer(set).GetProto()
	}}, nil)
	if got, err := o.Call(cloudstate.Method(cloudstate.Converter, "Unary"), cloudstate.Request("", "hello")); got != "hello" || err != nil {
		t.Errorf("the method gives %q, %v", got, err)
	}
	if reports := o.f.Reports(); len(reports) > 0 {
		t.Errorf("the function is told %q", reports)
	}
}

// A replay of many events is whole, in order, and paced by the function (ES-REPLAY-002).
func TestObserverSeesALongReplay(t *testing.T) {
	t.Parallel()
	o := observe(t, cloudstate.Behaviour{Discover: passivated(cloudstate.Ledger)}, nil)
	var steps []string
	for n := range 500 {
		steps = append(steps, fmt.Sprintf("emit %d", n))
	}
	if _, err := o.Do(cloudstate.Ledger, "a", strings.Join(steps, "; ")); err != nil {
		t.Fatal(err)
	}
	o.awaitStreams(cloudstate.EventSourced, 1, 0)
	got, err := o.Do(cloudstate.Ledger, "a", "")
	if words := strings.Fields(got); err != nil || len(words) != 500 || words[499] != "499" {
		t.Errorf("the state is %q, %v", got, err)
	}
}

// What was stored for a function of version 1 is given to one of 0.2 under the same
// persistence id and entity id, with the same bytes (DIA-SAME-002).
func TestDialectsShareTheirState(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	durable := func(c *Config) { c.Store, c.Data = StorePebble, data }
	config := quick(functiontest.Start(t, loopback, functiontest.Script{}).Target)
	durable(&config)
	first := runProxy(t, config)
	first.dial(t).mustAdd(t, "a", 5, 5)
	if err := first.halt(t); err != nil {
		t.Fatal(err)
	}
	o := observe(t, cloudstate.Behaviour{Discover: func(a *discoveryv1.DiscoverResponse) { a.Entities[0].PersistenceId = "counter" }}, durable)
	if _, err := o.Do(cloudstate.Ledger, "a", ""); err != nil {
		t.Fatal(err)
	}
	event := read(t, o.relay.Of(cloudstate.EventSourced)[0].Sent()[1], new(eventsourcedv1.HandleRequest)).GetEvent()
	want, err := anypb.New(wrapperspb.Int64(5))
	if err != nil {
		t.Fatal(err)
	}
	if event.GetSequence() != 1 || !proto.Equal(event.GetPayload(), want) {
		t.Errorf("the event is %v", event)
	}
}
