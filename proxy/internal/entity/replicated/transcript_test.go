package replicated_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/entitytest"
	"github.com/stateward/stateward/proxy/internal/entity/replicated"
)

var rewrite = flag.Bool("rewrite", false, "write the traces that the machine gives into testdata")

// After a change, run with -rewrite and review the difference.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	kind.Play(t, *rewrite)
}

var kind = entitytest.Kind{
	New: func(_ entitytest.Line, id entity.ID, terms entity.Terms) entity.Machine {
		return replicated.New(id, terms)
	},
	Keys:   map[string][]string{"opened": {"replica", "members"}, "received": {"update"}, "merged": {"update", "after", "members"}},
	Opened: opened,
	Said:   said,
	Sent:   sent,
	Merged: merged,
	Apply:  applied,
}

// opened reads what the proxy holds: what replica A has made of it, and with whom this
// one, which is P, is a member.
func opened(l entitytest.Line, in *entity.Opened) {
	in.Self, in.Members = "P", members(l)
	switch {
	case l.Has("deleted"):
		in.Replica = (&crdt.State{}).Delete().Encode()
	case l.Has("damaged"):
		in.Replica = []byte("damaged")
	case len(l.Values("replica")) > 0:
		in.Replica = made("A", l.Values("replica")).Encode()
	}
}

// members are P and those that the line names.
func members(l entitytest.Line) []string {
	others, named := l.Value("members")
	if !named {
		return []string{"P"}
	}
	return append([]string{"P"}, strings.Split(others, ",")...)
}

// made returns what the replica has made by the updates.
func made(replica string, updates []string) *crdt.State {
	state := &crdt.State{}
	for _, update := range updates {
		change(state, replica, update)
	}
	return state
}

func change(state *crdt.State, replica, update string) *crdt.State {
	if update == "delete" {
		return state.Delete()
	}
	changed, err := state.Apply(parseDelta(update), crdt.Author{Replica: replica, Maps: true})
	if err != nil {
		panic(err)
	}
	return changed
}

// merged reads "merged B update=… after=…": what replica B has changed after what A
// had made.
func merged(l entitytest.Line) (entity.Merged, error) {
	var in entity.Merged
	if _, named := l.Value("members"); named {
		in.Members = members(l)
	}
	if l.Has("damaged") {
		in.Delta = []byte("damaged")
	}
	if update, ok := l.Value("update"); ok {
		in.Delta = change(made("A", l.Values("after")), l.Word(1), update).Encode()
	}
	return in, nil
}

// applied writes what a change says, and what it waits for.
func applied(effect entity.Apply) string {
	change, err := crdt.Decode(effect.Delta)
	if err != nil {
		return err.Error()
	}
	what := "deleted"
	if !change.Deleted() {
		what = printDelta(crdt.Difference(&crdt.Value{}, change.Value(crdt.View{Self: "P", Members: []string{"P"}})))
	}
	consistency := strings.TrimPrefix(effect.Consistency.String(), "WRITE_CONSISTENCY_")
	return fmt.Sprintf("apply %d of command %d: %s %s", effect.Apply, effect.Command, what, strings.ToLower(consistency))
}

// said reads a message of the function.
func said(l entitytest.Line) (proto.Message, error) {
	switch l.Word(1) {
	case "nothing":
		return &replicatedv1.HandleResponse{}, nil
	case "failure":
		failure := entitytest.Failure(l, "text")
		failure.CommandId = l.Number(2)
		return &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Failure{Failure: failure}}, nil
	case "reply":
		return &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Reply{Reply: &replicatedv1.ReplicatedReply{
			CommandId: l.Number(2), ClientAction: entitytest.Action(l), SideEffects: entitytest.SideEffects(l),
			StateAction: stateAction(l), Streamed: l.Has("streamed"),
		}}}, nil
	case "message":
		return &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_StreamedMessage{StreamedMessage: &replicatedv1.StreamedMessage{
			CommandId: l.Number(2), ClientAction: entitytest.Action(l), SideEffects: entitytest.SideEffects(l), EndStream: l.Has("end"),
		}}}, nil
	case "cancelled":
		response := &replicatedv1.StreamCancelledResponse{
			CommandId: l.Number(2), SideEffects: entitytest.SideEffects(l), StateAction: stateAction(l),
		}
		return &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_StreamCancelledResponse{StreamCancelledResponse: response}}, nil
	default:
		return nil, fmt.Errorf("no message is called %q", l.Word(1))
	}
}

func stateAction(l entitytest.Line) *replicatedv1.StateAction {
	action := &replicatedv1.StateAction{}
	switch {
	case l.Has("majority"):
		action.WriteConsistency = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_MAJORITY
	case l.Has("all"):
		action.WriteConsistency = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_ALL
	case l.Has("unknown"):
		action.WriteConsistency = 9
	}
	update, updates := l.Value("update")
	switch {
	case updates:
		action.Action = &replicatedv1.StateAction_Update{Update: parseDelta(update)}
	case l.Has("delete"):
		action.Action = &replicatedv1.StateAction_Delete{Delete: &replicatedv1.Delete{}}
	case !l.Has("no-action"):
		return nil
	}
	return action
}

func sent(message proto.Message) string {
	switch m := message.(*replicatedv1.HandleRequest).GetMessage().(type) {
	case *replicatedv1.HandleRequest_Init:
		return fmt.Sprintf("init %s %s %s", m.Init.GetServiceName(), m.Init.GetEntityId(), printDelta(m.Init.GetDelta()))
	case *replicatedv1.HandleRequest_Delta:
		return "delta " + printDelta(m.Delta)
	case *replicatedv1.HandleRequest_Delete:
		return "delete"
	case *replicatedv1.HandleRequest_Command:
		text := entitytest.Command(m.Command)
		if m.Command.GetStreamed() {
			text += " streamed"
		}
		return text
	case *replicatedv1.HandleRequest_StreamCancelled:
		return fmt.Sprintf("stream_cancelled %s %d", m.StreamCancelled.GetEntityId(), m.StreamCancelled.GetId())
	case *replicatedv1.HandleRequest_Cancel:
		return entitytest.Cancel(m.Cancel)
	case *replicatedv1.HandleRequest_Passivate:
		return entitytest.Passivate(m.Passivate)
	default:
		return fmt.Sprintf("%T", m)
	}
}
