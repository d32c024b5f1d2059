package frontend_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/access"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/frontend"
	"github.com/stateward/stateward/proxy/internal/identity"
	"github.com/stateward/stateward/proxy/internal/port"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// porter is a guard by one header: who says "ann" is nobody, and is let in all the same.
type porter struct{}

func (porter) Admit(_ context.Context, service, _ string, _ access.Annotated, headers metadata.MD, _ *tls.ConnectionState) (*identity.Principal, error) {
	switch who := strings.Join(headers["who"], ","); {
	case who == "":
		return nil, fault.New(fault.Unauthenticated, "%s: who is there?", service)
	case who == "mallory":
		return nil, fault.New(fault.Denied, "not you")
	default:
		return nil, nil
	}
}

func (porter) TakesTokens() bool { return true }

// guarded serves the counters behind the guard, and returns the address.
func guarded(t *testing.T, r router, guard frontend.Guard) string {
	t.Helper()
	return guardedBy(t, r, guard, descriptortest.Answer(descriptortest.Files()))
}

// guardedBy is guarded for what the answer describes.
func guardedBy(t *testing.T, r frontend.Router, guard frontend.Guard, answer *discoveryv1.DiscoverResponse) string {
	t.Helper()
	registry, mistakes := descriptor.Build(wire.V1(), answer)
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	opened := port.Defaults()
	opened.Observer, opened.Log = connections{}, slog.New(slog.DiscardHandler)
	f, err := frontend.New(frontend.Config{
		Port: opened, Router: r, Function: &functions{registry: registry}, Reporter: make(reports, 64), Observer: make(tally),
		Log: slog.New(slog.DiscardHandler), MaxRequest: maxRequest, Guard: guard,
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Serve(listener); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return listener.Addr().String()
}

// outcome is what a caller got: a code, and the challenge beside it.
type outcome struct {
	code      codes.Code
	challenge string
}

// door is one way in: it calls Add with the headers.
type door func(t *testing.T, address string, headers map[string]string) outcome

// doors are the ways in.
func doors() map[string]door {
	all := map[string]door{"gRPC": byGRPC, "HTTP": byHTTP}
	for name, options := range webs {
		if name == "gRPC behind an HTTP/2" {
			continue
		}
		all[name] = func(t *testing.T, address string, headers map[string]string) outcome {
			return byWeb(t, address, headers, strings.Contains(name, "JSON"), options)
		}
	}
	return all
}

func byGRPC(t *testing.T, address string, headers map[string]string) outcome {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var head, trailer metadata.MD
	ctx := metadata.NewOutgoingContext(t.Context(), metadata.New(headers))
	messages := descriptortest.NewMessages()
	err = conn.Invoke(ctx, descriptortest.Add, messages.AddRequest("7", 1), messages.New("AddResponse"), grpc.Header(&head), grpc.Trailer(&trailer))
	return outcome{status.Code(err), strings.Join(append(head["www-authenticate"], trailer["www-authenticate"]...), "")}
}

func byHTTP(t *testing.T, address string, headers map[string]string) outcome {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+address+descriptortest.Add, strings.NewReader(`{"id":"7"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	code, known := map[int]codes.Code{200: codes.OK, 401: codes.Unauthenticated, 403: codes.PermissionDenied}[response.StatusCode]
	if !known {
		t.Errorf("%s: %s", response.Status, body)
	}
	return outcome{code, response.Header.Get("Www-Authenticate")}
}

func byWeb(t *testing.T, address string, headers map[string]string, json bool, options []connect.ClientOption) outcome {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	client := connect.NewClient[raw, raw](&http.Client{Transport: transport}, "http://"+address+descriptortest.Add, options...)
	body, err := proto.Marshal(descriptortest.NewMessages().AddRequest("7", 1))
	if err != nil {
		t.Fatal(err)
	}
	if json {
		body = []byte(`{"id":"7"}`)
	}
	request := connect.NewRequest(&raw{bytes: body})
	for name, value := range headers {
		request.Header().Set(name, value)
	}
	_, err = client.CallUnary(t.Context(), request)
	if coded := new(connect.Error); errors.As(err, &coded) {
		return outcome{codes.Code(coded.Code()), coded.Meta().Get("Www-Authenticate")}
	}
	if err != nil {
		t.Fatal(err)
	}
	return outcome{code: codes.OK}
}

// TestAdmission covers ACC-ADMIT-001 and ACC-ADMIT-004: by every way in the same callers are
// refused, with the same answer, and the router hears nothing of them.
func TestAdmission(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	heard := 0
	address := guarded(t, func(context.Context, request) (*entityv1.Reply, error) {
		mu.Lock()
		defer mu.Unlock()
		heard++
		return new(entityv1.Reply), nil
	}, porter{})
	for name, call := range doors() {
		for who, want := range map[string]outcome{
			"": {codes.Unauthenticated, "Bearer"}, "mallory": {codes.PermissionDenied, ""}, "ann": {codes.OK, ""},
		} {
			headers := map[string]string{}
			if who != "" {
				headers["who"] = who
			}
			mu.Lock()
			before := heard
			mu.Unlock()
			if got := call(t, address, headers); got != want {
				t.Errorf("%s, as %q: %v, want %v", name, who, got, want)
			}
			mu.Lock()
			if (heard != before) != (want.code == codes.OK) {
				t.Errorf("%s, as %q: heard %d", name, who, heard-before)
			}
			mu.Unlock()
		}
	}
}

// TestForged covers ACC-RESERVE-001 and ACC-TELL-002: by every way in, and with nobody who
// guards it, no caller says what only the proxy says.
func TestForged(t *testing.T) {
	t.Parallel()
	for guardName, guard := range map[string]frontend.Guard{"guarded": porter{}, "open": nil} {
		got := make(chan []string, 1)
		address := guarded(t, func(_ context.Context, r request) (*entityv1.Reply, error) {
			got <- r.Metadata
			return &entityv1.Reply{Metadata: &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{
				Key: "stateward-principal", Value: &entityv1.MetadataEntry_StringValue{StringValue: "echo"},
			}}}}, nil
		}, guard)
		for name, call := range doors() {
			headers := map[string]string{"who": "ann", "stateward-principal": "boss", "stateward-principal-role": "boss", "stateward-x": "y", "stateward-principal-bin": "Ym9zcw"}
			if name != "gRPC" { // which has no upper case
				headers["STATEWARD-Principal-Issuer"] = "boss"
			}
			if out := call(t, address, headers); out.code != codes.OK {
				t.Errorf("%s, %s: %v", guardName, name, out)
				continue
			}
			if said := strings.Join(<-got, " "); strings.Contains(strings.ToLower(said), "stateward-") || !strings.Contains(said, "who=ann") {
				t.Errorf("%s, %s: the function is told %s", guardName, name, said)
			}
		}
	}
}

// TestOwnServices covers ACC-RULE-005: health is for everybody, and reflection for those
// whom the guard admits.
func TestOwnServices(t *testing.T) {
	t.Parallel()
	address := guarded(t, nil, porter{})
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := grpc_health_v1.NewHealthClient(conn).Check(t.Context(), new(grpc_health_v1.HealthCheckRequest)); err != nil {
		t.Errorf("health: %v", err)
	}
	watch, err := grpc_health_v1.NewHealthClient(conn).Watch(t.Context(), new(grpc_health_v1.HealthCheckRequest))
	if err == nil {
		_, err = watch.Recv()
	}
	if err != nil {
		t.Errorf("watching health: %v", err)
	}
	for who, want := range map[string]codes.Code{"": codes.Unauthenticated, "mallory": codes.PermissionDenied, "ann": codes.OK} {
		ctx := t.Context()
		if who != "" {
			ctx = metadata.AppendToOutgoingContext(ctx, "who", who)
		}
		asked, err := grpc_reflection_v1.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
		if err == nil {
			_ = asked.Send(&grpc_reflection_v1.ServerReflectionRequest{MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{}})
			_, err = asked.Recv()
		}
		if status.Code(err) != want {
			t.Errorf("reflection as %q: %v", who, err)
		}
		old, err := grpc_reflection_v1alpha.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
		if err == nil {
			_ = old.Send(&grpc_reflection_v1alpha.ServerReflectionRequest{MessageRequest: &grpc_reflection_v1alpha.ServerReflectionRequest_ListServices{}})
			_, err = old.Recv()
		}
		if status.Code(err) != want {
			t.Errorf("reflection v1alpha as %q: %v", who, err)
		}
	}
}

// fickle is a guard that lets in whoever comes first, and nobody after.
type fickle struct {
	porter

	admitted atomic.Bool
}

func (f *fickle) Admit(context.Context, string, string, access.Annotated, metadata.MD, *tls.ConnectionState) (*identity.Principal, error) {
	if f.admitted.Swap(true) {
		return nil, fault.New(fault.Unauthenticated, "not any more")
	}
	return nil, nil
}

// TestAdmittedOnce covers ACC-ADMIT-005: a stream goes on, whatever its caller is by then.
func TestAdmittedOnce(t *testing.T) {
	t.Parallel()
	echo := streams(func(_ context.Context, _ *entityv1.Metadata, caller calls.Caller) error {
		for {
			request, err := caller.Receive()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = caller.Send(&entityv1.Reply{Payload: &anypb.Any{Value: request}})
			}
			if err != nil {
				return err
			}
		}
	})
	b := &bench{}
	var err error
	b.conn, err = grpc.NewClient("passthrough:///"+guardedBy(t, echo, new(fickle), converters()), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer b.conn.Close()
	first := b.open(t.Context(), t)
	messages := descriptortest.NewMessages()
	turn := func(stream grpc.ClientStream) error {
		if err := stream.SendMsg(messages.AddRequest("7", 1)); err != nil {
			return err
		}
		return stream.RecvMsg(messages.New("AddRequest"))
	}
	if err := turn(first); err != nil {
		t.Fatal(err)
	}
	second := b.open(t.Context(), t)
	if err := second.RecvMsg(messages.New("AddRequest")); status.Code(err) != codes.Unauthenticated {
		t.Errorf("the second call: %v", err)
	}
	if err := turn(first); err != nil {
		t.Errorf("the first call, by then: %v", err)
	}
}
