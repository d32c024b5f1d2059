package replicated

import (
	"fmt"
	"strings"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/peer"
)

// requestNotation is the notation of a request, such as `init{gcounter +5}`.
func requestNotation(in *request) string {
	switch message := in.GetMessage().(type) {
	case *replicatedv1.HandleRequest_Init:
		return initNotation(message.Init)
	case *replicatedv1.HandleRequest_Delta:
		return "delta " + deltaNotation(message.Delta)
	case *replicatedv1.HandleRequest_Delete:
		return "delete"
	case *replicatedv1.HandleRequest_Command:
		return commandNotation(message.Command)
	case *replicatedv1.HandleRequest_StreamCancelled:
		return fmt.Sprintf("stream_cancelled %d", message.StreamCancelled.GetId())
	default:
		return peer.Unset
	}
}

func initNotation(init *replicatedv1.Init) string {
	var parts []string
	if name := peer.Named(init.GetServiceName()); name != "ReplicatedTckModelService" {
		parts = append(parts, name)
	}
	if init.GetDelta() != nil {
		parts = append(parts, deltaNotation(init.GetDelta()))
	}
	return "init{" + strings.Join(parts, ", ") + "}"
}

func commandNotation(command *entityv1.Command) string {
	text := fmt.Sprintf("command %d %s", command.GetId(), command.GetName())
	if command.GetStreamed() {
		text = fmt.Sprintf("streamed command %d %s", command.GetId(), command.GetName())
	}
	var process tckreplicatedv1.ProcessRequest
	var streamed tckreplicatedv1.ProcessStreamedRequest
	switch payload := command.GetPayload(); {
	case payload.UnmarshalTo(&process) == nil:
		return text + actionsNotation(process.GetActions())
	case payload.UnmarshalTo(&streamed) == nil:
		return text + watchNotation(&streamed)
	default:
		return text + " with " + peer.Payload(payload, nil)
	}
}

