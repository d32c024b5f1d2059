// Package replicated is the kit's own model of a replicated user function: a correct
// one, the same as others might have written it, and the same with one defect each.
package replicated

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/mutant/defect"
)

type (
	request  = replicatedv1.HandleRequest
	response = replicatedv1.HandleResponse
)

// The services of the model, by their full names.
var (
	modelService      = tckreplicatedv1.ReplicatedTckModelService_ServiceDesc.ServiceName
	twoService        = tckreplicatedv1.ReplicatedTwoService_ServiceDesc.ServiceName
	configuredService = tckreplicatedv1.ReplicatedConfiguredService_ServiceDesc.ServiceName
)

// machine answers one message of a stream.
type machine = defect.Machine[request, response]

// activation is one activation of an entity of the model, correct in every way. It is
// pure; [activation.step] is its machine.
type activation struct {
	service, id string // empty before init
	value       value  // nil while the entity is unset
	calls       []call // the open streamed calls, oldest first
	style       style
	// has says whether a capability is in force on the stream's connection.
	has func(discoveryv1.Capability) bool
}

// call is an open streamed call.
type call struct {
	id    int64
	asked *tckreplicatedv1.ProcessStreamedRequest
}

// step answers one message.
func (a *activation) step(in *request) ([]*response, bool) {
	switch message := in.GetMessage().(type) {
	case *replicatedv1.HandleRequest_Init:
		return a.init(message.Init)
	case *replicatedv1.HandleRequest_Delta:
		return a.delta(message.Delta)
	case *replicatedv1.HandleRequest_Delete:
		return a.delete()
	case *replicatedv1.HandleRequest_Command:
		return a.command(message.Command)
	case *replicatedv1.HandleRequest_StreamCancelled:
		return a.cancel(message.StreamCancelled)
	case *replicatedv1.HandleRequest_Cancel, *replicatedv1.HandleRequest_Passivate:
		return nil, false // every command is answered at once, and nothing is kept
	default:
		if in == nil {
			return nil, true
		}
		return broken("a message in which no case is set")
	}
}

func (a *activation) init(init *replicatedv1.Init) ([]*response, bool) {
	switch init.GetServiceName() {
	case modelService, twoService, configuredService:
	default:
		return broken(fmt.Sprintf("no service %q", init.GetServiceName()))
	}
	if a.service != "" {
		return broken("a second init")
	}
	a.service, a.id = init.GetServiceName(), init.GetEntityId()
	if init.GetDelta() == nil {
		return nil, false
	}
	return a.delta(init.GetDelta())
}

// delta takes what has changed elsewhere, and tells the open calls.
func (a *activation) delta(delta *replicatedv1.Delta) ([]*response, bool) {
	if a.service == "" {
		return broken("a delta before init")
	}
	next, err := a.next()
	if err != nil {
		return broken(err.Error())
	}
	before := next.state()
	if err := next.receive(delta); err != nil {
		return broken(err.Error())
	}
	a.value = next.copy() // a register that has been received was not written
	if proto.Equal(before, next.state()) {
		return nil, false
	}
	return a.told(), false
}

// next is what a change is made to: a copy of the value, or the empty one of the type
// that the id names.
func (a *activation) next() (value, error) {
	if a.value != nil {
		return a.value.copy(), nil
	}
	return create(typeOf(a.id))
}

func (a *activation) delete() ([]*response, bool) {
	if a.service == "" {
		return broken("a delete before init")
	}
	a.value, a.calls = nil, nil
	return nil, false
}

func (a *activation) command(command *entityv1.Command) ([]*response, bool) {
	switch {
	case a.service == "":
		return broken("a command before init")
	case command.GetEntityId() != a.id:
		return broken("a command for another entity")
	}
	reply, did, err := a.handle(command)
	if err != nil {
		reply, did = &replicatedv1.ReplicatedReply{ClientAction: refusal(command.GetId(), err.Error())}, false
	}
	reply.CommandId = command.GetId()
	out := []*response{{Message: &replicatedv1.HandleResponse_Reply{Reply: reply}}}
	if did {
		out = append(out, a.told(command.GetId())...)
	}
	return out, false
}

