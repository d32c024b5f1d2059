package eventsourced

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// Limits are what a machine holds the function to, in bytes.
type Limits struct {
	// Message is the largest message that the function takes: none to it is
	// larger, as long as no command is.
	Message int
	// Metadata is the largest metadata of a reply, keys and values together.
	Metadata int
}

// framing bounds the bytes that replay puts around a payload: the tags, lengths
// and sequence of an event, or of init and its snapshot, without their names.
const framing = 64

// tooLarge says which event or snapshot of the reply could never be sent back
// to the function, and so would lock the entity out for ever; "" when none. A
// snapshot without events is never stored, whatever its size.
func (m *Machine) tooLarge(reply *eventsourcedv1.EventSourcedReply) string {
	for n, event := range reply.GetEvents() {
		if size := proto.Size(event) + framing; size > m.limits.Message {
			return fmt.Sprintf("event %d of the reply takes %d bytes to replay", n+1, size)
		}
	}
	if reply.GetSnapshot() == nil || len(reply.GetEvents()) == 0 {
		return ""
	}
	size := proto.Size(reply.GetSnapshot()) + framing + len(m.id.Service) + len(m.id.Entity)
	if size > m.limits.Message {
		return fmt.Sprintf("the snapshot of the reply takes %d bytes to replay", size)
	}
	return ""
}

// reject keeps nothing of a reply that is too large (ES-STORE-007). The function
// has applied the events to its own copy, so that it must load again.
func (m *Machine) reject(what string, out []entity.Effect) []entity.Effect {
	text := fmt.Sprintf("%s, and a message may have %d: nothing was stored", what, m.limits.Message)
	out = append(out, m.report("ES-STORE-007", discoveryv1.Severity_SEVERITY_ERROR, text))
	return m.lose(fault.New(fault.Exhausted, "%s", text), entity.Close{Reason: "violation"}, out)
}
