package frontend_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// reply is what a caller by HTTP got.
type reply struct {
	Status  int
	Kind    string
	Body    string
	headers http.Header
}

// asks sends the request to the bench by the version of HTTP.
func (b *bench) asks(t *testing.T, http2 bool, r *http.Request) reply {
	t.Helper()
	url, client := b.overHTTP(t, http2)
	r.URL.Host, r.URL.Scheme = strings.TrimPrefix(url, "http://"), "http"
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{Status: response.StatusCode, Kind: response.Header.Get("Content-Type"), Body: string(body), headers: response.Header}
}

// post is a request for Add with the body and the headers, "name: value" each.
func post(t *testing.T, body string, headers ...string) *http.Request {
	t.Helper()
	return asking(t, http.MethodPost, descriptortest.Add, body, headers...)
}

func asking(t *testing.T, method, target, body string, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://proxy"+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header[http.CanonicalHeaderKey(name)] = append(r.Header[http.CanonicalHeaderKey(name)], value)
	}
	return r
}

// eachHTTP runs the test for both versions of HTTP (HTTP-PORT-001).
func eachHTTP(t *testing.T, run func(t *testing.T, http2 bool)) {
	t.Helper()
	for _, http2 := range []bool{false, true} {
		t.Run(map[bool]string{false: "HTTP/1.1", true: "HTTP/2"}[http2], func(t *testing.T) {
			t.Parallel()
			run(t, http2)
		})
	}
}

// TestHTTPCall covers HTTP-PORT-002, HTTP-PORT-003, HTTP-RULE-001, HTTP-REQ-001,
// HTTP-JSON-002, HTTP-TYPE-003, HTTP-META-002 and HTTP-META-003: what the function gets of a
// call by HTTP, and what the caller.
func TestHTTPCall(t *testing.T) {
	t.Parallel()
	eachHTTP(t, func(t *testing.T, http2 bool) {
		t.Helper()
		asked := make(chan request, 1)
		b := start(t, func(ctx context.Context, r request) (*entityv1.Reply, error) {
			asked <- r
			reply := total(42)
			for _, entry := range []string{
				"X-Cart: one", "x-cart: two", "date: never", "server: mine", "allow: PUT", "access-control-allow-origin: *", "no header: x",
			} {
				key, value, _ := strings.Cut(entry, ": ")
				reply.Metadata = appended(reply.GetMetadata(), key, value)
			}
			reply.Metadata.Entries = append(reply.Metadata.Entries, &entityv1.MetadataEntry{
				Key: "x-cart-bin", Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte{0, 255}},
			})
			return reply, nil
		})
		headers := []string{
			"Content-Type: application/json; charset=utf-8", "X-Tenant: t1", "X-Tenant: t2", "X-Raw-Bin: AP8=, AQ", "Traceparent: broken",
			"Idempotency-Key: k1", "Accept: text/event-stream",
		}
		want := request{
			Service: descriptortest.Service, Method: "Add", Bytes: []byte{0x0a, 0x01, 'a', 0x10, 0x07},
			Metadata: []string{"idempotency-key=k1", "x-raw-bin=\x00\xff", "x-raw-bin=\x01", "x-tenant=t1", "x-tenant=t2"},
		}
		if !http2 {
			headers = append(headers, "Connection: x-hop, keep-alive", "X-Hop: 1")
		}
		got := b.asks(t, http2, post(t, `{"amount":7,"id":"a"}`, headers...))
		if diff := cmp.Diff(want, <-asked); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(reply{Status: 200, Kind: "application/json", Body: `{"total":"42"}`}, got, cmp.AllowUnexported(reply{}), ignoreHeaders); diff != "" {
			t.Error(diff)
		}
		h := got.headers
		if !slices.Equal(h["X-Cart"], []string{"one", "two"}) || h.Get("X-Cart-Bin") != "AP8" || h.Get("Date") == "never" ||
			h.Get("Server") != "" || h.Get("Allow") != "" || h.Get("Access-Control-Allow-Origin") != "" || h.Get("Content-Length") != "14" {
			t.Errorf("response headers %v", h)
		}
		if counted := <-b.calls; counted != descriptortest.Service+"/Add OK" {
			t.Errorf("counted %q", counted)
		}
	})
}

var ignoreHeaders = cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "headers" }, cmp.Ignore()) //nolint:gochecknoglobals // read only

func appended(metadata *entityv1.Metadata, key, value string) *entityv1.Metadata {
	return &entityv1.Metadata{Entries: append(metadata.GetEntries(), &entityv1.MetadataEntry{
		Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value},
	})}
}

