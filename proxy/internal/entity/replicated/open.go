package replicated

import (
	"fmt"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// open sends init with the whole value, in parts where one message does not hold it
// (REP-INIT-001 to REP-INIT-004).
func (m *Machine) open(in entity.Opened, out []entity.Effect) []entity.Effect {
	m.phase = recovering
	m.state = &crdt.State{}
	m.view = crdt.View{Self: in.Self, Members: in.Members}
	m.members = in.Members
	if in.Replica != nil {
		state, err := crdt.Decode(in.Replica)
		if err != nil {
			return m.unopened(&fault.Error{Kind: fault.Internal, Text: "the entity's stored state is damaged", Err: err}, out)
		}
		m.state = state
	}
	switch {
	case m.state.Deleted():
		return m.close(entity.Close{Abort: true, Reason: "deleted", Deleted: true, Err: m.notFound()}, out)
	case m.state.Type().OfOneType() && !m.maps():
		report, err := unknown(m.state.Type())
		return m.unopened(err, append(out, report))
	}
	return m.init(out)
}

// Bars returns what a function on these terms is told, and an error for those who wait,
// where it is to get no stream of the entity; nil where it may have one (REP-TYPE-006).
func Bars(terms entity.Terms, in entity.Opened) (entity.Report, error) {
	if in.Replica == nil || knowsMaps(terms) {
		return entity.Report{}, nil
	}
	state, err := crdt.Decode(in.Replica)
	if err != nil || !state.Type().OfOneType() {
		return entity.Report{}, nil //nolint:nilerr // the machine says so
	}
	report, barred := unknown(state.Type())
	return report, barred
}

// unknown is the report and the error of a type that the function does not know.
func unknown(t crdt.Type) (entity.Report, *fault.Error) {
	text := fmt.Sprintf("the entity is of type %s, and CAPABILITY_REPLICATED_MAPS is not in force", t)
	report := entity.Report{Requirement: "REP-TYPE-006", Severity: discoveryv1.Severity_SEVERITY_ERROR, Text: text}
	return report, fault.New(fault.Unknown, "%s", text)
}

// unopened gives up an activation of which the function has heard nothing.
func (m *Machine) unopened(err *fault.Error, out []entity.Effect) []entity.Effect {
	return m.close(entity.Close{Abort: true, Reason: "load", Err: err}, out)
}

func (m *Machine) init(out []entity.Effect) []entity.Effect {
	whole := m.whole()
	if m.bound = size(m.initial(whole)); m.bound <= m.terms.MaxMessage {
		return append(out, send(m.initial(whole)))
	}
	room := m.terms.MaxMessage - size(m.initial(nil)) - framing
	parts, ok := crdt.Split(whole, room)
	if !ok {
		return m.unopened(fault.New(fault.Exhausted, "a part of the entity's value is larger than the function takes, which is %d bytes", m.terms.MaxMessage), out)
	}
	out = append(out, send(m.initial(parts[0])))
	for _, part := range parts[1:] {
		out = append(out, send(&replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_Delta{Delta: part}}))
	}
	return out
}

// framing is what a delta has around it in a message, at most.
const framing = 16

// whole returns the change from the empty value to the value that the function is
// shown; nil while the entity is unset.
func (m *Machine) whole() *replicatedv1.Delta {
	return crdt.Difference(&crdt.Value{}, m.state.Value(m.view))
}

func (m *Machine) initial(delta *replicatedv1.Delta) *replicatedv1.HandleRequest {
	return &replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_Init{Init: &replicatedv1.Init{
		ServiceName: m.id.Service, EntityId: m.id.Entity, Delta: delta,
	}}}
}

// maps reports whether the maps of one type may be spoken of.
func (m *Machine) maps() bool { return knowsMaps(m.terms) }

func knowsMaps(terms entity.Terms) bool {
	return terms.Capabilities.Has(discoveryv1.Capability_CAPABILITY_REPLICATED_MAPS)
}

// passivate says goodbye to an idle entity.
func (m *Machine) passivate(in entity.Passivate, out []entity.Effect) []entity.Effect {
	if m.terms.Capabilities.Has(discoveryv1.Capability_CAPABILITY_PASSIVATION_NOTICE) { // LIFE-PASS-001
		notice := &replicatedv1.HandleRequest{Message: &replicatedv1.HandleRequest_Passivate{Passivate: passivation(in)}}
		out = append(out, send(notice))
	}
	return m.close(entity.Close{Reason: entity.PassivationName(in.Reason)}, out)
}
