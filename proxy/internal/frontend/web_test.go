package frontend_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// raw is the bytes of one message, and their codec under the name of an encoding.
type (
	raw      struct{ bytes []byte }
	rawCodec string
)

func (c rawCodec) Name() string { return string(c) }

func (rawCodec) Marshal(v any) ([]byte, error) {
	if message, ok := v.(proto.Message); ok { // the details of a status
		return proto.Marshal(message)
	}
	return v.(*raw).bytes, nil
}

func (rawCodec) Unmarshal(data []byte, v any) error {
	if message, ok := v.(proto.Message); ok {
		return proto.Unmarshal(data, message)
	}
	v.(*raw).bytes = bytes.Clone(data)
	return nil
}

// overHTTP returns where the bench is, and a client for one of the two versions of HTTP.
func (b *bench) overHTTP(tb testing.TB, http2 bool) (url string, client *http.Client) {
	tb.Helper()
	asked := new(http.Protocols)
	asked.SetHTTP1(!http2)
	asked.SetUnencryptedHTTP2(http2)
	transport := &http.Transport{Protocols: asked, DisableCompression: true}
	tb.Cleanup(transport.CloseIdleConnections)
	return "http://" + b.address, &http.Client{Transport: transport}
}

// webs are the ways of the web, each by what makes a client of it.
var webs = map[string][]connect.ClientOption{
	"Connect":               {connect.WithCodec(rawCodec("proto"))},
	"Connect with JSON":     {connect.WithCodec(rawCodec("json"))},
	"gRPC-Web":              {connect.WithCodec(rawCodec("proto")), connect.WithGRPCWeb()},
	"gRPC-Web with JSON":    {connect.WithCodec(rawCodec("json")), connect.WithGRPCWeb()},
	"gRPC behind an HTTP/2": {connect.WithCodec(rawCodec("proto")), connect.WithGRPC()},
}

// eachWeb runs the test for each way of the web, by each version of HTTP that it has.
func eachWeb(t *testing.T, run func(t *testing.T, http2, json bool, options []connect.ClientOption)) {
	for name, options := range webs {
		for _, http2 := range []bool{false, true} {
			if name == "gRPC behind an HTTP/2" && !http2 {
				continue
			}
			t.Run(name+map[bool]string{false: ", HTTP/1.1", true: ", HTTP/2"}[http2], func(t *testing.T) {
				t.Parallel()
				run(t, http2, name == "Connect with JSON" || name == "gRPC-Web with JSON", options)
			})
		}
	}
}

// TestWebCall covers, for a call that succeeds, HTTP-WEB-001, HTTP-WEB-002,
// HTTP-WEB-003, HTTP-WEB-004 and HTTP-WEB-005. The bytes of the request and its metadata are
// those of a call by gRPC, and so are those of the response.
func TestWebCall(t *testing.T) {
	t.Parallel()
	eachWeb(t, func(t *testing.T, http2, json bool, options []connect.ClientOption) {
		asked := make(chan request, 1)
		b := start(t, func(_ context.Context, r request) (*entityv1.Reply, error) {
			asked <- r
			reply := total(42)
			reply.Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
				{Key: "x-cart-bin", Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte{0, 255}}},
				{Key: "X-Cart", Value: &entityv1.MetadataEntry_StringValue{StringValue: "one"}},
				{Key: "x-cart", Value: &entityv1.MetadataEntry_StringValue{StringValue: "two"}},
				{Key: "server", Value: &entityv1.MetadataEntry_StringValue{StringValue: "mine"}},
			}}
			return reply, nil
		})
		url, client := b.overHTTP(t, http2)
		sent := []byte{0x10, 0x07, 0x0a, 0x00, 0x0a, 0x01, 'a'} // in an order and a length of its own
		want := request{Service: descriptortest.Service, Method: "Add", Bytes: sent, Metadata: []string{
			"x-raw-bin=\x00\xff", "x-raw-bin=\x01", "x-tenant=t1", "x-tenant=t2",
		}}
		answer := []byte{0x08, 42}
		if json {
			sent, answer = []byte(`{"id":"a","amount":"7"}`), []byte(`{"total":"42"}`)
			want.Bytes = []byte{0x0a, 0x01, 'a', 0x10, 0x07}
		}
		call := connect.NewRequest(&raw{bytes: sent})
		call.Header()["X-Tenant"] = []string{"t1", "t2"}
		call.Header().Set("X-Raw-Bin", "AP8=, AQ")
		response, err := connect.NewClient[raw, raw](client, url+descriptortest.Add, options...).CallUnary(t.Context(), call)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(answer, response.Msg.bytes); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want, <-asked); diff != "" {
			t.Error(diff)
		}
		headers := response.Header()
		if headers.Get("X-Cart-Bin") != "AP8" || !cmp.Equal(headers["X-Cart"], []string{"one", "two"}) ||
			headers.Get("Server") == "mine" && headers.Get("Content-Type") != "application/grpc" {
			t.Errorf("response headers %v", headers)
		}
		if counted := <-b.calls; counted != descriptortest.Service+"/Add OK" {
			t.Errorf("counted %q", counted)
		}
	})
}