// TestHTTPFailure covers HTTP-STATUS-001, HTTP-ERROR-001, HTTP-ERROR-002, HTTP-ERROR-004 and
// HTTP-ERROR-006 for a call that the function refuses.
func TestHTTPFailure(t *testing.T) {
	t.Parallel()
	retry, err := anypb.New(&errdetails.RetryInfo{RetryDelay: durationpb.New(1500 * time.Millisecond)})
	if err != nil {
		t.Fatal(err)
	}
	refusal := &entity.Failure{Description: "sold out: ü", Details: []*anypb.Any{retry}}
	b := start(t, func(context.Context, request) (*entityv1.Reply, error) { return nil, refusal })
	statuses := []int{0, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401}
	for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
		refusal.Code = code
		got := b.asks(t, false, post(t, `{"id":"a"}`))
		want := reply{Status: statuses[code], Kind: "application/json", Body: fmt.Sprintf(
			`{"code":%d,"message":"sold out: ü","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.500s"}]}`, code)}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(reply{}), ignoreHeaders); diff != "" {
			t.Errorf("%v: %s", code, diff)
		}
		if after := got.headers.Get("Retry-After"); after != "2" {
			t.Errorf("Retry-After is %q", after)
		}
	}
	refusal.Details = nil
	if got := b.asks(t, true, post(t, `{"id":"a"}`)); got.Body != `{"code":16,"message":"sold out: ü","details":[]}` || got.headers["Retry-After"] != nil {
		t.Errorf("without details: %+v", got)
	}
}

// TestHTTPRefusals covers HTTP-STATUS-002 and, of the function that is sent nothing,
// HTTP-PATH-008, HTTP-PATH-010, HTTP-REQ-003, HTTP-QUERY-003, HTTP-JSON-004, HTTP-JSON-005,
// HTTP-TYPE-001, HTTP-TYPE-002, HTTP-META-001, META-ENTRY-002, META-ENTRY-003, HTTP-TIME-001,
// HTTP-LIMIT-001, HTTP-LIMIT-002, HTTP-LIMIT-003 and HTTP-LIMIT-007.
func TestHTTPRefusals(t *testing.T) {
	t.Parallel()
	const add = descriptortest.Add
	eachHTTP(t, func(t *testing.T, http2 bool) {
		t.Helper()
		b := start(t, never(t))
		for name, test := range map[string]struct {
			request      *http.Request
			status, code int
			says         string
		}{
			"no route":               {asking(t, "POST", "/carts", ""), 404, 5, "no route"},
			"the root":               {asking(t, http.MethodGet, "/", ""), 404, 5, ""},
			"another HTTP method":    {asking(t, "PUT", add, ""), 405, 12, "POST"},
			"HEAD":                   {asking(t, "HEAD", add, ""), 405, -1, ""},
			"bytes in a path":        {asking(t, "POST", "/%ff", ""), 400, 3, "UTF-8"},
			"an unknown field":       {post(t, `{"nothing":1}`), 400, 3, "nothing"},
			"no JSON":                {post(t, `{"id":`), 400, 3, ""},
			"a query beside *":       {asking(t, "POST", add+"?id=a", ""), 400, 3, "id"},
			"another content type":   {post(t, `{}`, "Content-Type: text/plain"), 415, 3, "text/plain"},
			"an encoding":            {post(t, `{}`, "Content-Encoding: gzip"), 415, 3, "gzip"},
			"a header not base64":    {post(t, `{}`, "X-Raw-Bin: ???"), 400, 3, "x-raw-bin"},
			"a header not UTF-8":     {post(t, `{}`, "X-Raw: \xff"), 400, 3, "x-raw"},
			"a timeout that is none": {post(t, `{}`, "Grpc-Timeout: 1 s"), 400, 3, "grpc-timeout"},
			"two timeouts":           {post(t, `{}`, "Grpc-Timeout: 1S", "Grpc-Timeout: 1S"), 400, 3, "grpc-timeout"},
			"too large a body":       {post(t, strings.Repeat(" ", 4<<20+1)), 413, 8, "4194304"},
			"too large a message":    {post(t, `{"id":"`+strings.Repeat("a", maxRequest)+`"}`), 413, 8, ""},
			"too long a target":      {asking(t, "POST", "/"+strings.Repeat("a", 64<<10), ""), 414, 8, "65536"},
			"too large headers":      {post(t, `{}`, "X-Large: "+strings.Repeat("a", 64<<10)), 431, 8, "65536"},
		} {
			got := b.asks(t, http2, test.request)
			if got.Status != test.status || got.Kind != "application/json" ||
				test.code >= 0 && !strings.HasPrefix(got.Body, fmt.Sprintf(`{"code":%d,"message":"`, test.code)) || !strings.Contains(got.Body, test.says) {
				t.Errorf("%s: %d %s %.200s", name, got.Status, got.Kind, got.Body)
			}
			if allow := got.headers.Get("Allow"); (allow == "POST") != (test.status == 405) {
				t.Errorf("%s: Allow is %q", name, allow)
			}
		}
		b.function.err.Store(fault.New(fault.Unavailable, "because"))
		if got := b.asks(t, http2, post(t, `{}`)); got.Status != 503 || !strings.Contains(got.Body, "because") {
			t.Errorf("without a function: %+v", got)
		}
	})
}

// TestHTTPStreamedRequests covers HTTP-RULE-012.
func TestHTTPStreamedRequests(t *testing.T) {
	t.Parallel()
	b := serve(t, never(t), converters())
	if got := b.asks(t, false, post(t, `{}`)); got.Status != 501 || !strings.HasPrefix(got.Body, `{"code":12,`) {
		t.Errorf("%+v", got)
	}
}

