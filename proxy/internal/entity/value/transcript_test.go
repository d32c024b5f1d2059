package value_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/entitytest"
	"github.com/stateward/stateward/proxy/internal/entity/value"
)

var rewrite = flag.Bool("rewrite", false, "write the traces that the machine gives into testdata")

// After a change, run with -rewrite and review the difference.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	kind.Play(t, *rewrite)
}

var kind = entitytest.Kind{
	New:  func(_ entitytest.Line, id entity.ID, terms entity.Terms) entity.Machine { return value.New(id, terms) },
	Keys: map[string][]string{"opened": {"value"}, "received": {"update", "expire"}},
	Opened: func(l entitytest.Line, in *entity.Opened) {
		stored, _ := l.Value("value")
		in.Value = entitytest.Pack(stored)
	},
	Said:    said,
	Sent:    sent,
	Persist: persist,
}

// said reads a message of the function: "nothing", a failure of the stream, or a reply
// with its state action.
func said(l entitytest.Line) (proto.Message, error) {
	switch l.Word(1) {
	case "nothing":
		return &valuev1.HandleResponse{}, nil
	case "failure":
		failure := entitytest.Failure(l, "text")
		failure.CommandId = l.Number(2)
		return &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Failure{Failure: failure}}, nil
	case "reply":
		return &valuev1.HandleResponse{Message: &valuev1.HandleResponse_Reply{Reply: &valuev1.ValueEntityReply{
			CommandId: l.Number(2), ClientAction: entitytest.Action(l), SideEffects: entitytest.SideEffects(l), StateAction: stateAction(l),
		}}}, nil
	default:
		return nil, fmt.Errorf("no message is called %q", l.Word(1))
	}
}

func stateAction(l entitytest.Line) *valuev1.StateAction {
	if to, ok := l.Value("update"); ok {
		return &valuev1.StateAction{Action: &valuev1.StateAction_Update{Update: &valuev1.Update{
			Value: entitytest.Pack(to), ExpireAfter: l.Int("expire"),
		}}}
	}
	switch {
	case l.Has("delete"):
		return &valuev1.StateAction{Action: &valuev1.StateAction_Delete{Delete: &valuev1.Delete{}}}
	case l.Has("no-action"):
		return &valuev1.StateAction{}
	default:
		return nil
	}
}

func sent(message proto.Message) string {
	switch m := message.(*valuev1.HandleRequest).GetMessage().(type) {
	case *valuev1.HandleRequest_Init:
		text := fmt.Sprintf("init %s %s revision %d epoch %d", m.Init.GetServiceName(), m.Init.GetEntityId(), m.Init.GetRevision(), m.Init.GetEpoch())
		if m.Init.GetState() == nil {
			return text + " without state"
		}
		return text + " value " + entitytest.Unpack(m.Init.GetState().GetValue())
	case *valuev1.HandleRequest_Command:
		return entitytest.Command(m.Command)
	case *valuev1.HandleRequest_Cancel:
		return entitytest.Cancel(m.Cancel)
	case *valuev1.HandleRequest_Passivate:
		return entitytest.Passivate(m.Passivate)
	default:
		return fmt.Sprintf("%T", m)
	}
}

func persist(change entity.Persist) string {
	switch action := change.Value; {
	case action == nil:
		return ""
	case action.Update == nil:
		return " delete"
	case action.ExpireAfter > 0:
		return fmt.Sprintf(" update %s for %v", entitytest.Unpack(action.Update), action.ExpireAfter)
	default:
		return " update " + entitytest.Unpack(action.Update)
	}
}

// VAL-EXPIRE-006: the bounds of expire_after, which are of the reply's own.
func TestExpireAfter(t *testing.T) {
	t.Parallel()
	const longest = 3153600000000
	for after, keeps := range map[int64]bool{-1: false, 0: true, 1: true, longest: true, longest + 1: false} {
		machine := value.New(entity.ID{Service: "s", Entity: "e"}, entity.Terms{MaxMessage: 160})
		for _, in := range []entity.Input{entity.Opened{Epoch: 1}, entity.Recovered{}, entity.Arrived{Command: entity.Command{Response: "Text"}}} {
			machine.Step(in, nil)
		}
		message, err := said(entitytest.Parse(fmt.Sprintf("received reply 1 ok=done update=tea expire=%d", after)))
		if err != nil {
			t.Fatal(err)
		}
		first := machine.Step(entity.Received{Message: message}, nil)[0]
		change, kept := first.(entity.Persist)
		if kept != keeps || kept && change.Value.ExpireAfter != time.Duration(after)*time.Millisecond {
			t.Errorf("expire_after %d: %s", after, kind.Effect(first))
		}
	}
}
