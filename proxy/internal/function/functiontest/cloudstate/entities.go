package cloudstate

import (
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
)

// grace is how soon a stream may be reset that the function does not end.
const grace = 3 * time.Second

// life is one stream of one entity, as far as its own messages tell.
type life struct {
	call     Call
	service  string
	entity   string
	commands int64 // the id of the last one
	sequence int64
	loaded   bool // has init
	deleted  bool
	// outstanding are the commands that the function has not answered, open those of its
	// streamed calls, and streamed all that ever were.
	outstanding, open, streamed map[int64]bool
	// restarts says that the function asked for a new stream, and mistaken that it made
	// a mistake for which the stream may be reset.
	restarts, mistaken bool
}

// entities checks every stream, and those of one entity against each other.
func (o *observer) entities() {
	var lives []*life
	for _, call := range o.calls {
		switch call.Path {
		case EventSourced, ValueEntity, Crdt:
			l := &life{call: call, outstanding: map[int64]bool{}, open: map[int64]bool{}, streamed: map[int64]bool{}}
			for i, e := range call.Events {
				switch e.What {
				case Message:
					o.message(l, e, i == 0)
				case Reset:
					o.reset(l, e)
				}
			}
			lives = append(lives, l)
		}
	}
	for i, l := range lives {
		o.beside(l, lives[:i])
	}
}

// message takes in one message of a stream.
func (o *observer) message(l *life, e Event, first bool) {
	if !e.FromProxy {
		l.answer(e.Bytes)
		return
	}
	if l.deleted {
		o.faultf(l.call, "a message follows a delete")
	}
	request, _ := shapes(l.call.Path)
	if err := proto.Unmarshal(e.Bytes, request); err != nil {
		o.faultf(l.call, "a message that cannot be read: %v", err)
		return
	}
	o.request(l, request, first)
}

// shapes returns the messages of the two sides, whose bytes are those of version 1.
func shapes(path string) (request, response proto.Message) {
	switch path {
	case EventSourced:
		return new(eventsourcedv1.HandleRequest), new(eventsourcedv1.HandleResponse)
	case ValueEntity:
		return new(valuev1.HandleRequest), new(valuev1.HandleResponse)
	default:
		return new(replicatedv1.HandleRequest), new(replicatedv1.HandleResponse)
	}
}

// request checks one message of the proxy.
func (o *observer) request(l *life, request proto.Message, first bool) {
	switch r := request.(type) {
	case *eventsourcedv1.HandleRequest:
		switch message := r.GetMessage().(type) {
		case *eventsourcedv1.HandleRequest_Init:
			o.init(l, message.Init, first)
			l.sequence = message.Init.GetSnapshot().GetSnapshotSequence()
			if message.Init.GetSnapshot() != nil && (l.sequence <= 0 || message.Init.GetSnapshot().GetSnapshot() == nil) {
				o.faultf(l.call, "a snapshot that is none")
			}
		case *eventsourcedv1.HandleRequest_Event:
			l.sequence++
			if message.Event.GetSequence() != l.sequence || l.commands > 0 {
				o.faultf(l.call, "event %d in the place of event %d", message.Event.GetSequence(), l.sequence)
			}
		case *eventsourcedv1.HandleRequest_Command:
			o.entityCommand(l, message.Command)
		default:
			o.faultf(l.call, "a message without a case")
		}
	case *valuev1.HandleRequest:
		switch message := r.GetMessage().(type) {
		case *valuev1.HandleRequest_Init:
			o.init(l, message.Init, first)
			if message.Init.GetState() == nil {
				o.faultf(l.call, "the init has no state")
			}
		case *valuev1.HandleRequest_Command:
			o.entityCommand(l, message.Command)
		default:
			o.faultf(l.call, "a message without a case")
		}
	case *replicatedv1.HandleRequest:
		o.crdtRequest(l, r, first)
	}
}

// crdtRequest checks one message of the proxy to a CRDT.
func (o *observer) crdtRequest(l *life, r *replicatedv1.HandleRequest, first bool) {
	switch message := r.GetMessage().(type) {
	case *replicatedv1.HandleRequest_Init:
		o.init(l, message.Init, first)
		if message.Init.GetDelta() != nil && message.Init.GetDelta().GetDelta() == nil {
			o.faultf(l.call, "the init has a delta without a case")
		}
	case *replicatedv1.HandleRequest_Delta:
		if message.Delta.GetDelta() == nil {
			o.faultf(l.call, "a delta without a case")
		}
	case *replicatedv1.HandleRequest_Delete:
		l.deleted = true
	case *replicatedv1.HandleRequest_Command:
		o.entityCommand(l, message.Command)
		if message.Command.GetStreamed() {
			l.streamed[message.Command.GetId()], l.open[message.Command.GetId()] = true, true
		}
	case *replicatedv1.HandleRequest_StreamCancelled:
		if c := message.StreamCancelled; c.GetEntityId() != l.entity || !l.streamed[c.GetId()] {
			o.faultf(l.call, "cancels %d of %q", c.GetId(), c.GetEntityId())
		}
		delete(l.open, message.StreamCancelled.GetId())
	default:
		o.faultf(l.call, "a message without a case")
	}
}

// init checks the first message of a stream.
func (o *observer) init(l *life, init interface {
	GetServiceName() string
	GetEntityId() string
}, first bool,
) {
	if !first || l.loaded {
		o.faultf(l.call, "an init that is not the first message")
	}
	l.loaded, l.service, l.entity = true, init.GetServiceName(), init.GetEntityId()
	if l.service == "" || l.entity == "" {
		o.faultf(l.call, "an init without a service or an entity")
	}
}

// entityCommand checks one command.
func (o *observer) entityCommand(l *life, command *entityv1.Command) {
	l.commands++
	l.outstanding[command.GetId()] = true
	if !l.loaded {
		o.faultf(l.call, "a command before the init")
	}
	if command.GetId() != l.commands || command.GetEntityId() != l.entity {
		o.faultf(l.call, "command %d of %q in the place of %d", command.GetId(), command.GetEntityId(), l.commands)
	}
	if command.GetName() == "" || strings.ContainsAny(command.GetName(), "/.") || command.GetPayload() == nil {
		o.faultf(l.call, "command %d is %q", l.commands, command.GetName())
	}
	if command.GetStreamed() && l.call.Path != Crdt {
		o.faultf(l.call, "command %d is streamed", l.commands)
	}
	o.metadata(l.call, command.GetMetadata())
}

// reset checks that the proxy broke the stream off where it may: after a mistake of the
// function, or some time after the half-close.
func (o *observer) reset(l *life, reset Event) {
	half, closed := l.call.Find(HalfClose)
	if !l.mistaken && (!closed || reset.At.Sub(half.At) < grace) {
		o.faultf(l.call, "the stream is reset")
	}
}

// beside checks the stream against the earlier ones: one for each active entity, and
// none that no command needed.
func (o *observer) beside(l *life, earlier []*life) {
	var last *life
	for _, e := range earlier {
		if e.call.Path == l.call.Path && e.service == l.service && e.entity == l.entity {
			last = e
		}
	}
	if last != nil {
		if end := last.call.End(); end.What == 0 || end.Order > l.call.Opened {
			o.faultf(l.call, "opened before the last stream of the entity had ended")
		}
	}
	_, closed := l.call.Find(HalfClose)
	if end := l.call.End(); closed && end.What == Status && end.Code == codes.OK && l.commands == 0 && (last == nil || !last.restarts) {
		o.faultf(l.call, "a stream without a command")
	}
}
