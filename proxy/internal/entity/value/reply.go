package value

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/turn"
)

// longest is the largest expire_after, in milliseconds: a hundred years of 365 days.
const longest = 100 * 365 * 24 * 60 * 60 * 1000

// framing bounds the bytes that init puts around a value, without its names.
const framing = 64

// answer takes the reply to the outstanding command. Its state action goes to the
// store first; the outcome waits for it (VAL-STORE-001).
func (m *Machine) answer(reply *valuev1.ValueEntityReply, out []entity.Effect) []entity.Effect {
	if text := m.notInForce(reply); text != "" { // DISC-CAP-008
		return m.turns.Violate("DISC-CAP-006", text, out)
	}
	if failure := reply.GetClientAction().GetFailure(); failure != nil {
		return m.refuse(reply, failure, out)
	}
	if requirement, text := m.forbidden(reply); requirement != "" {
		return m.turns.Violate(requirement, text, out)
	}
	if text := m.tooLarge(reply.GetStateAction()); text != "" {
		return m.turns.Reject("VAL-STORE-005", text, out)
	}
	if text := m.turns.WrongType(reply.GetClientAction()); text != "" {
		return m.turns.Violate("CORE-CMD-006", text, out)
	}
	outcome, out := m.turns.Outcome(reply.GetClientAction(), reply.GetSideEffects(), out)
	action := stateAction(reply.GetStateAction())
	if action == nil {
		return m.outlived(m.turns.Answer(outcome, entity.Persist{}, nil, out))
	}
	then := m.renew(action)
	return m.turns.Answer(outcome, entity.Persist{Value: action}, then, out)
}

// refuse takes a reply whose client action is a failure: nothing of it is kept
// (VAL-FAIL-001), and its state action does not count, whatever form it has.
func (m *Machine) refuse(reply *valuev1.ValueEntityReply, failure *entityv1.Failure, out []entity.Effect) []entity.Effect {
	broken, text := "", ""
	if reply.GetStateAction() != nil { // VAL-FAIL-003
		broken, text = "VAL-FAIL-002", "the command failed and its reply has a state action: it was not stored, and the entity loads again"
	}
	return m.outlived(m.turns.Refuse(failure, reply.GetSideEffects(), broken, text, out))
}

// notInForce names the first field of the reply that belongs to a capability which is
// not in force; "" when there is none.
func (m *Machine) notInForce(reply *valuev1.ValueEntityReply) string {
	if !turn.Durable(reply.GetSideEffects()) || m.turns.Terms().Capabilities.Has(discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS) {
		return ""
	}
	return fmt.Sprintf("the reply has the field side_effects.durable, and %s is not in force", discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS)
}

// forbidden says which requirement the state action breaks in such a way that nothing
// of the reply is kept, and how; "" when none.
func (m *Machine) forbidden(reply *valuev1.ValueEntityReply) (requirement, text string) {
	action, update := reply.GetStateAction(), reply.GetStateAction().GetUpdate()
	switch after := update.GetExpireAfter(); {
	case action == nil:
		return "", ""
	case m.turns.ReadOnly() != "": // CORE-READ-002, CORE-READ-003
		return "CORE-READ-001", fmt.Sprintf("the reply has a state action, and the method %s is declared read_only", m.turns.ReadOnly())
	case action.GetAction() == nil:
		return "VAL-CMD-006", "the reply has a state action in which no case is set"
	case action.GetDelete() == nil && update.GetValue() == nil:
		return "VAL-CMD-006", "the reply has an update without a value"
	case after < 0 || after > longest:
		return "VAL-EXPIRE-006", fmt.Sprintf("the reply has an update with expire_after %d, which is from 0 to %d", after, int64(longest))
	default:
		return "", ""
	}
}

// tooLarge says that the new value could never be sent back to the function, and so
// would lock the entity out for ever; "" when it could.
func (m *Machine) tooLarge(action *valuev1.StateAction) string {
	id, most := m.turns.ID(), m.turns.Terms().MaxMessage
	size := proto.Size(action.GetUpdate().GetValue()) + framing + len(id.Service) + len(id.Entity)
	if action.GetUpdate() == nil || size <= most {
		return ""
	}
	return fmt.Sprintf("the value of the reply makes an init of %d bytes, and a message may have %d: nothing was stored", size, most)
}

// stateAction returns what the reply does to the value; nil for nothing.
func stateAction(action *valuev1.StateAction) *entity.Value {
	if action == nil {
		return nil
	}
	return &entity.Value{
		Update:      action.GetUpdate().GetValue(),
		ExpireAfter: time.Duration(action.GetUpdate().GetExpireAfter()) * time.Millisecond,
	}
}
