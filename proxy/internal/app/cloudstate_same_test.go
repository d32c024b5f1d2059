package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// asked is a call of an entity or of an action, in the same words in both dialects.
type asked struct {
	service, id, steps string
	// in02 is what a caller gets in 0.2 and no caller in version 1, where the table of
	// what reads otherwise says so; empty where both get the same.
	in02 string
}

// everything is a bit of each that functions of both dialects do.
var everything = []asked{
	{service: "Ledger", steps: "emit x; emit y"},
	{service: "Ledger", steps: "emit z; snapshot"},
	{service: "Ledger", steps: "emit w; meta x-color=red; meta x-raw-bin=\x01"},
	{service: "Ledger", steps: "fail not now"},
	{service: "Ledger", steps: "emit q; fail nothing of it"},
	{service: "Ledger", steps: ""},
	{service: "Ledger", steps: "emit q; restart again"},
	{service: "Ledger", steps: "snapshot"},
	{service: "Ledger", steps: "emit v; silent"},
	{service: "Ledger", steps: "blank"},
	{service: "Ledger", steps: "sync Ledger Do b emit 1; sync Profile Do b set 2; sync Nowhere Do b; reply effects"},
	{service: "Ledger", steps: "emit u; forward Profile Do b set 3"},
	{service: "Ledger", steps: "forward Nowhere Do b"},
	{service: "Ledger", steps: "forward Converter StreamedOut b"},
	{service: "Ledger", steps: "emit q; broken0 boom", in02: "Unknown"},
	{service: "Ledger", steps: "emit q; wrong", in02: "Unknown"},
	{service: "Ledger", steps: "emit q; empty", in02: "Unknown"},
	{service: "Ledger", steps: "emit q; close", in02: "Unknown"},
	{service: "Ledger", steps: ""},
	{service: "Ledger", id: "other", steps: "fail no; sync Ledger Do never emit x"},
	{service: "Ledger", id: "never", steps: ""},
	{service: "Profile", steps: "set x"},
	{service: "Profile", steps: "set y; fail nothing of it"},
	{service: "Profile", steps: ""},
	{service: "Profile", steps: "nothing"},
	{service: "Profile", steps: "caseless"},
	{service: "Profile", steps: "delete"},
	{service: "Profile", steps: "restart again"},
	{service: "Profile", steps: "set z; forward Ledger Do b"},
	{service: "Profile", steps: "set q; broken0 boom", in02: "Unknown"},
	{service: "Profile", steps: "set q; wrong", in02: "Unknown"},
	{service: "Profile", steps: "set q; empty", in02: "Unknown"},
	{service: "Profile", steps: "set q; status 3 boom", in02: "Unknown"},
	{service: "Profile", steps: ""},
	{service: "Presence", id: "counter", steps: "update gcounter{increment:2}; majority"},
	{service: "Presence", id: "counter", steps: "update gcounter{increment:1}; fail nothing of it"},
	{service: "Presence", id: "counter", steps: "update flag{value:true}"},
	{service: "Presence", id: "counter", steps: "restart again"},
	{service: "Presence", id: "counter", steps: "update gcounter{increment:3}; all"},
	{service: "Presence", id: "counter", steps: "update gcounter{increment:4}; broken0 boom", in02: "Unknown"},
	{service: "Presence", id: "counter", steps: "update gcounter{increment:4}; wrong", in02: "Unknown"},
	{service: "Presence", id: "counter", steps: "update gcounter{increment:4}; empty", in02: "Unknown"},
	{service: "Presence", id: "counter", steps: "update gcounter{increment:4}; close", in02: "Unknown"},
	{service: "Presence", id: "counter", steps: ""},
	{service: "Presence", id: "set", steps: `update orset{added:{type_url:"t/x" value:"x"}}`},
	{service: "Presence", id: "set", steps: `update orset{cleared:true added:{type_url:"t/y" value:"y"}}`},
	{service: "Presence", id: "set", steps: "restart again"},
	{service: "Presence", id: "set", steps: ""},
	{service: "Presence", id: "register", steps: `update lwwregister{value:{type_url:"t/x" value:"x"} clock:CLOCK_CUSTOM custom_clock_value:9}`},
	{service: "Presence", id: "register", steps: `update lwwregister{value:{type_url:"t/y" value:"y"} clock:CLOCK_CUSTOM custom_clock_value:5}`},
	{service: "Presence", id: "register", steps: ""},
	{service: "Presence", id: "deleted", steps: "delete; reply gone"},
	{service: "Presence", id: "deleted", steps: "", in02: "Unknown"},
	{service: "Converter", steps: "reply hello; meta x-color=red"},
	{service: "Converter", steps: "fail no"},
	{service: "Converter", steps: "silent"},
	{service: "Converter", steps: "status 9 not now"},
	{service: "Converter", steps: "sync Ledger Do b emit 4; forward Ledger Do b"},
	{service: "Ledger", steps: "sync " + lastReported + " Do b; reply done"},
}

