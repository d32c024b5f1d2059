package eventsourced

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/peer"
)

// requestNotation is the notation of a request, such as `init{snapshot 5 "ABCDE"}`.
func requestNotation(request *eventsourcedv1.HandleRequest) string {
	switch message := request.GetMessage().(type) {
	case *eventsourcedv1.HandleRequest_Init:
		return initNotation(message.Init)
	case *eventsourcedv1.HandleRequest_Event:
		event := message.Event
		return fmt.Sprintf("event %d %s", event.GetSequence(), persistedNotation(event.GetPayload()))
	case *eventsourcedv1.HandleRequest_Command:
		return commandNotation(message.Command)
	case *eventsourcedv1.HandleRequest_Cancel:
		return fmt.Sprintf("cancel %d", message.Cancel.GetCommandId())
	case *eventsourcedv1.HandleRequest_Passivate:
		return fmt.Sprintf("passivate{reason %d}", message.Passivate.GetReason())
	case *eventsourcedv1.HandleRequest_SnapshotRequest:
		return "snapshot request"
	default:
		return peer.Unset
	}
}

func initNotation(init *eventsourcedv1.Init) string {
	var parts []string
	if name := peer.Named(init.GetServiceName()); name != "EventSourcedTckModelService" {
		parts = append(parts, name)
	}
	if snapshot := init.GetSnapshot(); snapshot != nil {
		text := persistedNotation(snapshot.GetSnapshot())
		parts = append(parts, fmt.Sprintf("snapshot %d %s", snapshot.GetSnapshotSequence(), text))
	}
	return "init{" + strings.Join(parts, ", ") + "}"
}

func commandNotation(command *entityv1.Command) string {
	var process tckeventsourcedv1.ProcessRequest
	payload := command.GetPayload()
	if payload.UnmarshalTo(&process) != nil {
		return fmt.Sprintf("command %d %s with %s", command.GetId(), command.GetName(), peer.Payload(payload, nil))
	}
	return fmt.Sprintf("command %d %s%s", command.GetId(), command.GetName(), actionsNotation(process.GetActions()))
}

// actionsNotation is the notation of what a command asks of the model, such as
// `{emit "A", fail "no"}`.
func actionsNotation(actions []*tckeventsourcedv1.RequestAction) string {
	parts := make([]string, len(actions))
	for i, action := range actions {
		parts[i] = actionNotation(action)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func actionNotation(action *tckeventsourcedv1.RequestAction) string {
	switch action := action.GetAction().(type) {
	case *tckeventsourcedv1.RequestAction_Emit:
		text := "emit " + peer.Quote(action.Emit.GetValue())
		if action.Emit.GetMetadata() != "" {
			text += " with metadata " + peer.Quote(action.Emit.GetMetadata())
		}
		return text
	case *tckeventsourcedv1.RequestAction_Forward:
		return "forward " + peer.Quote(action.Forward.GetId())
	case *tckeventsourcedv1.RequestAction_Effect:
		return peer.Durably(peer.Effect("effect "+peer.Quote(action.Effect.GetId()), action.Effect.GetSynchronous()), action.Effect.GetDurable())
	case *tckeventsourcedv1.RequestAction_Fail:
		return "fail " + peer.Quote(action.Fail.GetMessage())
	case *tckeventsourcedv1.RequestAction_Delete:
		return retained(action.Delete.GetRetention())
	default:
		return "nothing"
	}
}

// persistedNotation is the notation of an event or a snapshot of the model.
func persistedNotation(payload *anypb.Any) string {
	return peer.Payload(payload, &tckeventsourcedv1.Persisted{})
}