// TestWebFailure covers HTTP-WEB-004 for a call that fails.
func TestWebFailure(t *testing.T) {
	t.Parallel()
	eachWeb(t, func(t *testing.T, http2, json bool, options []connect.ClientOption) {
		detail := &anypb.Any{TypeUrl: "type.googleapis.com/shop.SoldOut", Value: []byte{0x08, 0x07}}
		b := start(t, func(context.Context, request) (*entityv1.Reply, error) {
			return nil, &entity.Failure{Code: codes.AlreadyExists, Description: "ü%\n", Details: []*anypb.Any{detail, detail}}
		})
		url, client := b.overHTTP(t, http2)
		sent := map[bool]string{false: "", true: "{}"}[json]
		_, err := connect.NewClient[raw, raw](client, url+descriptortest.Add, options...).CallUnary(t.Context(), connect.NewRequest(&raw{bytes: []byte(sent)}))
		want := &spb.Status{Code: int32(codes.AlreadyExists), Message: "ü%\n", Details: []*anypb.Any{detail, detail}}
		if diff := cmp.Diff(want, statusOf(t, err), protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
	})
}

// statusOf is the error of a Connect client as a status.
func statusOf(t *testing.T, err error) *spb.Status {
	t.Helper()
	failed, ok := errors.AsType[*connect.Error](err)
	if !ok {
		t.Fatalf("%v is no error of a call", err)
	}
	s := &spb.Status{Code: int32(failed.Code()), Message: failed.Message()}
	for _, detail := range failed.Details() {
		s.Details = append(s.Details, &anypb.Any{TypeUrl: "type.googleapis.com/" + detail.Type(), Value: detail.Bytes()})
	}
	return s
}

// TestWebRefusals shows what becomes of calls that are not carried out: CORE-CMD-009,
// META-ENTRY-003, CORE-LIMIT-003.
func TestWebRefusals(t *testing.T) {
	t.Parallel()
	eachWeb(t, func(t *testing.T, http2, json bool, options []connect.ClientOption) {
		b := start(t, never(t))
		url, client := b.overHTTP(t, http2)
		for name, test := range map[string]struct {
			path, bin string
			sent      []byte
			want      connect.Code
		}{
			"an unknown service":     {path: "/nothing.Service/Add", want: connect.CodeUnimplemented},
			"an unknown method":      {path: "/" + descriptortest.Service + "/Nothing", want: connect.CodeUnimplemented},
			"a header that is wrong": {path: descriptortest.Add, bin: "???", want: connect.CodeInvalidArgument},
			"a request over the limit": {
				path: descriptortest.Add, sent: bytes.Repeat([]byte{' '}, maxRequest+1),
				want: connect.CodeResourceExhausted,
			},
		} {
			call := connect.NewRequest(&raw{bytes: test.sent})
			if test.bin != "" {
				call.Header().Set("X-Raw-Bin", test.bin)
			}
			_, err := connect.NewClient[raw, raw](client, url+test.path, options...).CallUnary(t.Context(), call)
			if connect.CodeOf(err) != test.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		b.function.err.Store(fault.New(fault.Unavailable, "because"))
		_, err := connect.NewClient[raw, raw](client, url+descriptortest.Add, options...).CallUnary(t.Context(), connect.NewRequest(new(raw)))
		if got := statusOf(t, err); got.GetCode() != int32(codes.Unavailable) || got.GetMessage() != "because" {
			t.Errorf("without a function: %v", got)
		}
	})
}

// safeGet is the counter service, whose method Get has no side effects.
func safeGet() *descriptorpb.FileDescriptorSet {
	files := descriptortest.Files()
	for _, file := range files.GetFile() {
		for _, service := range file.GetService() {
			service.Method[0].Options = &descriptorpb.MethodOptions{Deprecated: new(true)}
			service.Method[1].Options = &descriptorpb.MethodOptions{IdempotencyLevel: descriptorpb.MethodOptions_NO_SIDE_EFFECTS.Enum()}
		}
	}
	return files
}

// TestWebGet covers HTTP-WEB-006.
func TestWebGet(t *testing.T) {
	t.Parallel()
	answer := descriptortest.Answer(safeGet())
	asked := make(chan request, 1)
	b := serve(t, router(func(_ context.Context, r request) (*entityv1.Reply, error) {
		asked <- r
		return total(42), nil
	}), answer)
	url, client := b.overHTTP(t, false)
	for query, want := range map[string]string{
		"connect=v1&encoding=json&message=%7B%22id%22%3A%22a%22%7D": `{"total":"42"}`,
		"base64=1&connect=v1&encoding=proto&message=CgFh":           "\x08\x2a",
	} {
		response, err := client.Get(url + descriptortest.Get + "?" + query)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || string(body) != want {
			t.Errorf("%s: %s %q, %v", query, response.Status, body, err)
		}
		if got := <-asked; "/"+got.Service+"/"+got.Method != descriptortest.Get || string(got.Bytes) != "\x0a\x01a" {
			t.Errorf("the command is %+v", got)
		}
	}
	response, err := client.Get(url + descriptortest.Add + "?connect=v1&encoding=proto&message=")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a method with side effects: %s", response.Status)
	}
}

// TestWebStream covers HTTP-WEB-002 and HTTP-WEB-004 for a method that streams both ways.
func TestWebStream(t *testing.T) {
	t.Parallel()
	eachWeb(t, func(t *testing.T, http2, json bool, options []connect.ClientOption) {
		if !http2 {
			t.Skip("both sides stream at once, which is HTTP/2's")
		}
		b := serve(t, streams(func(_ context.Context, _ *entityv1.Metadata, caller calls.Caller) error {
			for range 2 {
				if _, err := caller.Receive(); err != nil {
					return err
				}
				if err := caller.Send(total(1)); err != nil {
					return err
				}
			}
			if _, err := caller.Receive(); !errors.Is(err, io.EOF) {
				return err
			}
			return fault.New(fault.Range, "enough")
		}), converters())
		url, client := b.overHTTP(t, http2)
		stream := connect.NewClient[raw, raw](client, url+descriptortest.Add, options...).CallBidiStream(t.Context())
		for range 2 {
			sent := map[bool]string{false: "", true: "{}"}[json]
			if err := stream.Send(&raw{bytes: []byte(sent)}); err != nil {
				t.Fatal(err)
			}
			if got, err := stream.Receive(); err != nil || len(got.bytes) == 0 {
				t.Fatalf("%v, %v", got, err)
			}
		}
		if err := stream.CloseRequest(); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Receive(); connect.CodeOf(err) != connect.CodeOutOfRange {
			t.Errorf("the end: %v", err)
		}
		if err := stream.CloseResponse(); err != nil {
			t.Error(err)
		}
	})
}

// TestWebHealth covers HTTP-WEB-007, and LIFE-READY-005 for these ways.
func TestWebHealth(t *testing.T) {
	t.Parallel()
	b := start(t, never(t))
	url, client := b.overHTTP(t, true)
	b.frontend.SetHealth(true, nil)
	for name, options := range map[string][]connect.ClientOption{"Connect": nil, "JSON": {connect.WithProtoJSON()}, "gRPC-Web": {connect.WithGRPCWeb()}} {
		check := connect.NewClient[grpc_health_v1.HealthCheckRequest, grpc_health_v1.HealthCheckResponse](client, url+grpc_health_v1.Health_Check_FullMethodName, options...)
		response, err := check.CallUnary(t.Context(), connect.NewRequest(new(grpc_health_v1.HealthCheckRequest)))
		if err != nil || response.Msg.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			t.Errorf("%s: %v, %v", name, response, err)
		}
		watch := connect.NewClient[grpc_health_v1.HealthCheckRequest, grpc_health_v1.HealthCheckResponse](client, url+grpc_health_v1.Health_Watch_FullMethodName, options...)
		ctx, cancel := context.WithCancel(t.Context())
		stream, err := watch.CallServerStream(ctx, connect.NewRequest(new(grpc_health_v1.HealthCheckRequest)))
		if err != nil || !stream.Receive() || stream.Msg().GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			t.Errorf("%s: %v, %v", name, stream, err)
		}
		cancel()
		stream.Close()
	}
}
