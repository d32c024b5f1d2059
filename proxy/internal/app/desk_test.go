package app

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/structpb"

	adminv1alpha1 "github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1"
	"github.com/stateward/stateward/proxy/gen/stateward/proxy/admin/v1alpha1/adminv1alpha1connect"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// asks returns a client of the proxy's admin service.
func (r *running) asks(tb testing.TB, options ...connect.ClientOption) adminv1alpha1connect.AdminServiceClient {
	tb.Helper()
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	tb.Cleanup(transport.CloseIdleConnections)
	return adminv1alpha1connect.NewAdminServiceClient(&http.Client{Transport: transport}, "http://"+r.admin, options...)
}

// patiently returns a context with a deadline.
func patiently(tb testing.TB) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	tb.Cleanup(cancel)
	return ctx
}

// wants fails the test on an error.
func wants[T any](tb testing.TB) func(T, error) T {
	tb.Helper()
	return func(answer T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return answer
	}
}

// wantRefusal checks an error's code, and that it says so.
func wantRefusal(tb testing.TB, err error, code connect.Code, text string) {
	tb.Helper()
	if connect.CodeOf(err) != code || !strings.Contains(err.Error(), text) {
		tb.Errorf("it gave %v; want %v: %s", err, code, text)
	}
}

// asJSON is the JSON of a value, always the same.
func asJSON(tb testing.TB, value *structpb.Value) string {
	tb.Helper()
	text, err := json.Marshal(value.AsInterface())
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// TestAdminShowsEntities looks at an entity of each kind, of a function of each dialect:
// in memory and in the store, before and after it is passivated.
func TestAdminShowsEntities(t *testing.T) {
	for dialect, behaviour := range map[string]cloudstate.Behaviour{"v1": {V1: true}, "cloudstate-0.2": {}} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			f := cloudstate.Start(t, behaviour)
			proxy := runProxy(t, quick(f.Target))
			caller := cloudstate.Dial(t, take(t, proxy.ports[PortService]))
			caller.Must(cloudstate.Ledger, "a<b>", "emit 1; emit 2; snapshot", "1 2")
			caller.Must(cloudstate.Ledger, "a<b>", "json 3; raw nowhere/no.Type x", "1 2 3 x")
			caller.Must(cloudstate.Profile, "p", "set x", "x")
			caller.Must(cloudstate.Presence, "counter", "update gcounter{increment:2}", "0")
			service := adminService{proxy.asks(t), patiently(t)}

			journal := service.entity(t, cloudstate.Ledger, "a<b>")
			if j := journal.GetJournal(); j.GetSequence() != 4 || j.GetSnapshotSequence() != 2 || journal.GetEntity().GetKind() != adminv1alpha1.Kind_KIND_EVENT_SOURCED ||
				journal.GetEntity().GetActivation().GetLastCommand() != "Do" {
				t.Errorf("the journal is %v", journal)
			}
			value := service.entity(t, cloudstate.Profile, "p")
			if value.GetValue().GetRevision() != 1 || asJSON(t, value.GetValue().GetValue().GetJson()) == "null" || value.GetEntity().GetKind() != adminv1alpha1.Kind_KIND_VALUE {
				t.Errorf("the value is %v", value)
			}
			replica := service.entity(t, cloudstate.Presence, "counter")
			if replica.GetReplica().GetType() != "GCounter" || asJSON(t, replica.GetReplica().GetValue()) != "2" {
				t.Errorf("the replica is %v", replica)
			}
			service.history(t, cloudstate.Ledger, "a<b>")
			service.lists(t)

			for _, id := range [][2]string{{cloudstate.Ledger, "a<b>"}, {cloudstate.Profile, "p"}, {cloudstate.Presence, "counter"}} {
				service.passivate(t, id[0], id[1])
				if shown := service.entity(t, id[0], id[1]); shown.GetEntity().GetActivation() != nil || shown.GetState() == nil {
					t.Errorf("after its passivation %v is %v", id, shown)
				}
			}
			if asJSON(t, service.entity(t, cloudstate.Presence, "counter").GetReplica().GetValue()) != "2" {
				t.Error("the replica is not what is stored")
			}
			service.refuses(t)
		})
	}
}

