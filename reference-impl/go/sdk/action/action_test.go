package action_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/action"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/action/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const modelService = "stateward.tck.action.v1.ActionTckModelService"

// Shorter names for the types of every method.
type (
	request   = *tckv1.ProcessRequest
	response  = *tckv1.ProcessResponse
	requests  = iter.Seq2[request, error]
	responses = *action.Responses[response]
)

// handlers are the four methods of an action under test; one that is nil is
// not called.
type handlers struct {
	unary       func(*action.Context, request) (response, error)
	streamedIn  func(*action.Context, requests) (response, error)
	streamedOut func(*action.Context, request, responses) error
	streamed    func(*action.Context, requests, responses) error
}

// start serves an action with these handlers.
func start(tb testing.TB, h handlers) *sdktest.Proxy {
	tb.Helper()
	return sdktest.Start(tb, sdk.Config{Name: "action", Version: "1", Entities: []sdk.Entity{h.action()}})
}

func (h handlers) action() *action.Action {
	a := action.New(tckv1.File_stateward_tck_action_v1_action_proto.Services().ByName("ActionTckModelService"))
	action.Unary(a, "ProcessUnary", h.unary)
	action.StreamedIn(a, "ProcessStreamedIn", h.streamedIn)
	action.StreamedOut(a, "ProcessStreamedOut", h.streamedOut)
	action.Streamed(a, "ProcessStreamed", h.streamed)
	return a
}

func message(text string) response { return &tckv1.ProcessResponse{Message: text} }

// fails expects one failure with this code, then status OK.
func fails(t *testing.T, call *sdktest.ActionCall, code codes.Code) *entityv1.Failure {
	t.Helper()
	failure := call.Receive().GetFailure()
	if failure.GetCode() != int32(code) {
		t.Errorf("not %v, but %v", code, failure)
	}
	call.Ended()
	return failure
}

// ACT-FAIL-001: an error is the domain's refusal, with its code; a panic is one
// too, with its stack in the log, and leaves every other call alone (ACT-CALL-003).
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refuse func() error
		want   *entityv1.Failure
	}{
		"the domain": {func() error { return sdk.Errorf(codes.NotFound, "no %q", "x") }, &entityv1.Failure{Code: 5, Description: `no "x"`}},
		"an error":   {func() error { return errors.ErrUnsupported }, &entityv1.Failure{Code: 2, Description: "unsupported operation"}},
		"a panic":    {func() error { panic("a bug") }, &entityv1.Failure{Code: 13, Description: "the function panicked; its log has the stack"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := start(t, handlers{
				unary:       func(*action.Context, request) (response, error) { return nil, c.refuse() },
				streamedIn:  func(*action.Context, requests) (response, error) { return nil, c.refuse() },
				streamedOut: func(*action.Context, request, responses) error { return c.refuse() },
				streamed:    func(*action.Context, requests, responses) error { return c.refuse() },
			})
			want := &actionv1.ActionResponse{Response: &actionv1.ActionResponse_Failure{Failure: c.want}}
			check := func(got *actionv1.ActionResponse) {
				t.Helper()
				if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
			check(proxy.Unary(modelService, "ProcessUnary", &tckv1.ProcessRequest{}))
			for _, call := range []*sdktest.ActionCall{ // before the half-close
				proxy.StreamedIn(modelService, "ProcessStreamedIn"),
				proxy.StreamedOut(modelService, "ProcessStreamedOut", &tckv1.ProcessRequest{}),
				proxy.Streamed(modelService, "ProcessStreamed"),
			} {
				check(call.Receive())
				call.Ended()
			}
			if name == "a panic" && (strings.Count(proxy.Log(), "action_test.go") < 4 || !strings.Contains(proxy.Log(), "a bug")) {
				t.Errorf("logged without cause or stack:\n%s", proxy.Log())
			}
		})
	}
}

