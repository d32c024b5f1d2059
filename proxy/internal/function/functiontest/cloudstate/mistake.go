package cloudstate

import (
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
)

// answer takes in one message of the function. After a mistake in it the proxy may reset
// the stream (CORE-STREAM-006, VAL-FAIL-006); without one it may not.
func (l *life) answer(raw []byte) {
	_, response := shapes(l.call.Path)
	if err := proto.Unmarshal(raw, response); err != nil {
		l.mistaken = true
		return
	}
	switch r := response.(type) {
	case *eventsourcedv1.HandleResponse:
		switch message := r.GetMessage().(type) {
		case *eventsourcedv1.HandleResponse_Reply:
			l.reply(message.Reply.GetCommandId(), message.Reply.GetClientAction())
		default: // a failure on the stream, or no case
			l.mistaken = true
		}
	case *valuev1.HandleResponse:
		switch message := r.GetMessage().(type) {
		case *valuev1.HandleResponse_Reply:
			l.reply(message.Reply.GetCommandId(), message.Reply.GetClientAction())
			failed := message.Reply.GetClientAction().GetFailure() != nil
			l.mistaken = l.mistaken || !failed && isHollow(message.Reply.GetStateAction())
		default:
			l.mistaken = true
		}
	case *replicatedv1.HandleResponse:
		l.crdtAnswer(r)
	}
}

// crdtAnswer is answer of a CRDT, which may refuse a single command on the stream.
func (l *life) crdtAnswer(r *replicatedv1.HandleResponse) {
	switch message := r.GetMessage().(type) {
	case *replicatedv1.HandleResponse_Reply:
		failed := message.Reply.GetClientAction().GetFailure() != nil
		l.reply(message.Reply.GetCommandId(), message.Reply.GetClientAction())
		l.deleted = l.deleted || message.Reply.GetStateAction().GetDelete() != nil && !failed
		if !message.Reply.GetStreamed() || failed {
			delete(l.open, message.Reply.GetCommandId())
		}
	case *replicatedv1.HandleResponse_Failure:
		id := message.Failure.GetCommandId()
		l.mistaken = l.mistaken || !l.outstanding[id] && !l.open[id]
		delete(l.outstanding, id)
		delete(l.open, id)
	case *replicatedv1.HandleResponse_StreamedMessage:
		if message.StreamedMessage.GetEndStream() {
			delete(l.open, message.StreamedMessage.GetCommandId())
		}
	case *replicatedv1.HandleResponse_StreamCancelledResponse:
	default:
		l.mistaken = true
	}
}

// reply takes in a reply, which answers a command that is outstanding.
func (l *life) reply(id int64, action *entityv1.ClientAction) {
	l.mistaken = l.mistaken || !l.outstanding[id]
	delete(l.outstanding, id)
	l.restarts = l.restarts || action.GetFailure().GetRestart()
}

// isHollow reports whether there is a state action that does nothing.
func isHollow(action *valuev1.StateAction) bool {
	switch change := action.GetAction().(type) {
	case *valuev1.StateAction_Update:
		return change.Update.GetValue() == nil
	case *valuev1.StateAction_Delete:
		return false
	default:
		return action != nil
	}
}
