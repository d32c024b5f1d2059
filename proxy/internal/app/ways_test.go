package app

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// inquiry is one call, in whatever way it is made.
type inquiry struct {
	// path is that of gRPC, and target what a caller by HTTP asks: a method and a path.
	path, target string
	streams      bool // its responses
	// request is the message as JSON.
	request string
	// headers are names and values by turns; those of a name in -bin are bytes.
	headers []string
	timeout time.Duration // 0 is none
}

// answer is what a caller gets, as far as no way in is different.
type answer struct {
	Code      codes.Code
	Message   string
	Details   []string
	Totals    []int64 // of the responses
	Metadata  []string
	Unchecked bool // the message is the transport's own
}

// wayIn makes calls in one way.
type wayIn interface {
	// plain reports whether they are calls by HTTP and JSON.
	plain() bool
	call(t *testing.T, c inquiry) answer
}

const (
	clocks = "test.counter.v1.ClockService"
	watch  = "/" + clocks + "/Watch"
	sorry  = "no, not today: ü%\n"
)

// clock is an action: Watch streams as many responses as its request's id says, and then
// ends as that says.
type clock struct {
	actionv1.UnimplementedActionServiceServer
}

// HandleStreamedOut answers "3" with three totals, and "3-5" with code 5 behind them.
func (clock) HandleStreamedOut(command *actionv1.ActionCommand, stream grpc.ServerStreamingServer[actionv1.ActionResponse]) error {
	request := descriptortest.NewMessages().New("GetRequest")
	if err := proto.Unmarshal(command.GetPayload().GetValue(), request); err != nil {
		return err
	}
	id := request.Get(request.Descriptor().Fields().ByName("id")).String()
	count, code, fails := strings.Cut(id, "-")
	for n := range number64(count) {
		reply := &entityv1.Reply{Payload: pack(descriptortest.NewMessages().Total("GetResponse", n+1)), Metadata: command.GetMetadata()}
		if err := stream.Send(&actionv1.ActionResponse{Response: &actionv1.ActionResponse_Reply{Reply: reply}}); err != nil {
			return err
		}
	}
	if fails {
		return stream.Send(&actionv1.ActionResponse{Response: &actionv1.ActionResponse_Failure{Failure: refusal(number64(code))}})
	}
	return nil
}

func number64(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// refusal is a failure with the code, which says much.
func refusal(code int64) *entityv1.Failure {
	info := &errdetails.ErrorInfo{Reason: "SOLD_OUT", Domain: "shop", Metadata: map[string]string{"product": "tea"}}
	return &entityv1.Failure{
		Code: int32(code), Description: sorry, Details: []*anypb.Any{pack(info)}, Retryable: code == int64(codes.Unavailable), RetryAfter: 1500,
	}
}

// everyWay is a function that serves counters and clocks, with rules by HTTP. Its slow
// counters answer after finish is closed.
func everyWay(tb testing.TB, finish <-chan struct{}) string {
	tb.Helper()
	files := descriptortest.Files()
	counter := files.GetFile()[2]
	counter.Service[0].Method[0].Options = ruled(&annotations.HttpRule{Pattern: &annotations.HttpRule_Post{Post: "/counters/{id}"}, Body: "*"})
	counter.Service[0].Method[1].Options = ruled(&annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: "/counters/{id}"}})
	counter.Service = append(counter.Service, &descriptorpb.ServiceDescriptorProto{
		Name: new("ClockService"),
		Method: []*descriptorpb.MethodDescriptorProto{{
			Name: new("Watch"), InputType: new(".test.counter.v1.GetRequest"), OutputType: new(".test.counter.v1.GetResponse"),
			ServerStreaming: new(true),
			Options:         ruled(&annotations.HttpRule{Pattern: &annotations.HttpRule_Get{Get: "/clocks/{id}"}}),
		}},
	})
	discovered := descriptortest.Answer(files)
	action, _ := wire.V1().OfKind(wire.Action)
	discovered.Entities = append(discovered.Entities, &discoveryv1.Entity{EntityType: action.Type, ServiceName: clocks})
	script := saying(discovered)
	script.Register = func(server *grpc.Server) { actionv1.RegisterActionServiceServer(server, clock{}) }
	script.Handling = func(ctx context.Context, id, _ string) {
		if strings.HasPrefix(id, "slow") {
			select {
			case <-finish:
			case <-ctx.Done():
			}
		}
	}
	script.Answer = func(id string, right *eventsourcedv1.HandleResponse) []*eventsourcedv1.HandleResponse {
		if code, fails := strings.CutPrefix(id, "fail-"); fails {
			reply := right.GetReply()
			reply.Events, reply.Snapshot = nil, nil
			reply.ClientAction = &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{Failure: refusal(number64(code))}}
		}
		return []*eventsourcedv1.HandleResponse{right}
	}
	return functiontest.Start(tb, loopback, script).Target
}

