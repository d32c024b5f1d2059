package replicated

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	presencev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/presence/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/replicated/crdt"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const presence = "stateward.samples.presence.v1.PresenceService"

// The types of the entity under test: the people in a room.
type (
	people = *crdt.ORSet[string]
	joined = *presencev1.JoinResponse
	// onJoin is what a test's handler of Join does.
	onJoin func(ctx *Context, value people, request *presencev1.JoinRequest) (joined, *Watch[joined], error)
)

// newRoom returns an entity whose Join does this.
func newRoom(join onJoin) *Entity[people] {
	service := presencev1.File_stateward_samples_presence_v1_presence_proto.Services().ByName("PresenceService")
	room := New(service, "room", func(string) people { return crdt.NewORSet(crdt.String()) })
	HandleStreamed(room, "Join", join)
	Handle(room, "GetPeople", func(_ *Context, value people, _ *presencev1.GetPeopleRequest) (*presencev1.GetPeopleResponse, error) {
		return &presencev1.GetPeopleResponse{People: slices.Sorted(value.All())}, nil
	})
	Handle(room, "CloseRoom", func(ctx *Context, _ people, _ *presencev1.CloseRoomRequest) (*presencev1.CloseRoomResponse, error) {
		ctx.Delete()
		return &presencev1.CloseRoomResponse{}, nil
	})
	return room
}

// enters adds the person, and keeps the call open with this watch.
func enters(watch *Watch[joined]) onJoin {
	return func(_ *Context, value people, request *presencev1.JoinRequest) (joined, *Watch[joined], error) {
		value.Add(request.GetPerson())
		return &presencev1.JoinResponse{}, watch, nil
	}
}

// silent is a watch that has nothing to say.
func silent() *Watch[joined] {
	return &Watch[joined]{Changed: func(*News) (joined, error) { return nil, nil }}
}

// converse begins a stream to the entity "e", and returns it with what it logs.
func converse(tb testing.TB, entity *Entity[people]) (*conversation, *bytes.Buffer) {
	tb.Helper()
	log := &bytes.Buffer{}
	c := &conversation{
		ctx:         context.Background(),
		log:         slog.New(slog.NewTextHandler(log, nil)),
		definitions: map[string]definition{presence: entity},
	}
	if answers, more := c.step(sdktest.ReplicatedInit(presence, "e", nil)); answers != nil || !more {
		tb.Fatalf("init is answered by %v, %v", answers, more)
	}
	return c, log
}

func join(id int64, person string) *sdktest.ReplicatedRequest {
	return sdktest.StreamedCommand("e", id, "Join", &presencev1.JoinRequest{RoomId: "e", Person: person})
}

// sees checks what the next command sees of the value.
func sees(t *testing.T, c *conversation, want ...string) {
	t.Helper()
	answers, more := c.step(sdktest.ReplicatedCommand("e", 99, "GetPeople", &presencev1.GetPeopleRequest{RoomId: "e"}))
	if len(answers) != 1 || !more {
		t.Fatalf("%v, %v", answers, more)
	}
	got := &presencev1.GetPeopleResponse{}
	if err := answers[0].GetReply().GetClientAction().GetReply().GetPayload().UnmarshalTo(got); err != nil {
		t.Fatalf("%v: %v", err, answers)
	}
	if !slices.Equal(got.GetPeople(), want) {
		t.Errorf("the next command sees %q, not %q", got.GetPeople(), want)
	}
}

// errDomain stands for an error of the author's own.
var errDomain = errors.New("wrong of the domain")

