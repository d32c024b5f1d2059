package eventsourced_test

import (
	"flag"
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/entitytest"
	"github.com/stateward/stateward/proxy/internal/entity/eventsourced"
)

var rewrite = flag.Bool("rewrite", false, "write the traces that the machine gives into testdata")

// After a change, run with -rewrite and review the difference.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	kind.Play(t, *rewrite)
}

var kind = entitytest.Kind{
	New: func(l entitytest.Line, id entity.ID, terms entity.Terms) entity.Machine {
		return eventsourced.New(id, terms, eventsourced.Config{Ask: l.Int("ask"), Ahead: int(l.Int("ahead"))})
	},
	Keys: map[string][]string{
		"new": {"ask", "ahead"}, "opened": {"state"}, "received": {"event", "about", "snapshot", "retention"},
	},
	MaxMessage: 200,
	Opened:     opened,
	Said:       said,
	Sent:       sent,
	Persist:    persist,
}

// opened reads the newest snapshot. The epoch is 1 where the line has none.
func opened(l entitytest.Line, in *entity.Opened) {
	in.Epoch = max(in.Epoch, 1)
	if state, ok := l.Value("state"); ok {
		in.Snapshot = &entity.Snapshot{Sequence: l.Number(1), State: entitytest.Pack(state)}
	}
}

// said reads a message of the function: "nothing", a failure of the stream, a snapshot
// that was asked for, or a reply with its events.
func said(l entitytest.Line) (proto.Message, error) {
	switch l.Word(1) {
	case "nothing":
		return &eventsourcedv1.HandleResponse{}, nil
	case "failure":
		failure := entitytest.Failure(l, "text")
		failure.CommandId = l.Number(2)
		return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Failure{Failure: failure}}, nil
	case "snapshot-response":
		state, _ := l.Value("snapshot")
		response := &eventsourcedv1.SnapshotResponse{Snapshot: entitytest.Pack(state)}
		return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_SnapshotResponse{SnapshotResponse: response}}, nil
	case "reply":
		return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply(l)}}, nil
	default:
		return nil, fmt.Errorf("no message is called %q", l.Word(1))
	}
}

func reply(l entitytest.Line) *eventsourcedv1.EventSourcedReply {
	state, _ := l.Value("snapshot")
	reply := &eventsourcedv1.EventSourcedReply{
		CommandId: l.Number(2), ClientAction: entitytest.Action(l), SideEffects: entitytest.SideEffects(l), Snapshot: entitytest.Pack(state),
	}
	for _, event := range l.Values("event") {
		reply.Events = append(reply.Events, entitytest.Pack(event))
	}
	for _, about := range l.Values("about") {
		reply.EventMetadata = append(reply.EventMetadata, entitytest.Metadata(about))
	}
	if l.Has("delete") {
		reply.Delete = &eventsourcedv1.Delete{Retention: l.Int("retention")}
	}
	return reply
}

func sent(message proto.Message) string {
	switch m := message.(*eventsourcedv1.HandleRequest).GetMessage().(type) {
	case *eventsourcedv1.HandleRequest_Init:
		return initial(m.Init)
	case *eventsourcedv1.HandleRequest_Event:
		return fmt.Sprintf("event %d %s%s", m.Event.GetSequence(), entitytest.Unpack(m.Event.GetPayload()), about(m.Event.GetMetadata()))
	case *eventsourcedv1.HandleRequest_SnapshotRequest:
		return "snapshot request"
	case *eventsourcedv1.HandleRequest_Command:
		return entitytest.Command(m.Command)
	case *eventsourcedv1.HandleRequest_Cancel:
		return entitytest.Cancel(m.Cancel)
	case *eventsourcedv1.HandleRequest_Passivate:
		return entitytest.Passivate(m.Passivate)
	default:
		return fmt.Sprintf("%T", m)
	}
}

// initial writes an init, without an epoch of 1.
func initial(init *eventsourcedv1.Init) string {
	text := fmt.Sprintf("init %s %s", init.GetServiceName(), init.GetEntityId())
	if last := init.GetLastSequence(); last != 0 {
		text += fmt.Sprintf(" last %d", last)
	}
	if epoch := init.GetEpoch(); epoch != 1 {
		text += fmt.Sprintf(" epoch %d", epoch)
	}
	if s := init.GetSnapshot(); s != nil {
		text += fmt.Sprintf(" snapshot %d %s", s.GetSnapshotSequence(), entitytest.Unpack(s.GetSnapshot()))
	}
	return text
}

func persist(change entity.Persist) string {
	var text string
	if len(change.Events) > 0 {
		text += " " + entitytest.Each(change.Events, func(event entity.Event) string {
			return fmt.Sprintf("%d=%s%s", event.Sequence, entitytest.Unpack(event.Payload), about(event.Metadata))
		})
	}
	if change.Snapshot != nil {
		text += fmt.Sprintf(" snapshot %d=%s", change.Snapshot.Sequence, entitytest.Unpack(change.Snapshot.State))
	}
	if change.Delete != nil {
		text += fmt.Sprintf(" delete for %v", change.Delete.Retention)
	}
	return text
}

func about(metadata *entityv1.Metadata) string {
	if metadata == nil {
		return ""
	}
	return "{" + entitytest.Entries(metadata) + "}"
}
