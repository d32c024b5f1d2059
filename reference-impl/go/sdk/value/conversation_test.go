package value

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const twoService = "stateward.tck.value.v1.ValueEntityTwoService"

// callContext is what a test's handler sees.
type callContext = *Context[*tckv1.Persisted]

// doing returns an entity whose Call does this, then answers with the value.
func doing(do func(callContext) error) *Entity[*tckv1.Persisted] {
	service := tckv1.File_stateward_tck_value_v1_value_proto.Services().ByName("ValueEntityTwoService")
	entity := New[*tckv1.Persisted](service, "two")
	Handle(entity, "Call", func(ctx callContext, _ *tckv1.ProcessRequest) (*tckv1.ProcessResponse, error) {
		err := do(ctx)
		return &tckv1.ProcessResponse{Message: seen(ctx.Current())}, err
	})
	return entity
}

// seen says what a handler sees.
func seen(value *tckv1.Persisted) string {
	if value == nil {
		return "nothing"
	}
	return "value " + value.GetValue()
}

// converse begins a stream to the entity "e" with this value, and returns it
// with what it logs.
func converse(tb testing.TB, entity *Entity[*tckv1.Persisted], value *tckv1.Persisted) (*conversation, *bytes.Buffer) {
	tb.Helper()
	log := &bytes.Buffer{}
	c := &conversation{
		ctx:         context.Background(),
		log:         slog.New(slog.NewTextHandler(log, nil)),
		definitions: map[string]definition{twoService: entity},
	}
	if answer, more := c.step(sdktest.ValueInit(twoService, "e", value)); answer != nil || !more {
		tb.Fatalf("init is answered by %v, %v", answer, more)
	}
	return c, log
}

func callCommand(id int64) *sdktest.ValueRequest {
	return sdktest.ValueCommand("e", id, "Call", &tckv1.ProcessRequest{Id: "e"})
}

// says returns what the entity answers, and the whole reply.
func says(t *testing.T, c *conversation, id int64) (string, *valuev1.ValueEntityReply) {
	t.Helper()
	answer, more := c.step(callCommand(id))
	got := &tckv1.ProcessResponse{}
	if err := answer.GetReply().GetClientAction().GetReply().GetPayload().UnmarshalTo(got); err != nil || !more {
		t.Fatalf("goes on: %v; %v: %v", more, err, answer)
	}
	return got.GetMessage(), answer.GetReply()
}

// VAL-INIT-010: an empty value is there, and none is not.
func TestEmptyIsNotAbsent(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]*tckv1.Persisted{"value ": {}, "nothing": nil, "value tea": {Value: "tea"}} {
		c, _ := converse(t, doing(func(callContext) error { return nil }), value)
		if got, _ := says(t, c, 1); got != want {
			t.Errorf("%v is seen as %q", value, got)
		}
	}
}

// VAL-CMD-005, VAL-CMD-008: a copy that was changed in place, and what becomes
// of a message after its update, are nothing to the entity.
func TestHandlersHaveCopies(t *testing.T) {
	t.Parallel()
	c, _ := converse(t, doing(func(ctx callContext) error {
		ctx.Current().Value = "changed in place"
		return nil
	}), &tckv1.Persisted{Value: "tea"})
	for id := range int64(2) {
		if got, reply := says(t, c, id+1); got != "value tea" || reply.GetStateAction() != nil {
			t.Errorf("command %d: %q, %v", id+1, got, reply)
		}
	}

	c, _ = converse(t, doing(func(ctx callContext) error {
		value := &tckv1.Persisted{Value: "set"}
		ctx.Update(value)
		value.Value = "changed afterwards"
		return nil
	}), nil)
	got, reply := says(t, c, 1)
	stored := &tckv1.Persisted{}
	if err := reply.GetStateAction().GetUpdate().GetValue().UnmarshalTo(stored); err != nil || got != "value set" || stored.GetValue() != "set" {
		t.Errorf("%v: answers %q, stores %v", err, got, stored)
	}
}