// A handler that fails has done nothing (REP-FAIL-003), and neither has one that
// cannot answer.
func TestFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(ctx *Context) (joined, error)
		code codes.Code
	}{
		"an error":       {func(*Context) (joined, error) { return nil, errDomain }, codes.Unknown},
		"a refusal":      {func(*Context) (joined, error) { return nil, sdk.Errorf(codes.NotFound, "nobody") }, codes.NotFound},
		"out of range":   {func(*Context) (joined, error) { return nil, crdt.ErrRange }, codes.OutOfRange},
		"no UTF-8":       {func(*Context) (joined, error) { return &presencev1.JoinResponse{People: []string{"\xff"}}, nil }, codes.Internal},
		"after a delete": {func(ctx *Context) (joined, error) { ctx.Delete(); return nil, errDomain }, codes.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conversation, _ := converse(t, newRoom(func(ctx *Context, value people, request *presencev1.JoinRequest) (joined, *Watch[joined], error) {
				if request.GetPerson() == "anna" {
					value.Add("anna")
					return nil, nil, nil
				}
				value.Clear()
				value.Add("ben")
				ctx.Effect(sdk.Call{Service: presence, Method: "GetPeople", Request: request}, true)
				response, err := c.end(ctx)
				return response, silent(), err
			}))
			conversation.step(join(1, "anna"))
			answers, more := conversation.step(join(2, "ben"))
			reply := answers[0].GetReply()
			if got := codes.Code(reply.GetClientAction().GetFailure().GetCode()); got != c.code || !more {
				t.Errorf("goes on: %v; %v", more, reply)
			}
			if reply.GetStateAction() != nil || reply.GetSideEffects() != nil || reply.GetStreamed() {
				t.Errorf("a failed command has done %v (REP-FAIL-004, REP-STREAM-002)", reply)
			}
			sees(t, conversation, "anna")
		})
	}
}

// A caller that takes one answer gets none where there is none.
func TestNoResponse(t *testing.T) {
	t.Parallel()
	c, _ := converse(t, newRoom(func(*Context, people, *presencev1.JoinRequest) (joined, *Watch[joined], error) { return nil, nil, nil }))
	request := join(1, "anna")
	answers, _ := c.step(request)
	if reply := answers[0].GetReply(); reply.GetClientAction() != nil || reply.GetStreamed() {
		t.Errorf("a streamed call gets %v", reply)
	}
	request.GetCommand().Streamed = false
	answers, _ = c.step(request)
	if code := answers[0].GetReply().GetClientAction().GetFailure().GetCode(); codes.Code(code) != codes.Internal {
		t.Errorf("another gets %v", answers)
	}
}

// A command of a read_only method changes nothing, and neither does the end of
// its call (CORE-READ-001).
func TestReadOnly(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(*Context, people){
		"changes": func(_ *Context, value people) { value.Add("x") },
		"deletes": func(ctx *Context, _ people) { ctx.Delete() },
	} {
		room := newRoom(enters(nil))
		room.handlers = map[string]handler[people]{}
		Handle(room, "GetPeople", func(ctx *Context, value people, _ *presencev1.GetPeopleRequest) (*presencev1.GetPeopleResponse, error) {
			do(ctx, value)
			return &presencev1.GetPeopleResponse{}, nil
		})
		c, _ := converse(t, room)
		answers, more := c.step(sdktest.ReplicatedCommand("e", 1, "GetPeople", &presencev1.GetPeopleRequest{}))
		reply := answers[0].GetReply()
		if code := reply.GetClientAction().GetFailure().GetCode(); codes.Code(code) != codes.Internal || reply.GetStateAction() != nil || !more {
			t.Errorf("it %s: %v", name, answers)
		}
	}
}

