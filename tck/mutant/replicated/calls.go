package replicated

import (
	"google.golang.org/protobuf/proto"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
)

// What an activation does for the streamed calls that are open on it.

// told are the streamed messages with the value, for the open calls but those of the ids.
func (a *activation) told(but ...int64) []*response {
	var out []*response
	open := a.calls
	a.calls = nil
	for _, one := range open {
		if len(but) > 0 && one.id == but[0] {
			a.calls = append(a.calls, one)
			continue
		}
		message := &replicatedv1.StreamedMessage{CommandId: one.id, SideEffects: each(one.asked.GetEffects(), sideEffect)}
		if !one.asked.GetEmpty() {
			message.ClientAction = replyWith(&tckreplicatedv1.ProcessStreamedResponse{State: a.value.state()})
		}
		message.EndStream = proto.Equal(one.asked.GetEndState(), a.value.state())
		if !message.GetEndStream() {
			a.calls = append(a.calls, one)
		}
		if message.GetClientAction() != nil || len(message.GetSideEffects()) > 0 || message.GetEndStream() {
			out = append(out, &response{Message: &replicatedv1.HandleResponse_StreamedMessage{StreamedMessage: message}})
		}
	}
	return out
}

// watch opens a streamed call.
func (a *activation) watch(id int64, asked *tckreplicatedv1.ProcessStreamedRequest) (*replicatedv1.ReplicatedReply, bool, error) {
	var actions []*tckreplicatedv1.RequestAction
	if asked.GetInitialUpdate() != nil {
		actions = append(actions, &tckreplicatedv1.RequestAction{
			Action: &tckreplicatedv1.RequestAction_Update{Update: asked.GetInitialUpdate()},
		})
	}
	reply, did, err := a.process(actions)
	if err != nil {
		return nil, false, err
	}
	reply.ClientAction = replyWith(&tckreplicatedv1.ProcessStreamedResponse{State: a.value.state()})
	if asked.GetEmpty() {
		reply.ClientAction = nil
	}
	reply.Streamed = true
	a.calls = append(a.calls, call{id, asked})
	return reply, did, nil
}

// cancel ends a streamed call, and answers also for one that has ended.
func (a *activation) cancel(cancelled *replicatedv1.StreamCancelled) ([]*response, bool) {
	switch {
	case a.service == "":
		return broken("a stream_cancelled before init")
	case cancelled.GetEntityId() != a.id:
		return broken("a stream_cancelled for another entity")
	}
	answer := &replicatedv1.StreamCancelledResponse{CommandId: cancelled.GetId()}
	out := []*response{{Message: &replicatedv1.HandleResponse_StreamCancelledResponse{StreamCancelledResponse: answer}}}
	for i, one := range a.calls {
		if one.id != cancelled.GetId() {
			continue
		}
		a.calls = append(append([]call{}, a.calls[:i]...), a.calls[i+1:]...)
		next, err := a.next()
		if err != nil || one.asked.GetCancelUpdate() == nil {
			break
		}
		if did, err := next.perform(one.asked.GetCancelUpdate()); err == nil {
			answer.StateAction = a.become(next, did, one.asked.GetCancelUpdate().GetWriteConsistency())
			if did {
				out = append(out, a.told()...)
			}
		}
		break
	}
	return out, false
}