// VAL-EXPIRE-006: a life in milliseconds, from one to a hundred years; every
// update says its own.
func TestExpiry(t *testing.T) {
	t.Parallel()
	for life, want := range map[time.Duration]int64{
		time.Millisecond:                        1,
		time.Minute + 900*time.Microsecond:      60_000,
		100 * 365 * 24 * time.Hour:              3153600000000,
		100*365*24*time.Hour + 1:                0,
		time.Millisecond - 1:                    0,
		0:                                       0,
		-time.Second:                            0,
		200*365*24*time.Hour + time.Duration(1): 0,
	} {
		c, log := converse(t, doing(func(ctx callContext) error {
			ctx.Update(&tckv1.Persisted{})
			ctx.UpdateFor(&tckv1.Persisted{Value: "tea"}, life)
			return nil
		}), nil)
		answer, more := c.step(callCommand(1))
		if more != (want > 0) || answer.GetReply().GetStateAction().GetUpdate().GetExpireAfter() != want {
			t.Errorf("%v: goes on %v, %v", life, more, answer)
		}
		if !more && !strings.Contains(log.String(), "VAL-EXPIRE-006") {
			t.Errorf("%v is refused without a reason: %s", life, log)
		}
	}
	c, _ := converse(t, doing(func(ctx callContext) error {
		ctx.UpdateFor(&tckv1.Persisted{}, time.Hour)
		ctx.Update(&tckv1.Persisted{Value: "tea"})
		return nil
	}), nil)
	if _, reply := says(t, c, 1); reply.GetStateAction().GetUpdate().GetExpireAfter() != 0 {
		t.Errorf("the last update lasts for ever, and yet: %v", reply)
	}
}

// A failure of whatever making changes nothing, and carries nothing (VAL-FAIL-002,
// VAL-FAIL-004, FX-EFF-003).
func TestFailuresChangeNothing(t *testing.T) {
	t.Parallel()
	fail := true
	c, _ := converse(t, doing(func(ctx callContext) error {
		if !fail {
			return nil
		}
		ctx.Update(&tckv1.Persisted{Value: "milk"})
		ctx.Effect(sdk.Call{Service: "s", Method: "m", Request: durationpb.New(1)}, true)
		ctx.SetReplyMetadata(sdk.Metadata{{Key: "k", Value: "v"}})
		return sdk.Errorf(codes.NotFound, "no such thing")
	}), &tckv1.Persisted{Value: "tea"})
	answer, more := c.step(callCommand(1))
	want := &valuev1.ValueEntityReply{CommandId: 1, ClientAction: &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{
		Failure: &entityv1.Failure{CommandId: 1, Code: 5, Description: "no such thing"},
	}}}
	if diff := cmp.Diff(want, answer.GetReply(), protocmp.Transform()); diff != "" || !more {
		t.Errorf("goes on: %v (-want +got):\n%s", more, diff)
	}
	fail = false
	if got, _ := says(t, c, 2); got != "value tea" {
		t.Errorf("the next command sees %q", got)
	}
}

// A handler that gives no response has failed.
func TestNoResponse(t *testing.T) {
	t.Parallel()
	entity := New[*tckv1.Persisted](doing(nil).Service(), "two")
	Handle(entity, "Call", func(ctx callContext, _ *tckv1.ProcessRequest) (*tckv1.ProcessResponse, error) {
		ctx.Update(&tckv1.Persisted{Value: "milk"})
		return nil, nil
	})
	c, _ := converse(t, entity, nil)
	answer, more := c.step(callCommand(1))
	if failure := answer.GetReply().GetClientAction().GetFailure(); !more || failure.GetCode() != int32(codes.Internal) || answer.GetReply().GetStateAction() != nil {
		t.Errorf("goes on: %v; %v", more, answer)
	}
}

// A panic ends the stream by a failure of the command, and its stack is logged.
func TestPanics(t *testing.T) {
	t.Parallel()
	for log, do := range map[string]func(callContext) error{
		"a bug of the author":  func(callContext) error { panic("a bug of the author") },
		"there is no message":  func(ctx callContext) error { ctx.Update(nil); return nil },
		"contains invalid UTF": func(ctx callContext) error { ctx.Update(&tckv1.Persisted{Value: "\xff"}); return nil },
	} {
		c, logged := converse(t, doing(do), nil)
		answer, more := c.step(callCommand(1))
		if more || answer.GetFailure().GetCommandId() != 1 || strings.Contains(answer.GetFailure().GetDescription(), log) {
			t.Errorf("goes on: %v; %v", more, answer)
		}
		if !strings.Contains(logged.String(), log) || !strings.Contains(logged.String(), "conversation_test.go") {
			t.Errorf("logged without cause or stack:\n%s", logged)
		}
	}
}

