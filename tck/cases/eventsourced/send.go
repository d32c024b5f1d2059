package eventsourced

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

// unknownField is the number of a field that no message of the protocol has.
const unknownField = 1000

// init opens a stream for the entity and sends init without a snapshot.
func (s stream) init() step { return s.initWith(nil) }

// initFrom opens a stream and sends init with a snapshot of the model.
func (s stream) initFrom(sequence int64, state string) step {
	return s.initWith(snapshotAt(sequence, persisted(state)))
}

func (s stream) initWith(snapshot *eventsourcedv1.Snapshot) step {
	return s.opening(snapshot, snapshot.GetSnapshotSequence())
}

// opening opens a stream and sends an init that says which is the last event.
func (s stream) opening(snapshot *eventsourcedv1.Snapshot, last int64) step {
	line := s.sends(func(entity string) *eventsourcedv1.HandleRequest {
		return initRequest(s.Service, entity, snapshot, last)
	}).after(func(sc *scene) {
		sc.open(s)
		if snapshot != nil {
			sc.journal(s).startAt(snapshot)
		}
	})
	line.foretell = func(last int64) step { return s.opening(snapshot, last) }
	return line
}

// again sends init on the stream that is open.
func (s stream) again(snapshot *eventsourcedv1.Snapshot) step {
	return s.sends(func(entity string) *eventsourcedv1.HandleRequest {
		return initRequest(s.Service, entity, snapshot, snapshot.GetSnapshotSequence())
	})
}

// initRequest is an init as a proxy of this version sends it, which is the only one
// that ever writes the entity.
func initRequest(service, entity string, snapshot *eventsourcedv1.Snapshot, last int64) *eventsourcedv1.HandleRequest {
	return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Init{Init: &eventsourcedv1.Init{
		ServiceName: service, EntityId: entity, Snapshot: snapshot, LastSequence: last, Epoch: 1,
	}}}
}

// foretold returns the script with inits that say which is the last of the events
// that the lines behind them replay.
func foretold(script []engine.Step) []engine.Step {
	told := slices.Clone(script)
	for i, line := range told {
		opening, ours := line.(step)
		if !ours || opening.foretell == nil {
			continue
		}
		for _, later := range told[i+1:] {
			replay, ours := later.(step)
			if !ours || replay.sequence == 0 {
				break
			}
			told[i] = opening.foretell(replay.sequence)
		}
	}
	return told
}

// event replays one event of the model.
func (s stream) event(sequence int64, value string) step {
	return s.replay(&eventsourcedv1.Event{Sequence: sequence, Payload: persisted(value)})
}

// replay replays one event, whatever it holds.
func (s stream) replay(event *eventsourcedv1.Event) step {
	send := s.sends(func(entity string) *eventsourcedv1.HandleRequest { return eventRequest(entity, event) })
	line := send.after(func(sc *scene) { sc.journal(s).replayed(event) })
	line.sequence = event.GetSequence()
	return line
}

// began is when the first event of every journal would have been emitted, were there
// one with the sequence 0. A journal of a million events begins again.
var began = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// eventRequest is an event as a proxy of this version sends it: with a time and an id,
// the same whenever it is sent.
func eventRequest(entity string, event *eventsourcedv1.Event) *eventsourcedv1.HandleRequest {
	stored := proto.CloneOf(event)
	stored.Time = timestamppb.New(began.Add(time.Duration(event.GetSequence()%1_000_000) * time.Second))
	stored.Id = fmt.Sprintf("%x-%d", entity, event.GetSequence())
	return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Event{Event: stored}}
}