// What goes with a response is what was asked for since the one before
// (ACT-ANSWER-002), and what is left when the handler ends has a response of its
// own (ACT-ANSWER-009).
func TestWhatGoesWithAResponse(t *testing.T) {
	t.Parallel()
	on := sdk.Call{Service: "s", Method: "m", Request: durationpb.New(1)}
	proxy := start(t, handlers{streamedOut: func(ctx *action.Context, _ request, out responses) error {
		ctx.SetReplyMetadata(sdk.Metadata{{Key: "k", Value: "v"}})
		ctx.Effect(on, true)
		err := errors.Join(out.Send(message("1")), out.Send(message("2")))
		ctx.Forward(on)
		err = errors.Join(err, out.Send(nil), out.Send(message("3")), out.Send(nil))
		ctx.Effect(on, false)
		return err
	}})
	call := proxy.StreamedOut(modelService, "ProcessStreamedOut", &tckv1.ProcessRequest{})
	for at, want := range []string{"reply, k, 1", "reply, 0", "forward, 0", "reply, 0", "nothing, 0", "nothing, 1"} {
		if got := shown(call.Receive()); got != want {
			t.Errorf("response %d is %q, not %q", at, got, want)
		}
	}
	call.Ended()
}

// shown says in short what a response holds: its case, the first key of its
// metadata, how many side effects.
func shown(r *actionv1.ActionResponse) string {
	kind := "nothing"
	switch {
	case r.GetReply() != nil:
		kind = "reply"
	case r.GetForward() != nil:
		kind = "forward"
	case r.GetFailure() != nil:
		kind = "failure"
	}
	var kindSb153 strings.Builder
	for _, entry := range r.GetReply().GetMetadata().GetEntries() {
		kindSb153.WriteString(", " + entry.GetKey())
	}
	kind += kindSb153.String()
	return kind + ", " + string(rune('0'+len(r.GetSideEffects())))
}

// FX-DUR-016: an action has no way to ask for a durable side effect.
func TestNoDurableEffects(t *testing.T) {
	t.Parallel()
	if _, can := any(&action.Context{}).(interface {
		DurableEffect(on sdk.Call, synchronous bool) error
	}); can {
		t.Error("an action's context has durable effects")
	}
}

// META-GIVE-001: a handler reads what came with the call, in every shape, and
// nothing of a later command (ACT-REQ-004).
func TestMetadata(t *testing.T) {
	t.Parallel()
	proxy := start(t, handlers{streamed: func(ctx *action.Context, in requests, out responses) error {
		for _, err := range in {
			if err != nil {
				return err
			}
			if err := out.Send(message(ctx.Metadata().Get("k") + ctx.EntityID())); err != nil {
				return err
			}
		}
		return nil
	}})
	first := sdktest.ActionCommand(modelService, "ProcessStreamed", nil)
	first.Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		{Key: "k", Value: &entityv1.MetadataEntry_StringValue{StringValue: "the caller's"}},
	}}
	later := sdktest.ActionRequest(&tckv1.ProcessRequest{})
	later.Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{{Key: "k"}}}
	call := proxy.ActionCall("HandleStreamed", first)
	for range 2 {
		got := &tckv1.ProcessResponse{}
		if err := call.Ask(later).GetReply().GetPayload().UnmarshalTo(got); err != nil || got.GetMessage() != "the caller's" {
			t.Errorf("%v: the handler saw %q", err, got.GetMessage())
		}
	}
	call.Passivate()
}

// A request that cannot be read refuses the call, also where the handler makes
// nothing of the error (ACT-REQ-005), and what it then sends reaches nobody.
func TestHandlersThatPassOverErrors(t *testing.T) {
	t.Parallel()
	sent := make(chan error, 1)
	proxy := start(t, handlers{
		streamedIn: func(_ *action.Context, in requests) (response, error) {
			for range in {
			}
			return message("as if nothing had been"), nil
		},
		streamed: func(_ *action.Context, in requests, out responses) error {
			for range in {
			}
			sent <- out.Send(message("as if nothing had been"))
			return nil
		},
	})
	for _, call := range []*sdktest.ActionCall{
		proxy.StreamedIn(modelService, "ProcessStreamedIn", durationpb.New(1)),
		proxy.Streamed(modelService, "ProcessStreamed", durationpb.New(1)),
	} {
		if failure := fails(t, call, codes.InvalidArgument); !strings.Contains(failure.GetDescription(), "ACT-REQ-005") {
			t.Errorf("refused by %v", failure)
		}
	}
	if err := <-sent; err == nil {
		t.Error("a response was sent behind the request that could not be read")
	}
}

