package app

import (
	"slices"
	"strings"
	"testing"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

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
