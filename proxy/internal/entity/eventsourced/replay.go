package eventsourced

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// open sends init (ES-INIT-001, ES-INIT-002, ES-REPLAY-001, ES-REPLAY-010).
func (m *Machine) open(in entity.Opened, out []entity.Effect) []entity.Effect {
	m.phase = replaying
	m.ends = in.Last
	init := m.init(in.Snapshot)
	init.LastSequence, init.Epoch = in.Last, in.Epoch
	if in.Snapshot != nil {
		m.last, m.covered = in.Snapshot.Sequence, in.Snapshot.Sequence
	}
	return append(out, entity.Send{Message: &eventsourcedv1.HandleRequest{
		Message: &eventsourcedv1.HandleRequest_Init{Init: init},
	}})
}

// init returns the init with the snapshot, which may be nil.
func (m *Machine) init(snapshot *entity.Snapshot) *eventsourcedv1.Init {
	init := &eventsourcedv1.Init{ServiceName: m.id.Service, EntityId: m.id.Entity}
	if snapshot != nil {
		init.Snapshot = &eventsourcedv1.Snapshot{SnapshotSequence: snapshot.Sequence, Snapshot: m.terms.Aliases.Sent(snapshot.State)}
	}
	return init
}

// replay sends the next stored event (ES-REPLAY-002). A gap means that the
// store has lost something: the entity is better not served than served wrong.
func (m *Machine) replay(event entity.Event, out []entity.Effect) []entity.Effect {
	if event.Sequence != m.last+1 {
		return m.damaged(fmt.Sprintf("event %d follows event %d", event.Sequence, m.last), out)
	}
	m.last = event.Sequence
	return append(out, entity.Send{Message: m.event(event)})
}

// recover lets the first command in. An event that the journal counts and did not
// give is a gap as well.
func (m *Machine) recover(out []entity.Effect) []entity.Effect {
	if m.last != m.ends {
		return m.damaged(fmt.Sprintf("its last event is %d, and it gave events up to %d", m.ends, m.last), out)
	}
	m.phase, m.name = idle, "" // It is hardly wanted any more.
	return out
}

// damaged gives up an entity whose journal lacks something.
func (m *Machine) damaged(what string, out []entity.Effect) []entity.Effect {
	err := fault.New(fault.Internal, "the journal of %s is damaged: %s", m.id, what)
	return m.close(entity.Close{Abort: true, Reason: "store", Err: err}, out)
}

// event returns the stored event as the function is sent it.
func (m *Machine) event(event entity.Event) *eventsourcedv1.HandleRequest {
	sent := &eventsourcedv1.Event{
		Sequence: event.Sequence, Payload: m.terms.Aliases.Sent(event.Payload), Time: timestamppb.New(event.Time), Id: m.eventID(event.Sequence),
	}
	if m.has(discoveryv1.Capability_CAPABILITY_EVENT_METADATA) {
		sent.Metadata = event.Metadata
	}
	return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Event{Event: sent}}
}

// eventID names one event (ES-EVENT-002). What it is made of never changes, and
// belongs to no other event: no entity ever gets the id of a deleted one.
func (m *Machine) eventID(sequence int64) string {
	if m.name == "" {
		hash := sha256.New()
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(m.terms.Persistence)))
		hash.Write(length[:])
		hash.Write([]byte(m.terms.Persistence))
		hash.Write([]byte(m.id.Entity))
		m.name = base64.RawURLEncoding.EncodeToString(hash.Sum(nil)) + "."
	}
	return m.name + strconv.FormatInt(sequence, 10)
}
