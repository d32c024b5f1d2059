package eventsourced

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/header"
)

// events returns the reply's events as they are stored: all with the time when the
// reply came (ES-EVENT-001), in the precision in which every store keeps it.
func (m *Machine) events(reply *eventsourcedv1.EventSourcedReply, at time.Time) []entity.Event {
	if len(reply.GetEvents()) == 0 {
		return nil
	}
	at = at.UTC().Truncate(time.Millisecond)
	events := make([]entity.Event, len(reply.GetEvents()))
	for i, payload := range reply.GetEvents() {
		events[i] = entity.Event{Sequence: m.turns.Last() + int64(i) + 1, Payload: payload, Time: at, Metadata: m.metadata(reply, i)}
	}
	return events
}

// metadata is what is stored with one event: what the function gave, as a forward
// would have it (ES-EVENT-006), and the trace of the command (ES-EVENT-009), which
// is never the function's own (ES-EVENT-004); nil when there is neither.
func (m *Machine) metadata(reply *eventsourcedv1.EventSourcedReply, i int) *entityv1.Metadata {
	entries := append(given(reply, i), m.trace...)
	if len(entries) == 0 {
		return nil
	}
	return &entityv1.Metadata{Entries: entries}
}

// given returns the entries that the function gave with one event, less those that
// are not stored.
func given(reply *eventsourcedv1.EventSourcedReply, i int) []*entityv1.MetadataEntry {
	if i >= len(reply.GetEventMetadata()) {
		return nil
	}
	entries := header.Forwarded(reply.GetEventMetadata()[i]).GetEntries()
	return slices.DeleteFunc(entries, func(entry *entityv1.MetadataEntry) bool {
		return entry.GetKey() == header.TraceParent || entry.GetKey() == header.TraceState
	})
}

// snapshot returns the state after the reply's last event; nil where it is not stored.
func (m *Machine) snapshot(reply *eventsourcedv1.EventSourcedReply) *entity.Snapshot {
	if reply.GetSnapshot() == nil || len(reply.GetEvents()) == 0 || reply.GetDelete() != nil {
		return nil
	}
	return &entity.Snapshot{Sequence: m.turns.Last() + int64(len(reply.GetEvents())), State: reply.GetSnapshot()}
}

// end returns the entity's end, where the reply is it.
func end(reply *eventsourcedv1.EventSourcedReply) *entity.Delete {
	if reply.GetDelete() == nil {
		return nil
	}
	return &entity.Delete{Retention: time.Duration(reply.GetDelete().GetRetention()) * time.Millisecond}
}

// framing is more than stands around the payload and the metadata of an event.
const framing = 512

// mayNotFit reports whether the event has to be measured: most are far too small.
func (m *Machine) mayNotFit(event entity.Event) bool {
	payload := event.Payload
	return len(payload.GetValue())+len(payload.GetTypeUrl())+proto.Size(event.Metadata)+framing > m.turns.Terms().MaxMessage
}
