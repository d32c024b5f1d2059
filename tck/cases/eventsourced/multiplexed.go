package eventsourced

import (
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/peer"
)

// What the cases on multiplexed streams have of this package: there the messages are the
// same, and travel in frames.

// Sent is the notation of a message of the proxy, Received of one of the function.
func Sent(message *eventsourcedv1.HandleRequest) string { return requestNotation(message) }

// Received is the notation of a message of the function.
func Received(message *eventsourcedv1.HandleResponse) string { return readAnswer(message).String() }

// Init is the init of the model entity with the id, whose events up to the last follow.
// The state is that of a snapshot of this sequence; 0 is none.
func Init(entity string, sequence int64, state string, last int64) *eventsourcedv1.HandleRequest {
	var snapshot *eventsourcedv1.Snapshot
	if sequence > 0 {
		snapshot = snapshotAt(sequence, persisted(state))
	}
	return initRequest(modelService, entity, snapshot, last)
}

// Event replays one event of the model.
func Event(entity string, sequence int64, value string) *eventsourcedv1.HandleRequest {
	return eventRequest(entity, &eventsourcedv1.Event{Sequence: sequence, Payload: persisted(value)})
}

// Process is the command to the model entity that emits the values.
func Process(entity string, id int64, values ...string) *eventsourcedv1.HandleRequest {
	var actions []*tckeventsourcedv1.RequestAction
	for _, value := range values {
		actions = append(actions, emit(value))
	}
	return processRequest(id, actions...)(entity)
}

// Padded gives a command metadata, until its message has exactly that size in bytes.
func Padded(message *eventsourcedv1.HandleRequest, size int) *eventsourcedv1.HandleRequest {
	return padded(message, size)
}

// Reply is the notation of the reply to a command, with the model's message and events.
func Reply(id int64, message string, values ...string) string {
	e := expectation{want: answer{command: id, action: peer.Quote(message)}}
	events(values...)(&e)
	return e.want.String()
}
