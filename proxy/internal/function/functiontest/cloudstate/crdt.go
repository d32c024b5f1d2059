package cloudstate

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// presence is one activation of a CRDT. It keeps no value; its answer counts the deltas
// that it was sent. Its own steps:
//
//	update DELTA        a state action, a CrdtDelta in text form
//	delete              one that deletes
//	majority, all       with that write consistency
//	tell TEXT           a streamed message to each open call of Watch
//	early TEXT          the same, before the reply
//	finish              with the end of those calls
//
// and of Watch:
//
//	unmarked            a reply that is not marked as streamed
//	noresponse          no stream_cancelled_response
//	last DELTA          a state action in it
//	lasteffect SERVICE METHOD ID TEXT
//	                    a side effect in it
type presence struct {
	f      *Function
	id     string
	deltas int
	change *replicatedv1.StateAction
	marked bool
	told   string
	early  string
	finish bool
	gone   bool // a delete was sent or received

	sending sync.Mutex // each send of the stream
	stream  grpc.ServerStream
}

// watch is one open streamed call.
type watch struct {
	on    *presence
	id    int64
	steps []step
}

// crdt serves one activation.
func (f *Function) crdt(stream grpc.ServerStream) error {
	p := &presence{f: f, stream: stream}
	defer p.forget()
	for {
		request := new(replicatedv1.HandleRequest)
		if err := stream.RecvMsg(request); err != nil {
			return p.halfClosed(err)
		}
		if p.gone && f.behaviour.Aborts {
			return status.Errorf(codes.Aborted, "%v after a delete", request)
		}
		if err := p.message(request); err != nil && !errors.Is(err, errHang) {
			return ended(err)
		}
	}
}

// halfClosed ends the stream, or lingers.
func (p *presence) halfClosed(err error) error {
	if errors.Is(err, io.EOF) && p.f.behaviour.Lingers {
		select {
		case <-p.stream.Context().Done():
		case <-p.f.done:
		}
	}
	return ended(err)
}

// message takes one message.
func (p *presence) message(request *replicatedv1.HandleRequest) error {
	switch message := request.GetMessage().(type) {
	case *replicatedv1.HandleRequest_Init:
		p.id = message.Init.GetEntityId()
	case *replicatedv1.HandleRequest_Delta:
		p.deltas++
	case *replicatedv1.HandleRequest_Delete:
		p.gone = true
	case *replicatedv1.HandleRequest_Command:
		return p.command(message.Command)
	case *replicatedv1.HandleRequest_StreamCancelled:
		return p.cancelled(message.StreamCancelled.GetId())
	}
	return nil
}

// command answers one command.
func (p *presence) command(command *entityv1.Command) error {
	steps := stepsOf(Text(command.GetPayload().GetValue(), 2))
	p.change, p.marked, p.told, p.early, p.finish = nil, command.GetStreamed(), "", "", false
	for _, s := range steps {
		p.follow(s)
	}
	if p.early != "" {
		if err := p.tell(p.early, false); err != nil {
			return err
		}
	}
	if p.marked {
		p.remember(&watch{on: p, id: command.GetId(), steps: steps})
	}
	o := p.f.outcome(steps, command.GetId(), strconv.Itoa(p.deltas), command.GetMetadata())
	p.sending.Lock()
	err := say(p.stream, p, command.GetId(), o)
	p.sending.Unlock()
	if err == nil && (p.told != "" || p.finish) {
		return p.tell(p.told, p.finish)
	}
	return err
}

// follow does one step of a CRDT.
func (p *presence) follow(s step) {
	action := func() *replicatedv1.StateAction {
		if p.change == nil {
			p.change = new(replicatedv1.StateAction)
		}
		return p.change
	}
	switch s.word {
	case "update":
		action().Action = &replicatedv1.StateAction_Update{Update: parsed(s.rest, new(replicatedv1.Delta))}
	case "delete":
		action().Action = &replicatedv1.StateAction_Delete{Delete: new(replicatedv1.Delete)}
		p.gone = true
	case "majority":
		action().WriteConsistency = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_MAJORITY
	case "all":
		action().WriteConsistency = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_ALL
	case "unmarked":
		p.marked = false
	case "tell":
		p.told = s.rest
	case "early":
		p.early = s.rest
	case "finish":
		p.finish = true
	}
}

// cancelled answers the end of a streamed call.
func (p *presence) cancelled(id int64) error {
	p.f.mu.Lock()
	at := slices.IndexFunc(p.f.watches[p.id], func(w *watch) bool { return w.on == p && w.id == id })
	var steps []step
	if at >= 0 {
		steps = p.f.watches[p.id][at].steps
		p.f.watches[p.id] = slices.Delete(p.f.watches[p.id], at, at+1)
	}
	p.f.mu.Unlock()
	response := &replicatedv1.StreamCancelledResponse{CommandId: id}
	for _, s := range steps {
		switch s.word {
		case "noresponse":
			return nil
		case "last":
			response.StateAction = &replicatedv1.StateAction{Action: &replicatedv1.StateAction_Update{Update: parsed(s.rest, new(replicatedv1.Delta))}}
		case "lasteffect":
			effect := new(entityv1.SideEffect)
			effect.ServiceName, effect.CommandName, effect.Payload = targetOf(s.rest)
			response.SideEffects = append(response.SideEffects, effect)
		}
	}
	return p.send(&replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_StreamCancelledResponse{StreamCancelledResponse: response}})
}

// tell sends a text to each open call of Watch on the entity.
func (p *presence) tell(text string, end bool) error {
	p.f.mu.Lock()
	watches := slices.Clone(p.f.watches[p.id])
	if end {
		delete(p.f.watches, p.id)
	}
	p.f.mu.Unlock()
	for _, w := range watches {
		message := &replicatedv1.StreamedMessage{CommandId: w.id, EndStream: end}
		if text != "" {
			message.ClientAction = &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{
				Payload: payload("test.shop.Response", Response(text)),
			}}}
		}
		if err := w.on.send(&replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_StreamedMessage{StreamedMessage: message}}); err != nil {
			return err
		}
	}
	return nil
}

func (p *presence) send(message proto.Message) error {
	p.sending.Lock()
	defer p.sending.Unlock()
	return p.stream.SendMsg(message)
}

// remember notes an open streamed call.
func (p *presence) remember(w *watch) {
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	p.f.watches[p.id] = append(p.f.watches[p.id], w)
}

// forget leaves the calls of a stream that has ended.
func (p *presence) forget() {
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	p.f.watches[p.id] = slices.DeleteFunc(p.f.watches[p.id], func(w *watch) bool { return w.on == p })
}

func (p *presence) reply(id int64, o outcome) proto.Message {
	return &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Reply{Reply: &replicatedv1.ReplicatedReply{
		CommandId: id, ClientAction: o.action, SideEffects: o.effects, StateAction: p.change, Streamed: p.marked,
	}}}
}

func (*presence) failure(failure *entityv1.Failure) proto.Message {
	return &replicatedv1.HandleResponse{Message: &replicatedv1.HandleResponse_Failure{Failure: failure}}
}

func (*presence) empty() proto.Message { return new(replicatedv1.HandleResponse) }