// A register that nobody has created is not created by a reader.
func TestReadOnlyRegister(t *testing.T) {
	t.Parallel()
	service := presencev1.File_stateward_samples_presence_v1_presence_proto.Services().ByName("PresenceService")
	room := New(service, "room", func(string) *crdt.LWWRegister[string] { return crdt.NewLWWRegister(crdt.String(), "new") })
	Handle(room, "GetPeople", func(_ *Context, value *crdt.LWWRegister[string], _ *presencev1.GetPeopleRequest) (*presencev1.GetPeopleResponse, error) {
		return &presencev1.GetPeopleResponse{People: []string{value.Get()}}, nil
	})
	c := &conversation{ctx: t.Context(), log: slog.New(slog.DiscardHandler), definitions: map[string]definition{presence: room}}
	c.step(sdktest.ReplicatedInit(presence, "e", nil))
	answers, _ := c.step(sdktest.ReplicatedCommand("e", 1, "GetPeople", &presencev1.GetPeopleRequest{}))
	if reply := answers[0].GetReply(); reply.GetClientAction().GetReply() == nil || reply.GetStateAction() != nil {
		t.Errorf("%v", answers)
	}
}

// A panic ends the stream by a failure of the command, and its stack is logged.
func TestPanics(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		join onJoin
		log  string
	}{
		"in the handler": {func(*Context, people, *presencev1.JoinRequest) (joined, *Watch[joined], error) {
			panic("a bug of the author")
		}, "a bug of the author"},
		"an element that cannot travel": {func(_ *Context, value people, _ *presencev1.JoinRequest) (joined, *Watch[joined], error) {
			value.Add("\xff")
			return nil, nil, nil
		}, "invalid UTF-8"},
		"a forward of nothing": {func(ctx *Context, _ people, _ *presencev1.JoinRequest) (joined, *Watch[joined], error) {
			ctx.Forward(sdk.Call{Service: presence, Method: "GetPeople"})
			return nil, nil, nil
		}, "there is no message"},
		"in a watch": {func(_ *Context, value people, request *presencev1.JoinRequest) (joined, *Watch[joined], error) {
			value.Add(request.GetPerson())
			return nil, &Watch[joined]{Changed: func(*News) (joined, error) { panic("a bug in a watch") }}, nil
		}, "a bug in a watch"},
		"a watch that changes the value": {func(_ *Context, value people, request *presencev1.JoinRequest) (joined, *Watch[joined], error) {
			value.Add(request.GetPerson())
			return nil, &Watch[joined]{Changed: func(*News) (joined, error) { value.Clear(); return nil, nil }}, nil
		}, "a watch has changed the value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conversation, log := converse(t, newRoom(c.join))
			answers, more := conversation.step(join(1, "anna"))
			if more { // it is the second command that brings the first one's news
				answers, more = conversation.step(join(2, "ben"))
			}
			failure := answers[0].GetFailure()
			if more || len(answers) != 1 || failure.GetCommandId() == 0 || failure.GetDescription() == "" {
				t.Fatalf("goes on: %v; answers %v", more, answers)
			}
			if strings.Contains(failure.GetDescription(), c.log) {
				t.Errorf("the caller is told of the function's inside: %v", failure)
			}
			if !strings.Contains(log.String(), c.log) || !strings.Contains(log.String(), "conversation_test.go") {
				t.Errorf("logged without cause or stack:\n%s", log)
			}
		})
	}
}

