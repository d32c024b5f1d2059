package value

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

// request is a message that is built once the entity's id is known. The builder
// returns a message of its own each time.
type request func(entity string) *valuev1.HandleRequest

// sends returns the line that sends the request.
func (s stream) sends(build request) line {
	send := wire.Sends(script.Part(s), build)
	return line{Text: send.Text, Play: func(sc *scene) error {
		if command := build(sc.Entity(s.Entity)).GetCommand(); command != nil {
			s.record(sc).sent = command.GetId()
		}
		return send.Play(sc)
	}}
}

// init opens a stream for an entity that has no value.
func (s stream) init() line { return s.initWith(&valuev1.State{}) }

// initFrom opens a stream for an entity that has a value of the model.
func (s stream) initFrom(value string) line {
	return s.initWith(&valuev1.State{Value: persisted(value)})
}

// initWith opens a stream and sends init with a state, which may be nil.
func (s stream) initWith(state *valuev1.State) line {
	revision := int64(0)
	if state.GetValue() != nil {
		revision = 1
	}
	return s.again(state).After(func(sc *scene) {
		s.open(sc)
		known := s.record(sc)
		known.value, known.revision = state.GetValue(), revision
	})
}

// again sends init on the stream that is open.
func (s stream) again(state *valuev1.State) line {
	return s.sends(func(entity string) *valuev1.HandleRequest {
		init := initRequest(s.Service, entity, state.GetValue(), 0)
		init.GetInit().State = proto.CloneOf(state)
		if state.GetValue() != nil {
			init.GetInit().Revision = 1
		}
		return init
	})
}

// reactivate opens a new stream with what the subject's replies have stored.
func (s stream) reactivate() line {
	return line{
		Text: s.label() + "→init, as stored from the replies",
		Play: func(sc *scene) error {
			s.open(sc)
			known := s.record(sc)
			return wire.Send(sc, script.Part(s), initRequest(s.Service, sc.Entity(s.Entity), known.value, known.revision))
		},
	}
}

// initRequest is an init as a proxy of this version sends it, which is the only one
// that ever writes the entity.
func initRequest(service, entity string, value *anypb.Any, revision int64) *valuev1.HandleRequest {
	return &valuev1.HandleRequest{Message: &valuev1.HandleRequest_Init{Init: &valuev1.Init{
		ServiceName: service, EntityId: entity, State: &valuev1.State{Value: value}, Revision: revision, Epoch: 1,
	}}}
}

// process sends a command to the model entity.
func (s stream) process(id int64, actions ...*tckvaluev1.RequestAction) line {
	return s.sends(processRequest(id, actions...))
}

func processRequest(id int64, actions ...*tckvaluev1.RequestAction) request {
	return func(entity string) *valuev1.HandleRequest {
		return command(entity, id, "Process", peer.Pack(&tckvaluev1.ProcessRequest{Id: entity, Actions: actions}))
	}
}

// offered sends a command like process, on a stream that may have ended.
func (s stream) offered(id int64) line {
	build := processRequest(id)
	return line{
		Text: s.process(id).Text,
		Play: func(sc *scene) error {
			err := wire.Stream(sc, script.Part(s)).Send(build(sc.Entity(s.Entity)))
			if errors.Is(err, io.EOF) {
				return nil // what has ended it is looked at next
			}
			return err
		},
	}
}

// call sends a command to an entity of one of the other two services.
func (s stream) call(id int64) line {
	return s.sends(func(entity string) *valuev1.HandleRequest {
		return command(entity, id, "Call", peer.Pack(&tckvaluev1.ProcessRequest{Id: entity}))
	})
}

// named sends a command of any name, with the request of Process.
func (s stream) named(id int64, name string) line {
	return s.sends(func(entity string) *valuev1.HandleRequest {
		return command(entity, id, name, peer.Pack(&tckvaluev1.ProcessRequest{Id: entity}))
	})
}

// with sends a command with any payload.
func (s stream) with(id int64, payload *anypb.Any) line {
	return s.sends(func(entity string) *valuev1.HandleRequest {
		return command(entity, id, "Process", payload)
	})
}

// misaddressed sends a command for another entity than the stream's.
func (s stream) misaddressed(id int64) line {
	build := processRequest(id)
	send := s.sends(func(entity string) *valuev1.HandleRequest { return build(entity + "-other") })
	send.Text += " for another entity"
	return send
}

// changed sends a command to the model entity that change has made something special
// of, which the note tells.
func (s stream) changed(note string, change func(*entityv1.Command), id int64, actions ...*tckvaluev1.RequestAction) line {
	build := processRequest(id, actions...)
	send := s.sends(func(entity string) *valuev1.HandleRequest {
		request := build(entity)
		change(request.GetCommand())
		return request
	})
	send.Text += " " + note
	return send
}

func command(entity string, id int64, name string, payload *anypb.Any) *valuev1.HandleRequest {
	return &valuev1.HandleRequest{Message: &valuev1.HandleRequest_Command{
		Command: &entityv1.Command{EntityId: entity, Id: id, Name: name, Payload: payload},
	}}
}

// cancel says that nobody waits for the answer to the command any more.
func (s stream) cancel(id int64, reason entityv1.CancelReason) line {
	return s.sends(func(string) *valuev1.HandleRequest {
		return &valuev1.HandleRequest{Message: &valuev1.HandleRequest_Cancel{
			Cancel: &entityv1.Cancel{CommandId: id, Reason: reason},
		}}
	})
}

// raw sends a message of exactly these bytes, which may be anything that is
// well-formed protobuf.
func (s stream) raw(message []byte) line {
	return s.sends(func(string) *valuev1.HandleRequest {
		request := &valuev1.HandleRequest{}
		request.ProtoReflect().SetUnknown(bytes.Clone(message))
		return request
	})
}

// unknown is one field that nobody knows, encoded.
func unknown() []byte {
	const unknownField = 1000
	raw := protowire.AppendTag(nil, unknownField, protowire.BytesType)
	return protowire.AppendString(raw, "from a later version")
}

// processOf sends a command to the model entity in a message of exactly that size, in
// bytes, most of which is metadata.
func (s stream) processOf(size int, id int64, actions ...*tckvaluev1.RequestAction) line {
	build := processRequest(id, actions...)
	return line{
		Text: fmt.Sprintf("%s in a message of %d B", s.process(id, actions...).Text, size),
		Play: func(sc *scene) error { return wire.Send(sc, script.Part(s), padded(build(sc.Entity(s.Entity)), size)) },
	}
}

// processOfLargest sends a command to the model entity in a message as large as the
// function has said that it takes, as far as the kit goes.
func (s stream) processOfLargest(id int64, actions ...*tckvaluev1.RequestAction) line {
	const farthest = 16 * mib
	return line{
		Text: s.process(id, actions...).Text + " in a message as large as it takes",
		Play: func(sc *scene) error {
			announced := discovery.Newest(sc.Stage).GetServiceInfo().GetMaxMessageBytes()
			size := min(max(announced, 4*mib), farthest)
			return s.processOf(int(size), id, actions...).Play(sc)
		},
	}
}

// padded gives a message metadata, until it has exactly that size in bytes.
func padded(message *valuev1.HandleRequest, size int) *valuev1.HandleRequest {
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
func (s stream) halfClose() line { return wire.HalfClose(script.Part(s)) }

// reset breaks the stream off.
func (s stream) reset() line { return wire.Reset(script.Part(s)) }
