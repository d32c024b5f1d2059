package replicated

import (
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// foreign says what of an answer belongs to a capability that is not in force
// (DISC-CAP-008); "" when nothing does. It comes before all else.
func (m *Machine) foreign(effects []*entityv1.SideEffect, action *replicatedv1.StateAction) (requirement, text string) {
	if durable(effects) && !m.terms.Capabilities.Has(discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS) {
		return "DISC-CAP-006", "the answer has the field side_effects.durable, and CAPABILITY_DURABLE_EFFECTS is not in force"
	}
	if !m.maps() && ofOneType(action.GetUpdate()) {
		return "DISC-CAP-006", "the update has a map of one type, and CAPABILITY_REPLICATED_MAPS is not in force"
	}
	return "", ""
}

// forbidden says what of an answer, which is no failure, may not be in it
// (CORE-READ-002, FX-DUR-015), or belongs to a capability that is not in force; "" when
// nothing does.
func (m *Machine) forbidden(
	command entity.Command, effects []*entityv1.SideEffect, action *replicatedv1.StateAction,
) (requirement, text string) {
	if requirement, text = m.foreign(effects, action); requirement != "" {
		return requirement, text
	}
	if action != nil && command.ReadOnly {
		return "CORE-READ-001", fmt.Sprintf("the answer has a state action, and the method %s is declared read_only", command.Name)
	}
	if durable(effects) {
		return "FX-DUR-016", "the answer of a replicated entity has a durable side effect"
	}
	return "", ""
}

func durable(effects []*entityv1.SideEffect) bool {
	return slices.ContainsFunc(effects, (*entityv1.SideEffect).GetDurable)
}

// ofOneType reports whether the delta is, at any depth, of a map of one type.
func ofOneType(delta *replicatedv1.Delta) bool {
	within := func(entry *replicatedv1.ORMapEntryDelta) bool { return ofOneType(entry.GetDelta()) }
	return crdt.TypeOf(delta).OfOneType() ||
		slices.ContainsFunc(delta.GetOrmap().GetUpdated(), within) || slices.ContainsFunc(delta.GetOrmap().GetAdded(), within)
}

// wrongType says what is wrong with the type of a response; "" when nothing is.
func wrongType(c *call, action *entityv1.ClientAction) string {
	payload := action.GetReply().GetPayload()
	if payload == nil || entity.IsOf(payload, c.command.Response) {
		return ""
	}
	return fmt.Sprintf("the answer carries the type URL %q, and %s answers with %s: it has to end in %q",
		payload.GetTypeUrl(), c.command.Name, c.command.Response, "/"+c.command.Response)
}

// tooLarge refuses an update that makes the value larger than it was, and than the
// function takes.
func tooLarge(size, most int) error {
	return &crdt.Refusal{
		Code: codes.ResourceExhausted, Requirement: "REP-LIMIT-001",
		Text: fmt.Sprintf("the value takes %d bytes to be sent again, and a message may have %d", size, most),
	}
}

// refusalOf returns what the caller of a command hears whose update cannot be applied.
func refusalOf(refusal *crdt.Refusal) *fault.Error {
	kind := fault.Internal
	switch refusal.Code {
	case codes.OutOfRange:
		kind = fault.Range
	case codes.ResourceExhausted:
		kind = fault.Exhausted
	}
	return fault.New(kind, "the command's update cannot be applied: %s", refusal.Text)
}