// adminService is a client with a deadline.
type adminService struct {
	adminv1alpha1connect.AdminServiceClient

	ctx context.Context
}

func (s adminService) entity(t *testing.T, service, key string) *adminv1alpha1.GetEntityResponse {
	t.Helper()
	return wants[*adminv1alpha1.GetEntityResponse](t)(s.GetEntity(s.ctx, &adminv1alpha1.GetEntityRequest{Service: service, Key: key}))
}

// passivate passivates an entity as soon as it rests: its last answer came a little before.
func (s adminService) passivate(t *testing.T, service, key string) {
	t.Helper()
	for {
		_, err := s.Passivate(s.ctx, &adminv1alpha1.PassivateRequest{Service: service, Key: key})
		if err == nil {
			return
		}
		if connect.CodeOf(err) != connect.CodeFailedPrecondition {
			t.Fatal(err)
		}
	}
}

// history reads events in pages: each once, the newest first, across the snapshot.
func (s adminService) history(t *testing.T, service, key string) {
	t.Helper()
	var sequences []int64
	var last *adminv1alpha1.Event
	request := &adminv1alpha1.ListEventsRequest{Service: service, Key: key, PageSize: 3}
	for first := true; first || request.GetPageToken() != ""; first = false {
		page := wants[*adminv1alpha1.ListEventsResponse](t)(s.ListEvents(s.ctx, request))
		for _, event := range page.GetEvents() {
			sequences = append(sequences, event.GetSequence())
			if event.GetSequence() == 3 {
				last = event
			}
			if event.GetSequence() == 4 && (event.GetPayload().GetProblem() == "" || len(event.GetPayload().GetBytes()) == 0) {
				t.Errorf("what nobody knows is %v", event.GetPayload())
			}
			if time.Since(event.GetTime().AsTime()) > time.Minute {
				t.Errorf("event %d is of %v", event.GetSequence(), event.GetTime())
			}
		}
		request.PageToken = page.GetNextPageToken()
	}
	if !slices.Equal(sequences, []int64{4, 3, 2, 1}) || last.GetPayload().GetJson() == nil {
		t.Errorf("the events are %v; the third is %v", sequences, last)
	}
}

// lists asks for what is in memory, and in the store.
func (s adminService) lists(t *testing.T) {
	t.Helper()
	keys := func(request *adminv1alpha1.ListEntitiesRequest) (all []string) {
		for first := true; first || request.GetPageToken() != ""; first = false {
			page := wants[*adminv1alpha1.ListEntitiesResponse](t)(s.ListEntities(s.ctx, request))
			for _, e := range page.GetEntities() {
				all = append(all, e.GetKey())
			}
			request.PageToken = page.GetNextPageToken()
		}
		return all
	}
	for want, request := range map[string]*adminv1alpha1.ListEntitiesRequest{
		"a<b> counter p": {PageSize: 1},
		"a<b>":           {Kind: adminv1alpha1.Kind_KIND_EVENT_SOURCED},
		"p":              {Service: cloudstate.Profile, Stored: true},
		"":               {Prefix: "none"},
	} {
		if got := keys(request); strings.Join(got, " ") != want {
			t.Errorf("%v lists %q", request, got)
		}
	}
}

