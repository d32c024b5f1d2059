package value

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
	"github.com/stateward/stateward/tck/peer"
)

// requestNotation is the notation of a request, such as `init{value "A"}`.
func requestNotation(request *valuev1.HandleRequest) string {
	switch message := request.GetMessage().(type) {
	case *valuev1.HandleRequest_Init:
		return initNotation(message.Init)
	case *valuev1.HandleRequest_Command:
		return commandNotation(message.Command)
	case *valuev1.HandleRequest_Cancel:
		reason := strings.ToLower(strings.TrimPrefix(message.Cancel.GetReason().String(), "CANCEL_REASON_"))
		return fmt.Sprintf("cancel %d %s", message.Cancel.GetCommandId(), reason)
	default:
		return peer.Unset
	}
}

func initNotation(init *valuev1.Init) string {
	var parts []string
	if name := peer.Named(init.GetServiceName()); name != "ValueEntityTckModelService" {
		parts = append(parts, name)
	}
	switch {
	case init.GetState() == nil:
		parts = append(parts, "no state")
	case init.GetState().GetValue() != nil:
		parts = append(parts, "value "+persistedNotation(init.GetState().GetValue()))
	}
	return "init{" + strings.Join(parts, ", ") + "}"
}

func commandNotation(command *entityv1.Command) string {
	var process tckvaluev1.ProcessRequest
	payload := command.GetPayload()
	if payload.UnmarshalTo(&process) != nil {
		return fmt.Sprintf("command %d %s with %s", command.GetId(), command.GetName(), peer.Payload(payload, nil))
	}
	return fmt.Sprintf("command %d %s%s", command.GetId(), command.GetName(), actionsNotation(process.GetActions()))
}

// actionsNotation is the notation of what a command asks of the model, such as
// `{update "A", fail "no"}`.
func actionsNotation(actions []*tckvaluev1.RequestAction) string {
	parts := make([]string, len(actions))
	for i, action := range actions {
		parts[i] = actionNotation(action)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func actionNotation(action *tckvaluev1.RequestAction) string {
	switch action := action.GetAction().(type) {
	case *tckvaluev1.RequestAction_Update:
		return "update " + peer.Quote(action.Update.GetValue())
	case *tckvaluev1.RequestAction_Delete:
		return "delete"
	case *tckvaluev1.RequestAction_Forward:
		return "forward " + peer.Quote(action.Forward.GetId())
	case *tckvaluev1.RequestAction_Effect:
		return peer.Effect("effect "+peer.Quote(action.Effect.GetId()), action.Effect.GetSynchronous())
	case *tckvaluev1.RequestAction_Fail:
		return "fail " + peer.Quote(action.Fail.GetMessage())
	default:
		return "nothing"
	}
}

// stateNotation is the notation of a state action, such as `update "A"`.
func stateNotation(action *valuev1.StateAction) string {
	switch action := action.GetAction().(type) {
	case *valuev1.StateAction_Update:
		text := "update " + persistedNotation(action.Update.GetValue())
		if expiry := action.Update.GetExpireAfter(); expiry != 0 {
			text += fmt.Sprintf(" expiring after %d ms", expiry)
		}
		return text
	case *valuev1.StateAction_Delete:
		return "delete"
	default:
		return "a state action in which no case is set"
	}
}

// persistedNotation is the notation of a value of the model.
func persistedNotation(payload *anypb.Any) string {
	return peer.Payload(payload, &tckvaluev1.Persisted{})
}