// rehydrate opens a new stream and replays what the subject's replies have put
// into the journal: the newest snapshot, then each event after it.
func (s stream) rehydrate() step {
	return step{
		text: s.label() + "→init and →event, as stored from the replies",
		play: func(sc *scene) error {
			stored := sc.journal(s)
			sc.open(s)
			if err := sc.send(s, initRequest(s.Service, sc.Entity(s.Entity), stored.snapshot, stored.sequence)); err != nil {
				return err
			}
			for _, event := range stored.events {
				if err := sc.send(s, eventRequest(sc.Entity(s.Entity), event)); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// process sends a command to the model entity.
func (s stream) process(id int64, actions ...*tckeventsourcedv1.RequestAction) step {
	return s.sends(processRequest(id, actions...))
}

func processRequest(id int64, actions ...*tckeventsourcedv1.RequestAction) request {
	return func(entity string) *eventsourcedv1.HandleRequest {
		return command(entity, id, "Process", &tckeventsourcedv1.ProcessRequest{Id: entity, Actions: actions})
	}
}

// call sends a command to an entity of one of the other two services.
func (s stream) call(id int64) step {
	return s.sends(func(entity string) *eventsourcedv1.HandleRequest {
		return command(entity, id, "Call", &tckeventsourcedv1.ProcessRequest{Id: entity})
	})
}

func command(entity string, id int64, name string, payload proto.Message) *eventsourcedv1.HandleRequest {
	return commandWith(entity, id, name, peer.Pack(payload))
}

func commandWith(entity string, id int64, name string, payload *anypb.Any) *eventsourcedv1.HandleRequest {
	return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Command{
		Command: &entityv1.Command{EntityId: entity, Id: id, Name: name, Payload: payload},
	}}
}

// raw sends a message of exactly these bytes, which may be anything that is
// well-formed protobuf.
func (s stream) raw(message []byte) step {
	return s.sends(func(string) *eventsourcedv1.HandleRequest {
		request := &eventsourcedv1.HandleRequest{}
		request.ProtoReflect().SetUnknown(bytes.Clone(message))
		return request
	})
}

// unknown is one field that nobody knows, encoded.
func unknown() []byte {
	raw := protowire.AppendTag(nil, unknownField, protowire.BytesType)
	return protowire.AppendString(raw, "from a later version")
}

// processOf sends a command to the model entity in a message of exactly that
// size, in bytes, most of which is metadata.
func (s stream) processOf(size int, id int64, actions ...*tckeventsourcedv1.RequestAction) step {
	build := processRequest(id, actions...)
	line := s.sends(build)
	line.text += fmt.Sprintf(" in a message of %d B", size)
	line.play = func(sc *scene) error { return sc.send(s, padded(build(sc.Entity(s.Entity)), size)) }
	return line
}

// processOfLargest sends a command to the model entity in a message as large as the
// function has said that it takes, as far as the kit goes.
func (s stream) processOfLargest(id int64, actions ...*tckeventsourcedv1.RequestAction) step {
	const farthest = 16 * mib
	build := processRequest(id, actions...)
	line := s.sends(build)
	line.text += " in a message as large as it takes"
	line.play = func(sc *scene) error {
		announced := discovery.Newest(sc.Stage).GetServiceInfo().GetMaxMessageBytes()
		size := min(max(announced, 4*mib), farthest)
		return sc.send(s, padded(build(sc.Entity(s.Entity)), int(size)))
	}
	return line
}

// padded gives a message metadata, until it has exactly that size in bytes.
func padded(message *eventsourcedv1.HandleRequest, size int) *eventsourcedv1.HandleRequest {
	padding := 0
	for missing := size - proto.Size(message); missing != 0; missing = size - proto.Size(message) {
		padding += missing
		message.GetCommand().Metadata = metadata("padding", strings.Repeat("x", padding))
	}
	return message
}

func metadata(key, value string) *entityv1.Metadata {
	return &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		{Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}},
	}}
}

// halfClose says that nothing more comes from the proxy.
func (s stream) halfClose() step { return spoken(wire.HalfClose(script.Part(s))) }

// reset breaks the stream off.
func (s stream) reset() step { return spoken(wire.Reset(script.Part(s))) }

// spoken is a line that needs nothing of what the run remembers.
func spoken(line script.Line) step {
	return step{text: line.Text, play: func(sc *scene) error { return line.Play(sc.Scene) }}
}

// What a command asks of the model.

func emit(value string) *tckeventsourcedv1.RequestAction {
	return &tckeventsourcedv1.RequestAction{Action: &tckeventsourcedv1.RequestAction_Emit{
		Emit: &tckeventsourcedv1.Emit{Value: value},
	}}
}

func forward(id string) *tckeventsourcedv1.RequestAction {
	return &tckeventsourcedv1.RequestAction{Action: &tckeventsourcedv1.RequestAction_Forward{
		Forward: &tckeventsourcedv1.Forward{Id: id},
	}}
}

func effect(id string, synchronous bool) *tckeventsourcedv1.RequestAction {
	return &tckeventsourcedv1.RequestAction{Action: &tckeventsourcedv1.RequestAction_Effect{
		Effect: &tckeventsourcedv1.Effect{Id: id, Synchronous: synchronous},
	}}
}

func fail(description string) *tckeventsourcedv1.RequestAction {
	return &tckeventsourcedv1.RequestAction{Action: &tckeventsourcedv1.RequestAction_Fail{
		Fail: &tckeventsourcedv1.Fail{Message: description},
	}}
}

// persisted is an event or a snapshot of the model, packed.
func persisted(value string) *anypb.Any {
	return peer.Pack(&tckeventsourcedv1.Persisted{Value: value})
}