// refuses asks for what is not there, or not right.
func (s adminService) refuses(t *testing.T) {
	t.Helper()
	ledger := cloudstate.Ledger
	_, err := s.GetEntity(s.ctx, &adminv1alpha1.GetEntityRequest{Service: ledger, Key: "nobody"})
	wantRefusal(t, err, connect.CodeNotFound, "has no state")
	_, err = s.GetEntity(s.ctx, &adminv1alpha1.GetEntityRequest{Service: "elsewhere", Key: "a"})
	wantRefusal(t, err, connect.CodeNotFound, "does not serve")
	_, err = s.GetEntity(s.ctx, &adminv1alpha1.GetEntityRequest{Service: cloudstate.Converter, Key: "a"})
	wantRefusal(t, err, connect.CodeInvalidArgument, "no entities")
	_, err = s.ListEvents(s.ctx, &adminv1alpha1.ListEventsRequest{Service: cloudstate.Profile, Key: "p"})
	wantRefusal(t, err, connect.CodeInvalidArgument, "no events")
	_, err = s.ListEvents(s.ctx, &adminv1alpha1.ListEventsRequest{Service: ledger, Key: "a<b>", PageToken: "?"})
	wantRefusal(t, err, connect.CodeInvalidArgument, "page token")
	_, err = s.ListEntities(s.ctx, &adminv1alpha1.ListEntitiesRequest{Stored: true})
	wantRefusal(t, err, connect.CodeInvalidArgument, "give a service")
	_, err = s.ListEntities(s.ctx, &adminv1alpha1.ListEntitiesRequest{PageSize: -1})
	wantRefusal(t, err, connect.CodeInvalidArgument, "page_size")
	_, err = s.ListEntities(s.ctx, &adminv1alpha1.ListEntitiesRequest{PageToken: "a"})
	wantRefusal(t, err, connect.CodeInvalidArgument, "page token")
	_, err = s.Passivate(s.ctx, &adminv1alpha1.PassivateRequest{Service: ledger, Key: "nobody"})
	wantRefusal(t, err, connect.CodeNotFound, "not in memory")
	_, err = s.RetryEffect(s.ctx, &adminv1alpha1.RetryEffectRequest{Id: "none"})
	wantRefusal(t, err, connect.CodeNotFound, "parked")
	_, err = s.RemoveEffect(s.ctx, &adminv1alpha1.RemoveEffectRequest{Id: "none"})
	wantRefusal(t, err, connect.CodeNotFound, "parked")
}

// TestAdminOfEachStore reads the same from each backend that needs no server.
func TestAdminOfEachStore(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	for backend, config := range map[string]Config{StorePebble: durably(f.Target, t.TempDir()), StoreMemory: quick(f.Target)} {
		proxy := runProxy(t, config)
		caller := proxy.dial(t)
		for n := range int64(5) {
			caller.mustAdd(t, "a", 1, n+1)
		}
		service := proxy.asks(t)
		page := wants[*adminv1alpha1.ListEventsResponse](t)(service.ListEvents(patiently(t), &adminv1alpha1.ListEventsRequest{
			Service: "test.counter.v1.CounterService", Key: "a",
		}))
		if len(page.GetEvents()) != 5 || asJSON(t, page.GetEvents()[0].GetPayload().GetJson()) != `"1"` {
			t.Errorf("%s: %v", backend, page)
		}
		stats := wants[*adminv1alpha1.GetStoreStatsResponse](t)(service.GetStoreStats(patiently(t), new(adminv1alpha1.GetStoreStatsRequest)))
		if stats.GetBackend() != backend || stats.GetProblem() != "" || len(stats.GetFigures()) == 0 {
			t.Errorf("%s says %v", backend, stats)
		}
	}
}

// TestAdminProtocols asks by each protocol that the service speaks, and with curl's plain
// JSON.
func TestAdminProtocols(t *testing.T) {
	proxy := runProxy(t, quick(functiontest.Start(t, loopback, functiontest.Script{}).Target))
	proxy.dial(t).mustAdd(t, "a", 1, 1)
	for name, options := range map[string][]connect.ClientOption{
		"connect": nil, "json": {connect.WithProtoJSON()}, "get": {connect.WithHTTPGet()}, "grpc": {connect.WithGRPC()}, "grpc-web": {connect.WithGRPCWeb()},
	} {
		service := proxy.asks(t, options...)
		overview, err := service.GetOverview(patiently(t), new(adminv1alpha1.GetOverviewRequest))
		if err != nil || overview.GetOverview().GetActive() != 1 {
			t.Errorf("%s: %v, %v", name, overview, err)
		}
		_, err = service.RetryEffect(patiently(t), &adminv1alpha1.RetryEffectRequest{Id: "none"})
		wantRefusal(t, err, connect.CodeNotFound, "none")
	}
}

