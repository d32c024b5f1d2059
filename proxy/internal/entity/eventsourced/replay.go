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
	m.turns.Open(in)
	init := m.init(in.Snapshot)
	init.LastSequence, init.Epoch = in.Last, in.Epoch
	if in.Snapshot != nil {
		m.replayed, m.covered = in.Snapshot.Sequence, in.Snapshot.Sequence
	}
	return append(out, send(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Init{Init: init}}))
}

// init returns the init with the snapshot, which may be nil.
func (m *Machine) init(snapshot *entity.Snapshot) *eventsourcedv1.Init {
	init := &eventsourcedv1.Init{ServiceName: m.turns.ID().Service, EntityId: m.turns.ID().Entity}
	if snapshot != nil {
		init.Snapshot = &eventsourcedv1.Snapshot{SnapshotSequence: snapshot.Sequence, Snapshot: m.turns.Terms().Aliases.Sent(snapshot.State)}
	}
	return init
}

// replay sends the next stored event (ES-REPLAY-002). A gap means that the
// store has lost something: the entity is better not served than served wrong.
func (m *Machine) replay(in entity.Replayed, out []entity.Effect) []entity.Effect {
	m.turns.Replayed(in)
	if in.Event.Sequence != m.replayed+1 {
		return m.damaged(fmt.Sprintf("event %d follows event %d", in.Event.Sequence, m.replayed), out)
	}
	m.replayed = in.Event.Sequence
	return append(out, send(m.event(in.Event)))
}

// recover lets the first command in. An event that the journal counts and did not
// give is a gap as well.
func (m *Machine) recover(in entity.Recovered, out []entity.Effect) []entity.Effect {
	m.turns.Recovered(in)
	if last := m.turns.Last(); m.replayed != last {
		return m.damaged(fmt.Sprintf("its last event is %d, and it gave events up to %d", last, m.replayed), out)
	}
	m.name = "" // It is hardly wanted any more.
	return out
}

// damaged gives up an entity whose journal lacks something.
func (m *Machine) damaged(what string, out []entity.Effect) []entity.Effect {
	err := fault.New(fault.Internal, "the journal of %s is damaged: %s", m.turns.ID(), what)
	return m.turns.Close(entity.Close{Abort: true, Reason: "store", Err: err}, out)
}

// event returns the stored event as the function is sent it.
func (m *Machine) event(event entity.Event) *eventsourcedv1.HandleRequest {
	sent := &eventsourcedv1.Event{
		Sequence: event.Sequence, Payload: m.turns.Terms().Aliases.Sent(event.Payload), Time: timestamppb.New(event.Time), Id: m.eventID(event.Sequence),
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
		binary.BigEndian.PutUint64(length[:], uint64(len(m.turns.Terms().Persistence)))
		hash.Write(length[:])
		hash.Write([]byte(m.turns.Terms().Persistence))
		hash.Write([]byte(m.turns.ID().Entity))
		m.name = base64.RawURLEncoding.EncodeToString(hash.Sum(nil)) + "."
	}
	return m.name + strconv.FormatInt(sequence, 10)
}
