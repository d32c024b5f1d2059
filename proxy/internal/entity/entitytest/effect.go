package entitytest

import (
	"fmt"
	"strings"

	"google.golang.org/grpc/status"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
)

// Effect writes one effect as a line.
func (k Kind) Effect(effect entity.Effect) string {
	switch effect := effect.(type) {
	case entity.Send:
		return "send " + k.Sent(effect.Message)
	case entity.Persist:
		return k.persist(effect)
	case entity.Apply:
		return k.Apply(effect)
	case entity.Answered:
		return fmt.Sprintf("answered %d", effect.Command)
	case entity.Complete:
		return complete(effect)
	case entity.Start:
		return fmt.Sprintf("start %d %s", effect.ID, Each(effect.SideEffects, sideEffect))
	case entity.Requeue:
		return "requeue " + strings.Trim(fmt.Sprint(effect.Commands), "[]")
	case entity.Wait:
		return fmt.Sprintf("wait %d for %v", effect.Timer, effect.For)
	case entity.Report:
		severity := strings.ToLower(strings.TrimPrefix(effect.Severity.String(), "SEVERITY_"))
		return fmt.Sprintf("report %s %s command=%d: %s", effect.Requirement, severity, effect.CommandID, effect.Text)
	case entity.Close:
		return closing(effect)
	default:
		return fmt.Sprintf("%T", effect)
	}
}

func complete(effect entity.Complete) string {
	text := fmt.Sprintf("complete %d %s", effect.Command, Outcome(effect.Outcome))
	if effect.More {
		text += ", and more"
	}
	return text
}

func (k Kind) persist(change entity.Persist) string {
	text := fmt.Sprintf("persist after %d of command %d:", change.Expected, change.Command) + k.Persist(change)
	if change.Answer != nil {
		text += " record " + Outcome(*change.Answer)
	}
	if len(change.Durable) > 0 {
		text += " durable " + Each(change.Durable, sideEffect)
	}
	return text
}

func closing(effect entity.Close) string {
	text := fmt.Sprintf("half-close %q", effect.Reason)
	if effect.Abort {
		text = fmt.Sprintf("abort %q", effect.Reason)
	}
	if effect.Err != nil {
		text += "; those that wait fail with " + refusal(effect.Err)
	}
	if effect.Deleted {
		text += "; deleted"
	}
	if effect.Anew {
		text += ", then anew"
	}
	return text
}

// Outcome writes what a caller gets.
func Outcome(outcome entity.Outcome) string {
	var text string
	if outcome.Reply != nil {
		text += " reply " + Unpack(outcome.Reply.GetPayload())
		if note := outcome.Reply.GetMetadata(); note != nil {
			text += " metadata " + note.GetEntries()[0].GetStringValue()
		}
	}
	if outcome.Forward != nil {
		text += " forward " + outcome.Forward.GetServiceName() + "/" + outcome.Forward.GetCommandName()
	}
	if outcome.Err != nil {
		text += " " + refusal(outcome.Err)
	}
	if outcome.GivenUp {
		text += " given up"
	}
	if len(outcome.SideEffects) > 0 {
		text += ", then " + Each(outcome.SideEffects, sideEffect)
	}
	return strings.TrimSpace(text)
}

func sideEffect(effect *entityv1.SideEffect) string {
	text := effect.GetServiceName() + "/" + effect.GetCommandName()
	if effect.GetSynchronous() {
		text += "(awaited)"
	}
	return text
}

func refusal(err error) string {
	s := status.Convert(err)
	text := fmt.Sprintf("%s %q", s.Code(), s.Message())
	if details := s.Proto().GetDetails(); len(details) > 0 {
		text += " with " + Each(details, Unpack)
	}
	return text
}

// Command writes a command as the function gets it.
func Command(command *entityv1.Command) string {
	text := fmt.Sprintf("command %d %s/%s %s", command.GetId(), command.GetEntityId(), command.GetName(), Unpack(command.GetPayload()))
	if all := command.GetMetadata(); all != nil {
		text += " metadata " + Entries(all)
	}
	if timeout := command.GetTimeout(); timeout != 0 {
		text += fmt.Sprintf(" timeout %d", timeout)
	}
	return text
}

// Entries writes what the metadata has.
func Entries(metadata *entityv1.Metadata) string {
	return Each(metadata.GetEntries(), func(entry *entityv1.MetadataEntry) string {
		return entry.GetKey() + "=" + entry.GetStringValue()
	})
}

// Cancel writes that nobody waits any more.
func Cancel(cancel *entityv1.Cancel) string {
	return fmt.Sprintf("cancel %d %s", cancel.GetCommandId(), strings.TrimPrefix(cancel.GetReason().String(), "CANCEL_REASON_"))
}

// Passivate writes the notice of a passivation.
func Passivate(notice *entityv1.Passivate) string {
	return "passivate " + strings.TrimPrefix(notice.GetReason().String(), "PASSIVATION_REASON_")
}

// Each writes the items with a space between them.
func Each[T any](items []T, write func(T) string) string {
	words := make([]string, len(items))
	for i, item := range items {
		words[i] = write(item)
	}
	return strings.Join(words, " ")
}
