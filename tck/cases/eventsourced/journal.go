package eventsourced

import (
	"google.golang.org/protobuf/types/known/anypb"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
)

// journal is what the kit, as a proxy, has stored for one entity: what the
// subject gave, byte for byte.
type journal struct {
	snapshot *eventsourcedv1.Snapshot
	// events are those that the snapshot does not cover.
	events []*eventsourcedv1.Event
	// sequence is that of the last event ever.
	sequence int64
}

// startAt makes the snapshot all that is stored.
func (j *journal) startAt(snapshot *eventsourcedv1.Snapshot) {
	*j = journal{snapshot: snapshot, sequence: snapshot.GetSnapshotSequence()}
}

// replayed notes an event that the kit itself has put into the journal.
func (j *journal) replayed(event *eventsourcedv1.Event) {
	j.events = append(j.events, event)
	j.sequence = event.GetSequence()
}

// store adds what one reply carries. A failed command stores nothing
// (ES-FAIL-001), and a snapshot without events is ignored (ES-SNAP-003).
func (j *journal) store(reply *eventsourcedv1.EventSourcedReply) {
	if reply.GetClientAction().GetFailure() != nil || len(reply.GetEvents()) == 0 {
		return
	}
	for _, payload := range reply.GetEvents() {
		j.replayed(&eventsourcedv1.Event{Sequence: j.sequence + 1, Payload: payload})
	}
	if reply.GetSnapshot() != nil {
		j.startAt(snapshotAt(j.sequence, reply.GetSnapshot()))
	}
}

func snapshotAt(sequence int64, state *anypb.Any) *eventsourcedv1.Snapshot {
	return &eventsourcedv1.Snapshot{SnapshotSequence: sequence, Snapshot: state}
}