// A watch that fails ends its call with the error, without effects, and says no
// more (REP-STREAM-004); it hears of the end, which may change the value
// (REP-CANCEL-005) and, where that fails, has changed nothing.
func TestWatchFails(t *testing.T) {
	t.Parallel()
	fails := false
	room := newRoom(nil)
	c, log := converse(t, room)
	room.handlers = map[string]handler[people]{}
	HandleStreamed(room, "Join", func(_ *Context, value people, request *presencev1.JoinRequest) (joined, *Watch[joined], error) {
		value.Add(request.GetPerson())
		if request.GetPerson() != "anna" {
			return nil, nil, nil
		}
		return nil, &Watch[joined]{
			Changed: func(news *News) (joined, error) {
				news.Effect(sdk.Call{Service: presence, Method: "Join", Request: request}, false)
				return nil, errDomain
			},
			Cancelled: func(ctx *Context) error {
				value.Delete(request.GetPerson())
				ctx.Effect(sdk.Call{Service: presence, Method: "Join", Request: durationpb.New(1)}, false)
				if fails {
					return errDomain
				}
				return nil
			},
		}, nil
	})
	Handle(room, "GetPeople", func(_ *Context, value people, _ *presencev1.GetPeopleRequest) (*presencev1.GetPeopleResponse, error) {
		return &presencev1.GetPeopleResponse{People: slices.Sorted(value.All())}, nil
	})
	for range 2 {
		c.step(join(1, "anna"))
		answers, _ := c.step(join(2, "ben"))
		if len(answers) == 2 {
			message := answers[1].GetStreamedMessage()
			if message.GetClientAction().GetFailure().GetDescription() != errDomain.Error() || message.GetSideEffects() != nil || message.GetEndStream() {
				t.Errorf("the call ends with %v", message)
			}
		} else if !fails {
			t.Fatalf("%v", answers)
		}
		if answers, _ := c.step(join(3, "cleo")); len(answers) > 1 && !fails {
			t.Errorf("and then %v", answers)
		}
		answers, more := c.step(sdktest.StreamCancelled("e", 1))
		response := answers[0].GetStreamCancelledResponse()
		if len(answers) != 1 || !more || response.GetCommandId() != 1 {
			t.Fatalf("%v, %v", answers, more)
		}
		if done := response.GetStateAction() != nil && len(response.GetSideEffects()) == 1; done == fails {
			t.Errorf("fails: %v; %v", fails, response)
		}
		if fails && (!strings.Contains(log.String(), errDomain.Error()) || response.GetSideEffects() != nil || response.GetStateAction() != nil) {
			t.Errorf("%v, and %s", response, log)
		}
		fails = true
	}
	sees(t, c, "anna", "ben", "cleo")
}

// 64 commands are outstanding at once, and each is answered as if it were alone
// (REP-TURN-007, REP-DELTA-001).
func TestManyOutstanding(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, sdk.Config{Name: "room", Version: "1", Entities: []sdk.Entity{newRoom(enters(nil))}})
	stream := proxy.OpenReplicated(sdktest.ReplicatedInit(presence, "e", nil))
	for id := range int64(64) {
		stream.Send(join(id+1, string(rune('A'+id))))
	}
	for id := range int64(64) {
		reply := stream.Receive().GetReply()
		if added := reply.GetStateAction().GetUpdate().GetOrset().GetAdded(); reply.GetCommandId() != id+1 || len(added) != 1 {
			t.Errorf("command %d is answered by %v", id+1, reply)
		}
	}
	stream.Passivate()
}

// A handler's context ends when the proxy resets the stream (CORE-STREAM-005).
func TestContextEndsWithTheStream(t *testing.T) {
	t.Parallel()
	entered, ended := make(chan struct{}), make(chan error, 1)
	proxy := sdktest.Start(t, sdk.Config{Name: "room", Version: "1", Entities: []sdk.Entity{
		newRoom(func(ctx *Context, _ people, _ *presencev1.JoinRequest) (joined, *Watch[joined], error) {
			close(entered)
			<-ctx.Done()
			ended <- ctx.Err()
			return nil, nil, ctx.Err()
		}),
	}})
	stream := proxy.OpenReplicated(sdktest.ReplicatedInit(presence, "e", nil), join(1, "anna"))
	<-entered
	stream.Reset()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the handler's context ended by %v", err)
	}
}

func BenchmarkCommand(b *testing.B) {
	c, _ := converse(b, newRoom(func(_ *Context, value people, request *presencev1.JoinRequest) (joined, *Watch[joined], error) {
		if !value.Add(request.GetPerson()) {
			value.Delete(request.GetPerson())
		}
		return &presencev1.JoinResponse{}, nil, nil
	}))
	request := join(1, "anna")
	b.ReportAllocs()
	for b.Loop() {
		if _, more := c.step(request); !more {
			b.Fatal("the stream ended")
		}
	}
}