// TestAdminWatch sees an entity come and leave, and the commands counted; the stream ends
// with the proxy.
func TestAdminWatch(t *testing.T) {
	proxy := runProxy(t, quick(functiontest.Start(t, loopback, functiontest.Script{}).Target))
	caller := proxy.dial(t)
	service := adminService{proxy.asks(t), patiently(t)}
	stream := wants[*connect.ServerStreamForClient[adminv1alpha1.WatchResponse]](t)(service.Watch(service.ctx, new(adminv1alpha1.WatchRequest)))
	defer stream.Close()
	until := func(what string, seen func(*adminv1alpha1.WatchResponse) bool) {
		t.Helper()
		for stream.Receive() {
			if seen(stream.Msg()) {
				return
			}
		}
		t.Fatalf("the stream ended before %s: %v", what, stream.Err())
	}
	until("it began", func(r *adminv1alpha1.WatchResponse) bool { return r.GetOverview() != nil })
	caller.mustAdd(t, "a", 1, 1)
	until("the entity came", func(r *adminv1alpha1.WatchResponse) bool {
		return r.GetPassage().GetKey() == "a" && r.GetPassage().GetCame()
	})
	until("its command was counted", func(r *adminv1alpha1.WatchResponse) bool {
		seconds := r.GetOverview().GetSeconds()
		return len(seconds) == 1 && seconds[0].GetCommands() > 0 && seconds[0].GetP99Ms() > 0
	})
	service.passivate(t, "test.counter.v1.CounterService", "a")
	until("the entity left", func(r *adminv1alpha1.WatchResponse) bool { return r.GetPassage().GetReason() == "limit" })
	if err := proxy.halt(t); err != nil {
		t.Error(err)
	}
	for stream.Receive() {
	}
	if err := stream.Err(); err != nil {
		t.Errorf("the stream ended with %v", err)
	}
}

// TestAdminFunction shows an answer with its mistakes and their places, and then one
// without.
func TestAdminFunction(t *testing.T) {
	files := descriptortest.Files()
	files.File[2].MessageType[0].Field[0].Options = nil // AddRequest.id is no key any more
	f := functiontest.Start(t, loopback, saying(descriptortest.Answer(files)))
	proxy := runProxy(t, quick(f.Target))
	service := proxy.asks(t)
	get := func() *adminv1alpha1.GetFunctionResponse {
		return wants[*adminv1alpha1.GetFunctionResponse](t)(service.GetFunction(patiently(t), new(adminv1alpha1.GetFunctionRequest)))
	}
	shown := get()
	for shown.GetDiscovered() == nil {
		shown = get()
	}
	place := shown.GetMistakes()[0].GetPlaces()[0]
	if shown.GetServes() || !shown.GetRefused() || len(shown.GetReasons()) == 0 || place.GetFile() != "test/counter/v1/counter.proto" || place.GetLine() == 0 {
		t.Errorf("a wrong answer is shown as %v", shown)
	}
	f.Stop()
	functiontest.Start(t, f.Target, functiontest.Script{})
	proxy.dial(t)
	shown = get()
	if !shown.GetServes() || shown.GetRefused() || len(shown.GetMistakes()) != 0 || len(shown.GetServices()) != 1 {
		t.Fatalf("a right answer is shown as %v", shown)
	}
	add := shown.GetServices()[0].GetMethods()[0]
	if add.GetName() != "Add" || add.GetRequest() != "test.counter.v1.AddRequest" || !slices.Equal(add.GetKey(), []string{"id"}) {
		t.Errorf("its first method is %v", add)
	}
}