// A handler may end the call before the half-close (ACT-ANSWER-001, ACT-END-002):
// with a response that was sent early, and requests that nobody reads.
func TestEarlyEnd(t *testing.T) {
	t.Parallel()
	proxy := start(t, handlers{
		streamedIn: func(_ *action.Context, in requests) (response, error) {
			for range in {
				break
			}
			return message("enough"), nil
		},
		streamed: func(_ *action.Context, _ requests, out responses) error { return out.Send(message("hello")) },
	})
	for _, call := range []*sdktest.ActionCall{
		proxy.StreamedIn(modelService, "ProcessStreamedIn", &tckv1.ProcessRequest{}, &tckv1.ProcessRequest{}),
		proxy.Streamed(modelService, "ProcessStreamed"),
	} {
		if got := call.Receive(); got.GetReply() == nil {
			t.Errorf("answered by %v", got)
		}
		call.Ended()
	}
}

// A response that cannot be sent is a failure, and no other.
func TestResponsesThatCannotBeSent(t *testing.T) {
	t.Parallel()
	proxy := start(t, handlers{unary: func(*action.Context, request) (response, error) { return message("\xff"), nil }})
	if got := proxy.Unary(modelService, "ProcessUnary", &tckv1.ProcessRequest{}); got.GetFailure().GetCode() != int32(codes.Internal) {
		t.Errorf("answered by %v", got)
	}
}

// ACT-CANCEL-004: a call that is cancelled, before or after its half-close, ends
// its handler's context, its wait for a request, and its sending.
func TestCancel(t *testing.T) {
	t.Parallel()
	entered, ended := make(chan struct{}), make(chan error)
	wait := func(ctx context.Context) error {
		entered <- struct{}{}
		<-ctx.Done()
		ended <- ctx.Err()
		return ctx.Err()
	}
	proxy := start(t, handlers{
		streamedIn: func(_ *action.Context, in requests) (response, error) {
			entered <- struct{}{}
			for _, err := range in {
				ended <- err
			}
			return message("nobody reads it"), nil
		},
		streamedOut: func(ctx *action.Context, _ request, out responses) error {
			_ = wait(ctx)
			err := out.Send(message("nobody reads it"))
			ended <- err
			return err
		},
		streamed: func(ctx *action.Context, _ requests, _ responses) error { return wait(ctx) },
	})
	in := proxy.StreamedIn(modelService, "ProcessStreamedIn")
	out := proxy.StreamedOut(modelService, "ProcessStreamedOut", &tckv1.ProcessRequest{})
	both := proxy.Streamed(modelService, "ProcessStreamed")
	closed := proxy.Streamed(modelService, "ProcessStreamed")
	closed.HalfClose()
	for range 4 {
		<-entered
	}
	for _, call := range []*sdktest.ActionCall{in, out, both, closed} {
		call.Reset()
	}
	for range 5 { // out says it twice
		if err := <-ended; err == nil {
			t.Error("a cancelled call goes on")
		}
	}
}

// One goroutine may read while the handler sends: neither waits for the other.
func TestReadAndSendAtOnce(t *testing.T) {
	t.Parallel()
	proxy := start(t, handlers{streamed: func(_ *action.Context, in requests, out responses) error {
		texts := make(chan string)
		go func() {
			defer close(texts)
			for range in {
				texts <- "heard"
			}
		}()
		err := out.Send(message("unasked"))
		for text := range texts {
			err = errors.Join(err, out.Send(message(text)))
		}
		return err
	}})
	call := proxy.Streamed(modelService, "ProcessStreamed")
	call.Receive()
	call.Ask(sdktest.ActionRequest(&tckv1.ProcessRequest{}))
	call.Ask(sdktest.ActionRequest(&tckv1.ProcessRequest{}))
	call.Passivate()
}