// handle handles a command of whichever service the entity belongs to, and says whether
// it did something to the value.
func (a *activation) handle(command *entityv1.Command) (reply *replicatedv1.ReplicatedReply, did bool, err error) {
	switch a.service + "/" + command.GetName() {
	case modelService + "/Process":
		var process tckreplicatedv1.ProcessRequest
		if err := command.GetPayload().UnmarshalTo(&process); err != nil {
			return nil, false, err
		}
		return a.process(process.GetActions())
	case modelService + "/ProcessStreamed":
		var watch tckreplicatedv1.ProcessStreamedRequest
		if err := command.GetPayload().UnmarshalTo(&watch); err != nil {
			return nil, false, err
		}
		return a.watch(command.GetId(), &watch)
	case twoService + "/Call", configuredService + "/Call":
		if err := command.GetPayload().UnmarshalTo(&tckreplicatedv1.ProcessRequest{}); err != nil {
			return nil, false, err
		}
		return &replicatedv1.ReplicatedReply{ClientAction: replyWith(&tckreplicatedv1.ProcessResponse{})}, false, nil
	default:
		return nil, false, fmt.Errorf("no command %q", command.GetName())
	}
}

// process performs the actions; when one fails the command, nothing of it is left.
func (a *activation) process(actions []*tckreplicatedv1.RequestAction) (*replicatedv1.ReplicatedReply, bool, error) {
	next, err := a.next()
	if err != nil {
		return nil, false, err
	}
	reply := &replicatedv1.ReplicatedReply{}
	did, deleted, consistency := false, false, replicatedv1.WriteConsistency_WRITE_CONSISTENCY_LOCAL
	for _, action := range actions {
		switch action := action.GetAction().(type) {
		case *tckreplicatedv1.RequestAction_Update:
			changed, err := next.perform(action.Update)
			if err != nil {
				return nil, false, err
			}
			did = did || changed
			consistency = action.Update.GetWriteConsistency()
		case *tckreplicatedv1.RequestAction_Delete:
			deleted = true
		case *tckreplicatedv1.RequestAction_Effect:
			reply.SideEffects = append(reply.GetSideEffects(), sideEffect(action.Effect))
		case *tckreplicatedv1.RequestAction_Forward:
			reply.ClientAction = forwardTo(action.Forward.GetId())
		case *tckreplicatedv1.RequestAction_Fail:
			return nil, false, fmt.Errorf("%s", action.Fail.GetMessage())
		}
	}
	if reply.GetClientAction() == nil {
		reply.ClientAction = replyWith(&tckreplicatedv1.ProcessResponse{State: next.state()})
	}
	reply.StateAction = a.become(next, did, consistency)
	if deleted {
		a.value, a.calls, did = nil, nil, false
		reply.StateAction = &replicatedv1.StateAction{
			Action: &replicatedv1.StateAction_Delete{Delete: &replicatedv1.Delete{}}, WriteConsistency: consistency,
		}
	}
	return reply, did, nil
}

// become makes the value the activation's, and returns what that changes; nil where it
// changes nothing.
func (a *activation) become(next value, did bool, consistency replicatedv1.WriteConsistency) *replicatedv1.StateAction {
	before := a.value
	a.value = next
	_, created := next.(*register) // never without a value
	var change *replicatedv1.Delta
	switch {
	case before == nil && (did || created || a.style.announces):
		change = next.whole()
	case before == nil:
	default:
		change = next.since(before, a.style)
		if change == nil && did && a.style.announces {
			change = a.nothing()
		}
	}
	if change == nil {
		return nil
	}
	return &replicatedv1.StateAction{
		Action: &replicatedv1.StateAction_Update{Update: change}, WriteConsistency: consistency,
	}
}

// nothing is a change of the value's type that comes to nothing.
func (a *activation) nothing() *replicatedv1.Delta {
	if vote, is := a.value.(*vote); is {
		return vote.whole() // it has no difference
	}
	fresh, err := create(typeOf(a.id))
	if err != nil {
		return nil
	}
	return fresh.whole()
}