// ruled are the options of a method with a rule by HTTP.
func ruled(rule *annotations.HttpRule) *descriptorpb.MethodOptions {
	options := new(descriptorpb.MethodOptions)
	proto.SetExtension(options, annotations.E_Http, rule)
	return options
}

// adds is an inquiry that adds to the counter.
func adds(id string, amount int64, headers ...string) inquiry {
	return inquiry{
		path: descriptortest.Add, target: "POST /counters/" + url.PathEscape(id), headers: headers,
		request: fmt.Sprintf(`{"id":%q,"amount":"%d"}`, id, amount),
	}
}

// watches is an inquiry that watches a clock.
func watches(id string, headers ...string) inquiry {
	return inquiry{path: watch, target: "GET /clocks/" + id, streams: true, headers: headers, request: fmt.Sprintf(`{"id":%q}`, id)}
}

// TestEveryWayIn covers HTTP-PORT-003, HTTP-WEB-002, HTTP-WEB-004, HTTP-STATUS-001 and
// HTTP-ERROR-004 in a whole proxy: for the same inquiry every way in gives the same answer.
func TestEveryWayIn(t *testing.T) {
	page := servePage(t)
	finish := make(chan struct{})
	config := quick(everyWay(t, finish))
	config.Origins = []string{page}
	running := runProxy(t, config)
	t.Cleanup(func() { close(finish) }) // before the proxy waits for what is under way
	address := take(t, running.ports[PortService])
	ways := map[string]wayIn{
		"gRPC":                       overGRPC{dial(t, address).conn},
		"Connect":                    newOverConnect(t, address, false, "proto"),
		"Connect, JSON":              newOverConnect(t, address, false, "json"),
		"Connect, HTTP/2":            newOverConnect(t, address, true, "proto"),
		"gRPC-Web":                   newOverConnect(t, address, false, "proto", gRPCWeb),
		"gRPC-Web, JSON":             newOverConnect(t, address, false, "json", gRPCWeb),
		"gRPC-Web, HTTP/2":           newOverConnect(t, address, true, "proto", gRPCWeb),
		"gRPC behind other requests": newOverConnect(t, address, true, "proto", gRPC),
	}
	maps.Copy(ways, curlWays(t, address))
	if browser := newBrowser(t, page, address); browser != nil {
		ways["browser"], ways["browser, gRPC-Web"] = overBrowser{browser, false}, overBrowser{browser, true}
	}
	names := slices.Sorted(maps.Keys(ways))
	large := strings.Repeat("a", 4<<20)
	for _, test := range []struct {
		name    string
		command func(way string) inquiry
		want    answer
		plainly codes.Code // by HTTP and JSON, where that is another
	}{
		{"success", func(way string) inquiry { return adds(way, 7) }, answer{Totals: []int64{7}}, 0},
		{
			"metadata", func(way string) inquiry {
				return adds("metadata "+way, 1, "x-one", "1", "x-two", "2, 3", "x-raw-bin", "\x00\xff")
			},
			answer{Totals: []int64{1}, Metadata: []string{"x-one=1", "x-raw-bin=\x00\xff", "x-two=2, 3"}},
			0,
		},
		{
			"repeated with a key", func(way string) inquiry { return adds("repeated "+way, 1, "idempotency-key", "k "+way) },
			answer{Totals: []int64{1}},
			0,
		},
		{"a key that is none", func(way string) inquiry { return adds(way, 1, "idempotency-key", strings.Repeat("k", 257)) }, answer{Code: codes.InvalidArgument}, 0},
		{"no entity key", func(string) inquiry { c := adds("x", 1); c.request, c.target = `{}`, ""; return c }, answer{Code: codes.InvalidArgument}, 0},
		{"an unknown method", func(string) inquiry { return inquiry{path: "/" + clocks + "/Nothing", request: "{}"} }, answer{Code: codes.Unimplemented}, codes.NotFound},
		{"an unknown service", func(string) inquiry { return inquiry{path: "/shop.Nothing/Get", request: "{}"} }, answer{Code: codes.Unimplemented}, codes.NotFound},
		{"too large", func(way string) inquiry { c := adds(large, 1); c.target = ""; return c }, answer{Code: codes.ResourceExhausted, Unchecked: true}, 0},
		{"too much metadata", func(way string) inquiry { return adds(way, 1, "x-large", large[:9000]) }, answer{Code: codes.ResourceExhausted, Unchecked: true}, 0}, // a browser has more
		{"a deadline", func(way string) inquiry { c := adds("slow "+way, 1); c.timeout = 50 * time.Millisecond; return c }, answer{Code: codes.DeadlineExceeded, Unchecked: true}, 0},
		{"a stream", func(string) inquiry { return watches("3", "x-one", "1") }, answer{Totals: []int64{1, 2, 3}, Metadata: []string{"x-one=1"}}, 0},
		{"a stream of nothing", func(string) inquiry { return watches("0") }, answer{}, 0},
		{"a stream that fails", func(string) inquiry { return watches("2-9") }, answer{Code: 9, Message: sorry, Details: detailsOf(9), Totals: []int64{1, 2}}, 0},
		{"a stream that is refused", func(string) inquiry { return watches("0-14") }, answer{Code: 14, Message: sorry, Details: detailsOf(14)}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			reference := ways["gRPC"].call(t, test.command("the reference"))
			if test.want.Message == "" { // the proxy's own words
				test.want.Message = reference.Message
			}
			for _, way := range names {
				for range 2 { // the second of a inquiry with an idempotency key is the first
					got, want := ways[way].call(t, test.command(way)), test.want
					if ways[way].plain() && test.plainly != codes.OK {
						want.Code, want.Unchecked = test.plainly, true
					}
					if want.Unchecked {
						got.Message, want.Message, got.Unchecked = "", "", true
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("%s: %s", way, diff)
					}
					if !slices.Contains(test.command(way).headers, "idempotency-key") {
						break
					}
				}
			}
		})
	}
	t.Run("failures", func(t *testing.T) {
		for code := codes.Canceled; code <= codes.Unauthenticated; code++ {
			want := answer{Code: code, Message: sorry, Details: detailsOf(int64(code))}
			for _, way := range names {
				if diff := cmp.Diff(want, ways[way].call(t, adds(fmt.Sprintf("fail-%d", code), 1))); diff != "" {
					t.Errorf("%s, %v: %s", way, code, diff)
				}
			}
		}
	})
}

// detailsOf are the details of a refusal.
func detailsOf(code int64) []string {
	details := refusal(code).GetDetails()
	if code == int64(codes.Unavailable) {
		details = append(details, pack(&errdetails.RetryInfo{RetryDelay: durationpb.New(1500 * time.Millisecond)}))
	}
	return printed(details)
}

// printed are details as they are compared.
func printed(details []*anypb.Any) []string {
	var all []string
	for _, detail := range details {
		all = append(all, fmt.Sprintf("%s %x", detail.GetTypeUrl(), detail.GetValue()))
	}
	return all
}

// message returns the bytes of the inquiry's request.
func (c inquiry) message(tb testing.TB) []byte {
	tb.Helper()
	name := "AddRequest"
	if c.path == watch || strings.HasSuffix(c.path, "/Get") {
		name = "GetRequest"
	}
	request := descriptortest.NewMessages().New(protoreflect.Name(name))
	if err := protojson.Unmarshal([]byte(c.request), request); err != nil {
		tb.Fatal(err)
	}
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(request)
	if err != nil {
		tb.Fatal(err)
	}
	return bytes
}
