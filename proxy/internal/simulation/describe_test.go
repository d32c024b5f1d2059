package simulation

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
)

// describe names a message for the history.
func describe(message proto.Message) string {
	switch m := message.(type) {
	case *eventsourcedv1.HandleRequest:
		return describeOne(m.GetInit(), m.GetCommand(), m.GetMessage())
	case *valuev1.HandleRequest:
		return describeOne(m.GetInit(), m.GetCommand(), m.GetMessage())
	case *replicatedv1.HandleRequest:
		return describeOne(m.GetInit(), m.GetCommand(), m.GetMessage())
	case *actionv1.ActionCommand:
		o, _ := decode(m.GetPayload().GetValue())
		return m.GetName() + " " + o.Token + origin(m.GetMetadata())
	default:
		return "half-close"
	}
}

func describeOne(init interface{ GetEntityId() string }, command *entityv1.Command, message any) string {
	if command != nil {
		o, _ := decode(command.GetPayload().GetValue())
		return fmt.Sprintf("%s %s/%s as %d%s", command.GetName(), command.GetEntityId(), o.Token, command.GetId(), origin(command.GetMetadata()))
	}
	if id := init.GetEntityId(); id != "" {
		return "init " + id
	}
	kind := fmt.Sprintf("%T", message)
	return kind[strings.LastIndexByte(kind, '_')+1:]
}
