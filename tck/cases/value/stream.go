package value

import (
	"google.golang.org/protobuf/types/known/anypb"

	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/tck/engine"
	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

// The services of the model, by their full names.
var (
	modelService      = tckvaluev1.ValueEntityTckModelService_ServiceDesc.ServiceName
	twoService        = tckvaluev1.ValueEntityTwoService_ServiceDesc.ServiceName
	configuredService = tckvaluev1.ValueEntityConfiguredService_ServiceDesc.ServiceName
)

type (
	line  = script.Line
	scene = script.Scene
)

// wire is how the entities are talked to.
var wire = script.Wire[valuev1.HandleRequest, valuev1.HandleResponse]{
	Service: peer.Service[valuev1.HandleRequest, valuev1.HandleResponse]{
		Method:   valuev1.ValueEntityService_Handle_FullMethodName,
		Sent:     requestNotation,
		Received: func(response *valuev1.HandleResponse) string { return readAnswer(response).String() },
	},
}

// stream is a part in a script: one entity, and the stream that is open for it. Its
// methods are the lines of the script.
type stream script.Part

// model is the part of scripts that need one entity.
var model = stream{Service: modelService, Entity: "a"}

// label is what leads a line about the stream.
func (s stream) label() string { return script.Part(s).Label() }

func (s stream) mismatch(expected, actual string) *engine.MismatchError {
	return script.Part(s).Mismatch(expected, actual)
}

// record is what the kit, as a proxy, knows of one entity.
type record struct {
	// value is what is stored, byte for byte as the subject gave it; nil when there
	// is none. revision counts what has been stored.
	value    *anypb.Any
	revision int64

	// sent is the id of the last command on the newest stream, answered that of the
	// last one that was answered.
	sent, answered int64
	// last is the last reply that met its expectation.
	last *valuev1.ValueEntityReply
	// spent is true once a failure asked for a new activation, or ended this one.
	spent bool
}

// records are those of one run of a case.
type records map[stream]*record

// record returns what the kit knows of the entity.
func (s stream) record(sc *scene) *record {
	all := engine.Local[records](sc.Stage)
	if *all == nil {
		*all = records{}
	}
	if (*all)[s] == nil {
		(*all)[s] = &record{}
	}
	return (*all)[s]
}

// open opens a new stream for the entity.
func (s stream) open(sc *scene) {
	wire.Open(sc, script.Part(s))
	known := s.record(sc)
	*known = record{value: known.value, revision: known.revision}
}

// store keeps what a reply makes of the value. A failed command stores nothing
// (VAL-FAIL-001); where it says otherwise, the activation is over (VAL-FAIL-003).
func (r *record) store(reply *valuev1.ValueEntityReply) {
	if failure := reply.GetClientAction().GetFailure(); failure != nil {
		r.spent = failure.GetRestart() || reply.GetStateAction() != nil
		return
	}
	if reply.GetStateAction() != nil {
		r.value = reply.GetStateAction().GetUpdate().GetValue()
		r.revision++
	}
}