// TestAdminEffects retries a parked effect, and removes it.
func TestAdminEffects(t *testing.T) {
	function, target := startMailer(t)
	function.to = "test.counter.v1.Nowhere" // What can never be sent is parked at once (FX-DUR-011).
	proxy := runProxy(t, quick(target))
	proxy.dial(t).mustAdd(t, "a", 1, 1)
	service := proxy.asks(t)
	list := func() []*adminv1alpha1.Effect {
		return wants[*adminv1alpha1.ListEffectsResponse](t)(service.ListEffects(patiently(t), new(adminv1alpha1.ListEffectsRequest))).GetEffects()
	}
	parked := list()
	for len(parked) == 0 {
		parked = list()
	}
	effect := parked[0]
	if effect.GetTarget() != "test.counter.v1.Nowhere/Get" || effect.GetSourceKey() != "a" || effect.GetText() == "" || effect.GetCode() != "Unimplemented" {
		t.Errorf("the effect is %v", effect)
	}
	wants[*adminv1alpha1.RetryEffectResponse](t)(service.RetryEffect(patiently(t), &adminv1alpha1.RetryEffectRequest{Id: effect.GetId()}))
	for parked = nil; len(parked) == 0; parked = list() {
	}
	wants[*adminv1alpha1.RemoveEffectResponse](t)(service.RemoveEffect(patiently(t), &adminv1alpha1.RemoveEffectRequest{Id: effect.GetId()}))
	if left := list(); len(left) != 0 {
		t.Errorf("what is left: %v", left)
	}
}

// TestAdminDrain stops the proxy, in order.
func TestAdminDrain(t *testing.T) {
	proxy := runProxy(t, quick(functiontest.Start(t, loopback, functiontest.Script{}).Target))
	proxy.dial(t).mustAdd(t, "a", 1, 1)
	service := proxy.asks(t)
	wants[*adminv1alpha1.DrainResponse](t)(service.Drain(patiently(t), new(adminv1alpha1.DrainRequest)))
	if err := take(t, proxy.ended); err != nil {
		t.Error(err)
	}
}

// TestAdminKeepsOthersOut: another site's page gets nothing, and a name that somebody has
// bound to this machine is not answered; probes are.
func TestAdminKeepsOthersOut(t *testing.T) {
	proxy := runProxy(t, quick(functiontest.Start(t, loopback, functiontest.Script{}).Target))
	proxy.dial(t) // The function is discovered.
	_, port, _ := net.SplitHostPort(proxy.admin)
	drain := "/stateward.proxy.admin.v1alpha1.AdminService/Drain"
	for name, test := range map[string]struct {
		method, path, host string
		header             http.Header
		want               int
	}{
		"a page of another site":      {"POST", drain, "", http.Header{"Sec-Fetch-Site": {"cross-site"}}, http.StatusForbidden},
		"an older browser":            {"POST", "/entities/passivate", "", http.Header{"Origin": {"http://evil.example"}}, http.StatusForbidden},
		"a name bound to us":          {"GET", "/", "evil.example:" + port, nil, http.StatusMisdirectedRequest},
		"a form sent by a link":       {"GET", "/entities/passivate", "", nil, http.StatusNotFound},
		"localhost":                   {"GET", "/", "localhost:" + port, nil, http.StatusOK},
		"a probe by whatever name":    {"GET", "/healthz", "pod.example", nil, http.StatusOK},
		"the page's own form":         {"POST", "/entities/passivate", "", http.Header{"Sec-Fetch-Site": {"same-origin"}}, http.StatusSeeOther},
		"a page that is not there":    {"GET", "/nothing", "", nil, http.StatusNotFound},
		"an entity that is not there": {"GET", "/entity?service=a&key=b", "", nil, http.StatusNotFound},
	} {
		request, err := http.NewRequestWithContext(patiently(t), test.method, "http://"+proxy.admin+test.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header, request.Host = test.header, test.host
		if request.Header == nil {
			request.Header = http.Header{}
		}
		response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != test.want {
			t.Errorf("%s gets %d, want %d", name, response.StatusCode, test.want)
		}
		if policy := response.Header.Get("Content-Security-Policy"); response.StatusCode == http.StatusOK && test.path == "/" && !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s has the policy %q", name, policy)
		}
	}
}