// lastReported is the service that the last report to either function is about.
const lastReported = "Elsewhere"

// TestDialectsAreTheSame covers DIA-SAME-001: two functions that do the same, one of each
// dialect, are sent the same messages on the same streams, and their callers get the same,
// but for what the dialect's chapter lists.
func TestDialectsAreTheSame(t *testing.T) {
	t.Parallel()
	old := observe(t, cloudstate.Behaviour{}, nil)
	f := cloudstate.Start(t, cloudstate.Behaviour{V1: true})
	relay := cloudstate.NewRelay(t, f.Target)
	proxy := runProxy(t, quick(relay.Target))
	caller := cloudstate.Dial(t, take(t, proxy.ports[PortService]))
	for n, ask := range everything {
		in02, code02 := answerTo(old.Caller, ask)
		inV1, codeV1 := answerTo(caller, ask)
		if ask.in02 == "" && in02 != inV1 || ask.in02 != "" && (code02.String() != ask.in02 || codeV1 == code02) {
			t.Errorf("call %d, %v: in 0.2 %q, in version 1 %q", n, ask, in02, inV1)
		}
	}
	reports02, reportsV1 := reported(t, old.relay, cloudstate.ReportError), reported(t, relay, cloudstate.InV1(cloudstate.ReportError))
	if len(reports02) != len(reportsV1) {
		t.Fatalf("reported in 0.2: %q; in version 1: %q", reports02, reportsV1)
	}
	for n, report := range reportsV1 { // DIA-REPORT-001: one text has it all
		if in02 := reports02[n].GetMessage(); !strings.HasPrefix(in02, report.GetCode()) || !strings.HasSuffix(in02, report.GetMessage()) {
			t.Errorf("report %d in 0.2 is %q; in version 1 %v", n, in02, report)
		}
	}
	for _, r := range []*running{old.running, proxy} { // what is open is half-closed
		if err := r.halt(t); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{cloudstate.EventSourced, cloudstate.ValueEntity, cloudstate.Crdt, cloudstate.ActionUnary} {
		in02, inV1 := played(t, path, old.relay.Of(path)), played(t, path, relay.Of(cloudstate.InV1(path)))
		if diff := cmp.Diff(in02, inV1); diff != "" || len(in02) == 0 {
			t.Errorf("%s (-in 0.2 +in version 1):\n%s", path, diff)
		}
	}
}

// answerTo asks, and returns all that the caller gets, and its code.
func answerTo(caller *cloudstate.Caller, ask asked) (string, codes.Code) {
	method, id := "Do", ask.id
	switch {
	case ask.service == "Converter":
		method = "Unary"
	case id == "":
		id = "a"
	}
	text, headers, err := caller.Headers("/test.shop."+ask.service+"/"+method, cloudstate.Request(id, ask.steps), "x-asked", "1", "x-asked-bin", "\x00\xff")
	return fmt.Sprintf("%q, %q %q, %v", text, headers["x-color"], headers["x-raw-bin"], err), status.Code(err)
}

// reported waits for the last report, and returns all.
func reported(tb testing.TB, relay *cloudstate.Relay, path string) []*discoveryv1.ReportErrorRequest {
	tb.Helper()
	var all []*discoveryv1.ReportErrorRequest
	relay.Await(tb, "the last report comes", func([]cloudstate.Call) bool {
		all = nil
		for _, call := range relay.Of(path) {
			for _, message := range call.Sent() {
				all = append(all, read(tb, message, new(discoveryv1.ReportErrorRequest)))
			}
		}
		return len(all) > 0 && strings.Contains(all[len(all)-1].GetMessage(), lastReported)
	})
	return all
}

// played is what the proxy did in each of the calls, without what 0.2 lacks.
func played(tb testing.TB, path string, calls []cloudstate.Call) []string {
	tb.Helper()
	var all []string
	for _, call := range calls {
		var did strings.Builder
		for _, e := range call.Events {
			switch {
			case e.What == cloudstate.Message && e.FromProxy:
				request := requestOn(path)
				read(tb, e.Bytes, request)
				wire.Cloudstate().Lacks.Strip(request)
				text, err := prototext.MarshalOptions{Multiline: true}.Marshal(request)
				if err != nil {
					tb.Fatal(err)
				}
				did.Write(text) // spaced alike in one process
			case e.What == cloudstate.HalfClose:
				did.WriteString("half-close\n")
			}
		}
		all = append(all, did.String())
	}
	return all
}

// requestOn returns what the proxy sends in a call of the path.
func requestOn(path string) proto.Message {
	switch path {
	case cloudstate.EventSourced:
		return new(eventsourcedv1.HandleRequest)
	case cloudstate.ValueEntity:
		return new(valuev1.HandleRequest)
	case cloudstate.Crdt:
		return new(replicatedv1.HandleRequest)
	default:
		return new(actionv1.ActionCommand)
	}
}
