package replicated

import (
	"bytes"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

// unknownField is the number of a field that no message of the protocol has.
const unknownField = 1000

// init opens a stream for an entity that is unset.
func (s stream) init() step { return s.initFrom(nil) }

// initFrom opens a stream for an entity with the value, given as its delta.
func (s stream) initFrom(held *replicatedv1.Delta) step {
	line := s.again(held)
	return step{text: line.text, play: func(sc *scene) error {
		sc.open(s)
		return line.play(sc)
	}}
}

// again sends init on the stream that is open.
func (s stream) again(held *replicatedv1.Delta) step {
	return s.sends(func(entity string) *request { return initRequest(s.Service, entity, held) })
}

func initRequest(service, entity string, held *replicatedv1.Delta) *request {
	return &request{Message: &replicatedv1.HandleRequest_Init{Init: &replicatedv1.Init{
		ServiceName: service, EntityId: entity, Delta: proto.CloneOf(held),
	}}}
}

// delta sends what has changed elsewhere.
func (s stream) delta(change *replicatedv1.Delta) step {
	return s.sends(func(string) *request {
		return &request{Message: &replicatedv1.HandleRequest_Delta{Delta: proto.CloneOf(change)}}
	})
}

// delete says that the entity was deleted elsewhere.
func (s stream) delete() step {
	return s.sends(func(string) *request {
		return &request{Message: &replicatedv1.HandleRequest_Delete{Delete: &replicatedv1.Delete{}}}
	})
}

// process sends a command to the model entity.
func (s stream) process(id int64, actions ...*tckreplicatedv1.RequestAction) step {
	return s.sends(processRequest(id, actions...))
}

func processRequest(id int64, actions ...*tckreplicatedv1.RequestAction) build {
	return func(entity string) *request {
		return command(entity, id, "Process", peer.Pack(&tckreplicatedv1.ProcessRequest{Id: entity, Actions: actions}))
	}
}

// watch sends a streamed command to the model entity. What it asks is not its id.
func (s stream) watch(id int64, what *tckreplicatedv1.ProcessStreamedRequest) step {
	return s.sends(func(entity string) *request {
		asked := proto.CloneOf(what)
		asked.Id = entity
		in := command(entity, id, "ProcessStreamed", peer.Pack(asked))
		in.GetCommand().Streamed = true
		return in
	})
}

// cancel says that a streamed call has ended.
func (s stream) cancel(id int64) step {
	return s.sends(func(entity string) *request { return cancellation(entity, id) })
}

func cancellation(entity string, id int64) *request {
	return &request{Message: &replicatedv1.HandleRequest_StreamCancelled{
		StreamCancelled: &replicatedv1.StreamCancelled{EntityId: entity, Id: id},
	}}
}

// call sends a command to an entity of one of the other two services.
func (s stream) call(id int64) step {
	return s.sends(func(entity string) *request {
		return command(entity, id, "Call", peer.Pack(&tckreplicatedv1.ProcessRequest{Id: entity}))
	})
}

// command sends a command of any name, with any payload.
func (s stream) command(id int64, name string, payload *anypb.Any) step {
	return s.sends(func(entity string) *request { return command(entity, id, name, payload) })
}

func command(entity string, id int64, name string, payload *anypb.Any) *request {
	return &request{Message: &replicatedv1.HandleRequest_Command{
		Command: &entityv1.Command{EntityId: entity, Id: id, Name: name, Payload: payload},
	}}
}

// misaddressed sends what is built for another entity than the stream's.
func (s stream) misaddressed(build build) step {
	line := s.sends(func(entity string) *request { return build(entity + "-other") })
	line.text += " for another entity"
	return line
}

// raw sends a message of exactly these bytes, which may be anything that is well-formed
// protobuf.
func (s stream) raw(message []byte) step {
	return s.sends(func(string) *request {
		in := &request{}
		in.ProtoReflect().SetUnknown(bytes.Clone(message))
		return in
	})
}

// unknown is one field that nobody knows, encoded.
func unknown() []byte {
	raw := protowire.AppendTag(nil, unknownField, protowire.BytesType)
	return protowire.AppendString(raw, "from a later version")
}

// halfClose says that nothing more comes from the proxy.
func (s stream) halfClose() step { return spoken(wire.HalfClose(s.part())) }

// reset breaks the stream off.
func (s stream) reset() step { return spoken(wire.Reset(s.part())) }

// spoken is a line that needs nothing of what the run remembers.
func spoken(line script.Line) step {
	return step{text: line.Text, play: func(sc *scene) error { return line.Play(sc.Scene) }}
}