// META-GIVE-001, META-GIVE-002.
func TestMetadata(t *testing.T) {
	t.Parallel()
	given := sdk.Metadata{{Key: "b", Value: "1"}, {Key: "a-bin", Value: "\xff\x00"}, {Key: "b"}}
	c, _ := converse(t, doing(func(ctx callContext) error {
		if diff := cmp.Diff(given, ctx.Metadata()); diff != "" {
			t.Errorf("the handler saw (-want +got):\n%s", diff)
		}
		ctx.SetReplyMetadata(ctx.Metadata())
		return nil
	}), nil)
	request := callCommand(1)
	request.GetCommand().Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		{Key: "b", Value: &entityv1.MetadataEntry_StringValue{StringValue: "1"}},
		{Key: "a-bin", Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte{0xff, 0}}},
		{Key: "b", Value: &entityv1.MetadataEntry_StringValue{StringValue: ""}},
	}}
	answer, _ := c.step(request)
	if diff := cmp.Diff(request.GetCommand().GetMetadata(), answer.GetReply().GetClientAction().GetReply().GetMetadata(), protocmp.Transform()); diff != "" {
		t.Errorf("the caller gets (-want +got):\n%s", diff)
	}
}

// FX-DUR-002: a durable effect stands with the others, in their order, and with
// the change that it is stored with.
func TestDurableEffect(t *testing.T) {
	t.Parallel()
	on := sdk.Call{Service: "s", Method: "m", Request: durationpb.New(1)}
	proxy := sdktest.Start(t, sdk.Config{Name: "two", Version: "1", Entities: []sdk.Entity{doing(func(ctx callContext) error {
		ctx.Update(&tckv1.Persisted{Value: "tea"})
		ctx.Effect(on, false)
		return ctx.DurableEffect(on, true)
	})}})
	stream := proxy.OpenValue(sdktest.ValueInit(twoService, "e", nil))
	if refused := stream.Ask(callCommand(1)).GetReply(); refused.GetClientAction().GetFailure().GetCode() != int32(codes.FailedPrecondition) {
		t.Errorf("not in force, and yet: %v", refused)
	}
	proxy.Announce(discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS)
	reply := stream.Ask(callCommand(2)).GetReply()
	if effects := reply.GetSideEffects(); len(effects) != 2 || effects[0].GetDurable() || !effects[1].GetDurable() || !effects[1].GetSynchronous() {
		t.Errorf("effects %v", effects)
	}
	if reply.GetStateAction().GetUpdate() == nil {
		t.Errorf("stored with nothing: %v", reply)
	}
	stream.Passivate()
}

// A handler's context has its caller's deadline, and whoever gives up for it
// refuses the command with DEADLINE_EXCEEDED.
func TestDeadline(t *testing.T) {
	t.Parallel()
	c, _ := converse(t, doing(func(ctx callContext) error {
		if _, bounded := ctx.Deadline(); !bounded {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}), nil)
	request := callCommand(1)
	request.GetCommand().Timeout = 1
	answer, more := c.step(request)
	if failure := answer.GetReply().GetClientAction().GetFailure(); !more || failure.GetCode() != int32(codes.DeadlineExceeded) {
		t.Errorf("goes on: %v; %v", more, answer)
	}
	if got, _ := says(t, c, 2); got != "nothing" {
		t.Errorf("the next command, which has no deadline, sees %q", got)
	}
}

// A handler's context ends when the proxy resets the stream (CORE-STREAM-005).
func TestContextEndsWithTheStream(t *testing.T) {
	t.Parallel()
	entered, ended := make(chan struct{}), make(chan error, 1)
	proxy := sdktest.Start(t, sdk.Config{Name: "two", Version: "1", Entities: []sdk.Entity{doing(func(ctx callContext) error {
		close(entered)
		<-ctx.Done()
		ended <- ctx.Err()
		return ctx.Err()
	})}})
	stream := proxy.OpenValue(sdktest.ValueInit(twoService, "e", nil), callCommand(1))
	<-entered
	stream.Reset()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the handler's context ended by %v", err)
	}
}

func BenchmarkCommand(b *testing.B) {
	c, _ := converse(b, doing(func(ctx callContext) error {
		ctx.Update(&tckv1.Persisted{Value: "tea"})
		return nil
	}), nil)
	request := callCommand(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, more := c.step(request); !more {
			b.Fatal("the stream ended")
		}
	}
}