// A function that stops finishes the calls at hand: those that wait for requests
// get UNAVAILABLE, and those that would go on for ever are told.
func TestStop(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	proxy := start(t, handlers{
		streamedIn: func(_ *action.Context, in requests) (response, error) {
			entered <- struct{}{}
			for _, err := range in {
				return nil, err
			}
			return message("half-closed"), nil
		},
		streamedOut: func(ctx *action.Context, _ request, out responses) error {
			entered <- struct{}{}
			<-ctx.Stopping()
			return out.Send(message("the last"))
		},
	})
	in := proxy.StreamedIn(modelService, "ProcessStreamedIn")
	out := proxy.StreamedOut(modelService, "ProcessStreamedOut", &tckv1.ProcessRequest{})
	<-entered
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- proxy.Stop() }()
	fails(t, in, codes.Unavailable)
	if got := out.Receive(); got.GetReply() == nil {
		t.Errorf("the endless call said %v", got)
	}
	out.Ended()
	if err := <-stopped; err != nil {
		t.Errorf("stopped in order, and yet: %v", err)
	}
}

// Every mistake of an author is named before the function serves.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for want, mistake := range map[string]func(*action.Action){
		`no method "Process"`:                 func(a *action.Action) { action.Unary(a, "Process", handlers{}.unary) },
		"ProcessUnary has two handlers":       func(a *action.Action) { action.Unary(a, "ProcessUnary", handlers{}.unary) },
		"ProcessUnary is unary, not streamed": func(a *action.Action) { action.Streamed(a, "ProcessUnary", handlers{}.streamed) },
		"is streamed in, not streamed out":    func(a *action.Action) { action.StreamedOut(a, "ProcessStreamedIn", handlers{}.streamedOut) },
		"no such service":                     func(a *action.Action) { *a = *action.New(nil) },
		"ProcessStreamedOut: no handler":      func(a *action.Action) { *a = *action.New(a.Service()) },
		"returns stateward.tck.action.v1.ProcessResponse, not": func(a *action.Action) {
			action.Unary(a, "ProcessUnary", func(*action.Context, request) (request, error) { return nil, nil })
		},
	} {
		a := handlers{}.action()
		if err := a.Validate(); err != nil {
			t.Fatal(err)
		}
		mistake(a)
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

// FuzzRequest gives the action any payload, of any type. Whatever comes, the call
// is answered, or refused by ACT-REQ-005 where the payload is no request.
func FuzzRequest(f *testing.F) {
	good, err := proto.Marshal(&tckv1.ProcessRequest{Groups: []*tckv1.ProcessGroup{{}}})
	if err != nil {
		f.Fatal(err)
	}
	const name = "type.googleapis.com/stateward.tck.action.v1.ProcessRequest"
	f.Add(name, good)
	f.Add(name, []byte{0x0a, 0xff})
	f.Add("/stateward.tck.action.v1.ProcessRequest", []byte{})
	f.Add("stateward.tck.action.v1.ProcessRequest", []byte{})
	f.Add("", []byte{})
	proxy := start(f, handlers{unary: func(*action.Context, request) (response, error) { return message("read"), nil }})
	f.Fuzz(func(t *testing.T, typeURL string, value []byte) {
		command := sdktest.ActionCommand(modelService, "ProcessUnary", &tckv1.ProcessRequest{})
		command.Payload.TypeUrl, command.Payload.Value = strings.ToValidUTF8(typeURL, ""), value
		got, err := actionv1.NewActionServiceClient(proxy.Conn).HandleUnary(t.Context(), command)
		if err != nil {
			t.Fatal(err)
		}
		readable := strings.HasSuffix(command.GetPayload().GetTypeUrl(), "/stateward.tck.action.v1.ProcessRequest") && proto.Unmarshal(value, &tckv1.ProcessRequest{}) == nil
		if readable != (got.GetReply() != nil) || !readable && got.GetFailure().GetCode() != int32(codes.InvalidArgument) {
			t.Fatalf("readable: %v, answered by %v", readable, got)
		}
	})
}

func BenchmarkUnary(b *testing.B) {
	proxy := start(b, handlers{unary: func(*action.Context, request) (response, error) { return message("read"), nil }})
	command := sdktest.ActionCommand(modelService, "ProcessUnary", &tckv1.ProcessRequest{})
	client := actionv1.NewActionServiceClient(proxy.Conn)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.HandleUnary(b.Context(), command); err != nil {
			b.Fatal(err)
		}
	}
}
