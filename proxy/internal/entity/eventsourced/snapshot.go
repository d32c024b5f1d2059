package eventsourced

import (
	"fmt"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// patience is the time that the function has for a snapshot: the one timer.
const patience entity.Timer = 1

// ask asks for a snapshot where the next replay would be long: between two commands,
// once a first one has been answered (ES-ASK-001, ES-ASK-007).
func (m *Machine) ask(out []entity.Effect) []entity.Effect {
	if m.mute || m.config.Ask < 0 || m.turns.Last()-m.covered < m.config.Ask ||
		!m.has(discoveryv1.Capability_CAPABILITY_SNAPSHOT_REQUEST) || !m.turns.Pause() {
		return out
	}
	return append(out,
		entity.Wait{Timer: patience, For: m.config.AskTime}, // ES-ASK-008
		send(&eventsourcedv1.HandleRequest{
			Message: &eventsourcedv1.HandleRequest_SnapshotRequest{SnapshotRequest: &eventsourcedv1.SnapshotRequest{}},
		}))
}

// take takes the snapshot that was asked for. It is stored behind every change
// before it, and thus once the event of its sequence is durable (ES-ASK-006).
func (m *Machine) take(response *eventsourcedv1.SnapshotResponse, out []entity.Effect) []entity.Effect {
	if !m.has(discoveryv1.Capability_CAPABILITY_SNAPSHOT_REQUEST) {
		return m.turns.Violate(notInForce, "the function sent a snapshot_response, and CAPABILITY_SNAPSHOT_REQUEST is not in force", out)
	}
	if !m.turns.Paused() { // ES-ASK-011
		return m.turns.Violate("ES-ASK-003", "the function sent a snapshot_response, and no snapshot_request was unanswered", out)
	}
	m.turns.Resume()
	out = append(out, entity.Wait{Timer: patience})
	if response.GetSnapshot() == nil { // ES-ASK-004
		m.mute = true
		return out
	}
	snapshot := &entity.Snapshot{Sequence: m.turns.Last(), State: response.GetSnapshot()}
	if size, ok := m.fits(m.opening(snapshot)); !ok { // ES-ASK-009, ES-ASK-010
		m.mute = true
		text := fmt.Sprintf("with the snapshot init has %d bytes, and may have %d: the snapshot was not stored", size, m.turns.Terms().MaxMessage)
		return append(out, m.turns.Report("ES-ASK-009", discoveryv1.Severity_SEVERITY_WARNING, text))
	}
	m.covered = snapshot.Sequence
	return m.turns.Keep(snapshot, out)
}

// overdue gives up on a function that does not give the snapshot.
func (m *Machine) overdue(in entity.Elapsed, out []entity.Effect) []entity.Effect {
	if !m.turns.Paused() || in.Timer != patience {
		return out
	}
	text := "the function did not answer a snapshot_request in the time that the proxy allows"
	out = append(out, m.turns.Report("ES-ASK-003", discoveryv1.Severity_SEVERITY_ERROR, text))
	return m.turns.Lose(fault.New(fault.Deadline, "%s", text), entity.Close{Abort: true, Reason: "timeout"}, out)
}

// opening returns the message that opens a stream with the snapshot, with numbers
// that are as long as any.
func (m *Machine) opening(snapshot *entity.Snapshot) *eventsourcedv1.HandleRequest {
	init := m.init(snapshot)
	init.LastSequence, init.Epoch = 1<<62, 1<<62
	return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Init{Init: init}}
}