// actionsNotation is the notation of what a command asks of the model, such as
// `{gcounter 5, fail "no"}`.
func actionsNotation(actions []*tckreplicatedv1.RequestAction) string {
	parts := make([]string, len(actions))
	for i, action := range actions {
		parts[i] = actionNotation(action)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func actionNotation(action *tckreplicatedv1.RequestAction) string {
	switch action := action.GetAction().(type) {
	case *tckreplicatedv1.RequestAction_Update:
		return updateNotation(action.Update)
	case *tckreplicatedv1.RequestAction_Delete:
		return "delete"
	case *tckreplicatedv1.RequestAction_Forward:
		return "forward " + peer.Quote(action.Forward.GetId())
	case *tckreplicatedv1.RequestAction_Effect:
		return effectNotation(action.Effect)
	case *tckreplicatedv1.RequestAction_Fail:
		return "fail " + peer.Quote(action.Fail.GetMessage())
	default:
		return "nothing"
	}
}

func effectNotation(effect *tckreplicatedv1.Effect) string {
	return peer.Effect("effect "+peer.Quote(effect.GetId()), effect.GetSynchronous())
}

// watchNotation is the notation of what a streamed command asks of the model.
func watchNotation(in *tckreplicatedv1.ProcessStreamedRequest) string {
	var parts []string
	if in.GetInitialUpdate() != nil {
		parts = append(parts, updateNotation(in.GetInitialUpdate()))
	}
	if in.GetEndState() != nil {
		parts = append(parts, "to "+stateNotation(in.GetEndState()))
	}
	if in.GetCancelUpdate() != nil {
		parts = append(parts, "when cancelled "+updateNotation(in.GetCancelUpdate()))
	}
	for _, effect := range in.GetEffects() {
		parts = append(parts, effectNotation(effect))
	}
	if in.GetEmpty() {
		parts = append(parts, "empty")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// updateNotation is the notation of a change that is asked for, such as
// `orset add "a" MAJORITY`.
func updateNotation(update *tckreplicatedv1.Update) string {
	return changeNotation(update) + consistencyNotation(update.GetWriteConsistency())
}

func changeNotation(update *tckreplicatedv1.Update) string {
	switch change := update.GetUpdate().(type) {
	case *tckreplicatedv1.Update_Gcounter:
		return fmt.Sprintf("gcounter %d", change.Gcounter.GetIncrement())
	case *tckreplicatedv1.Update_Pncounter:
		return fmt.Sprintf("pncounter %+d", change.Pncounter.GetChange())
	case *tckreplicatedv1.Update_Gset:
		return "gset add " + peer.Quote(change.Gset.GetAdd())
	case *tckreplicatedv1.Update_Orset:
		return "orset " + setUpdateNotation(change.Orset)
	case *tckreplicatedv1.Update_Lwwregister:
		return "lwwregister set " + writeNotation(change.Lwwregister)
	case *tckreplicatedv1.Update_Flag:
		return "flag set"
	case *tckreplicatedv1.Update_Ormap:
		return "ormap " + mapUpdateNotation(change.Ormap, func() string {
			return entryNotation(change.Ormap.GetUpdate().GetKey(), updateNotation(change.Ormap.GetUpdate().GetUpdate()))
		})
	case *tckreplicatedv1.Update_Vote:
		return fmt.Sprintf("vote %t", change.Vote.GetSelfVote())
	case *tckreplicatedv1.Update_PncounterMap:
		return "pncounter_map " + mapUpdateNotation(change.PncounterMap, func() string {
			entry := change.PncounterMap.GetUpdate()
			return entryNotation(entry.GetKey(), fmt.Sprintf("%+d", entry.GetCounter().GetChange()))
		})
	case *tckreplicatedv1.Update_LwwregisterMap:
		return "lwwregister_map " + mapUpdateNotation(change.LwwregisterMap, func() string {
			entry := change.LwwregisterMap.GetUpdate()
			return entryNotation(entry.GetKey(), "set "+writeNotation(entry.GetRegister()))
		})
	case *tckreplicatedv1.Update_OrmultiMap:
		return "ormulti_map " + mapUpdateNotation(change.OrmultiMap, func() string {
			entry := change.OrmultiMap.GetUpdate()
			return entryNotation(entry.GetKey(), setUpdateNotation(entry.GetSet()))
		})
	default:
		return "no update"
	}
}

func setUpdateNotation(set *tckreplicatedv1.ORSetUpdate) string {
	switch change := set.GetAction().(type) {
	case *tckreplicatedv1.ORSetUpdate_Add:
		return "add " + peer.Quote(change.Add)
	case *tckreplicatedv1.ORSetUpdate_Remove:
		return "remove " + peer.Quote(change.Remove)
	case *tckreplicatedv1.ORSetUpdate_Clear:
		return clearNotation(change.Clear)
	default:
		return "nothing"
	}
}

func writeNotation(write *tckreplicatedv1.LWWRegisterUpdate) string {
	clock := write.GetClock()
	return peer.Quote(write.GetValue()) + clockNotation(clock.GetClockType(), clock.GetCustomClockValue())
}

// mapUpdate is what the changes of maps have in common but that of an entry.
type mapUpdate interface {
	GetAdd() string
	GetRemove() string
	GetClear() bool
}

// mapUpdateNotation is the notation of what is asked of a map; entry is that of what is
// asked of its entry, and empty where nothing is.
func mapUpdateNotation(update mapUpdate, entry func() string) string {
	switch text := entry(); {
	case text != "":
		return text
	case update.GetAdd() != "":
		return "add " + peer.Quote(update.GetAdd())
	case update.GetRemove() != "":
		return "remove " + peer.Quote(update.GetRemove())
	default:
		return clearNotation(update.GetClear())
	}
}

// entryNotation is the notation of a change of an entry; of one without key, empty.
func entryNotation(key, change string) string {
	if key == "" {
		return ""
	}
	return peer.Quote(key) + ": " + change
}

func clearNotation(yes bool) string {
	if yes {
		return "clear"
	}
	return "clear not"
}

// consistencyNotation is the notation of a write consistency, led by a space; none is
// LOCAL.
func consistencyNotation(of replicatedv1.WriteConsistency) string {
	if of == replicatedv1.WriteConsistency_WRITE_CONSISTENCY_LOCAL {
		return ""
	}
	return " " + strings.TrimPrefix(of.String(), "WRITE_CONSISTENCY_")
}
