package app

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

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
