package runtime_test

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/value"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// values is a function with one value entity: Set makes its text the value, for a second,
// Keep for ever, and every answer is the value as the command found it.
type values struct {
	mu    sync.Mutex
	inits []string
}

func (v *values) Open(ctx context.Context, _ string) (runtime.Stream, error) {
	return &valueStream{of: v, ctx: ctx, said: make(chan proto.Message, 1), closed: make(chan struct{})}, nil
}

// valueStream is one of its streams. It is served as it is sent to.
type valueStream struct {
	of     *values
	ctx    context.Context
	said   chan proto.Message
	closed chan struct{}
	held   string
}

func (*valueStream) Terms() entity.Terms {
	return entity.Terms{MaxMessage: 4 << 20, MaxMetadata: 8 << 10}
}

func (*valueStream) Retired() <-chan struct{} { return nil }

func (s *valueStream) CloseSend() error { close(s.closed); return nil }

func (s *valueStream) Recv() (proto.Message, error) {
	select {
	case message := <-s.said:
		return message, nil
	case <-s.closed:
		return nil, io.EOF
	case <-s.ctx.Done():
		return nil, s.ctx.Err()
	}
}

func (s *valueStream) Send(message proto.Message) error {
	request := message.(*valuev1.HandleRequest)
	if init := request.GetInit(); init != nil {
		s.held = string(init.GetState().GetValue().GetValue())
		s.of.mu.Lock()
		s.of.inits = append(s.of.inits, s.held)
		s.of.mu.Unlock()
		return nil
	}
	command := request.GetCommand()
	reply := &valuev1.ValueEntityReply{CommandId: command.GetId(), ClientAction: runtimetest.Reply(s.held).GetClientAction()}
	if name := command.GetName(); name != "Get" {
		update := &valuev1.Update{Value: command.GetPayload()}
		if name == "Set" {
			update.ExpireAfter = 1000
		}
		s.held = string(command.GetPayload().GetValue())
		reply.StateAction = &valuev1.StateAction{Action: &valuev1.StateAction_Update{Update: update}}
	}
	s.said <- &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Reply{Reply: reply}}
	return nil
}

// VAL-EXPIRE-001, VAL-EXPIRE-002: a value that has expired is on no stream any more.
// VAL-STORE-006: what is stored is what the next activation finds.
func TestValueEntity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const kind = "stateward.value.v1.ValueEntityService"
		function, reporter := &values{}, &world{tb: t}
		r, err := runtime.New(runtime.Config{
			Functions: function, Reporter: reporter, Log: slog.New(slog.DiscardHandler),
			Kinds: map[string]runtime.Kind{kind: {
				New:   func(id entity.ID, terms entity.Terms) entity.Machine { return value.New(id, terms) },
				State: runtime.Valued(memory.New()),
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		call := func(name, text string) string {
			outcome, err := r.Submit(t.Context(), runtime.Target{Kind: kind, Persistence: "profile"}, entity.ID{Service: "shop.Profile", Entity: "7"},
				entity.Command{Name: name, Payload: runtimetest.Text(text), Response: "test.Text"})
			if err != nil {
				t.Fatal(err)
			}
			return answer(<-outcome)
		}
		wantAnswer(t, call("Set", "tea"), "")
		time.Sleep(900 * time.Millisecond)
		wantAnswer(t, call("Get", ""), "tea")
		time.Sleep(time.Second)
		wantAnswer(t, call("Keep", "milk"), "")
		time.Sleep(time.Hour)
		wantAnswer(t, call("Get", ""), "milk")
		function.mu.Lock()
		defer function.mu.Unlock()
		if got := function.inits; len(got) != 3 || got[0] != "" || got[1] != "" || got[2] != "milk" {
			t.Errorf("the streams began with %q", got)
		}
		if told := reporter.reported(); told != nil {
			t.Errorf("the function was told of %v", told)
		}
	})
}