// TestHTTPDeadline covers HTTP-TIME-001: the deadline is the command's, and its end is 504.
func TestHTTPDeadline(t *testing.T) {
	t.Parallel()
	b := start(t, func(ctx context.Context, _ request) (*entityv1.Reply, error) {
		<-ctx.Done()
		return nil, fault.FromContext(ctx)
	})
	if got := b.asks(t, false, post(t, `{}`, "Grpc-Timeout: 5m")); got.Status != 504 || !strings.HasPrefix(got.Body, `{"code":4,`) {
		t.Errorf("%+v", got)
	}
}

// TestHTTPGone covers HTTP-TIME-002.
func TestHTTPGone(t *testing.T) {
	t.Parallel()
	eachHTTP(t, func(t *testing.T, http2 bool) {
		t.Helper()
		asked, gone := make(chan struct{}), make(chan error, 1)
		b := start(t, func(ctx context.Context, _ request) (*entityv1.Reply, error) {
			close(asked)
			<-ctx.Done()
			gone <- ctx.Err()
			return nil, fault.FromContext(ctx)
		})
		url, client := b.overHTTP(t, http2)
		ctx, cancel := context.WithCancel(t.Context())
		r := post(t, `{}`).WithContext(ctx)
		r.URL.Host = strings.TrimPrefix(url, "http://")
		ended := make(chan error, 1)
		go func() { // ends with its context
			response, err := client.Do(r)
			if err == nil {
				response.Body.Close()
			}
			ended <- err
		}()
		<-asked
		cancel()
		if err := <-gone; err == nil || <-ended == nil {
			t.Error("the call went on")
		}
	})
}

// TestHTTPOfCloudstate covers DIA-HTTP-003 and DIA-HTTP-011.
func TestHTTPOfCloudstate(t *testing.T) {
	t.Parallel()
	answer := ofCloudstate()
	for name, test := range map[string]struct {
		err  error
		want reply
	}{
		"a failure":             {&entity.Failure{Code: codes.NotFound, Description: "no p9 in the cart: ü"}, reply{Status: 500, Body: "no p9 in the cart: ü"}},
		"a failure in a chain":  {fmt.Errorf("the forward: %w", &entity.Failure{Code: codes.NotFound, Description: "no"}), reply{Status: 500, Body: "no"}},
		"a failure of a stream": {fault.Said("not now"), reply{Status: 500, Body: "not now"}},
		"a failure unsaid":      {&entity.Failure{Code: codes.Unknown}, reply{Status: 500}},
		"the proxy's own":       {fault.New(fault.Untold, "broken"), reply{Status: 500, Kind: "application/json", Body: `{"code":2,"message":"broken","details":[]}`}},
	} {
		b := serveIn(t, wire.Cloudstate(), router(func(context.Context, request) (*entityv1.Reply, error) { return nil, test.err }), answer, noPages)
		got := b.asks(t, false, post(t, `{"id":"a"}`))
		if test.want.Kind == "" {
			test.want.Kind = "text/plain; charset=utf-8"
		}
		if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(reply{}), ignoreHeaders); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got := b.asks(t, true, asking(t, http.MethodGet, "/", "")); got.Status == 0 {
			t.Errorf("GET / got %+v", got)
		}
	}
}

// TestHTTPOfAnotherType covers DIA-HTTP-010.
func TestHTTPOfAnotherType(t *testing.T) {
	t.Parallel()
	answering := router(func(context.Context, request) (*entityv1.Reply, error) {
		return &entityv1.Reply{Payload: &anypb.Any{TypeUrl: "json.cloudstate.io/total", Value: []byte{0x08, 42}}}, nil
	})
	b := serveIn(t, wire.Cloudstate(), answering, ofCloudstate(), noPages)
	if got := b.asks(t, false, post(t, `{"id":"a"}`)); got.Status != http.StatusOK || got.Body != `{"total":"42"}` {
		t.Errorf("%+v", got)
	}
}

// ofCloudstate is what a function of Cloudstate 0.2 answers that serves the counters.
func ofCloudstate() *discoveryv1.DiscoverResponse {
	const entityKey = 1080 // the number of its option
	files := descriptortest.Files()
	counter := files.GetFile()[2]
	counter.Dependency, files.File = nil, []*descriptorpb.FileDescriptorProto{counter}
	for _, message := range []int{0, 2} { // AddRequest and GetRequest
		options := new(descriptorpb.FieldOptions)
		options.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, entityKey, protowire.VarintType), 1))
		counter.GetMessageType()[message].GetField()[0].Options = options
	}
	answer := descriptortest.Answer(files)
	eventSourced, _ := wire.Cloudstate().OfKind(wire.EventSourced)
	answer.Entities[0].EntityType = eventSourced.Type
	answer.ServiceInfo.ProtocolMajorVersion, answer.ServiceInfo.ProtocolMinorVersion = 0, 2
	return answer
}
