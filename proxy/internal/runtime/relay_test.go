package runtime_test

import (
	"errors"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
)

// relay is a machine that has up to four commands outstanding, and asks the runtime for
// what the text of an answer says:
//
//	more ...    is one response of a streamed call
//	wait 3s ... is given after the time
//	apply ...   is given once the change has spread
//	anything else is given
type relay struct {
	id        entity.ID
	recovered bool
	newest    int64
	open      map[int64]string // the text that is still to be given
	applied   int64
	spreading map[int64]int64 // the command of each change
}

func newRelay(id entity.ID, _ entity.Terms) entity.Machine {
	return &relay{id: id, open: map[int64]string{}, spreading: map[int64]int64{}}
}

func (r *relay) Ready() bool { return r.recovered && len(r.open) < 4 }

func (r *relay) Idle() bool { return r.recovered && len(r.open) == 0 }

func (r *relay) Step(in entity.Input, out []entity.Effect) []entity.Effect {
	switch in := in.(type) {
	case entity.Opened:
		init := &eventsourcedv1.Init{ServiceName: r.id.Service, EntityId: r.id.Entity}
		return append(out, send(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Init{Init: init}}))
	case entity.Recovered:
		r.recovered = true
	case entity.Arrived:
		r.newest++
		r.open[r.newest] = ""
		command := &entityv1.Command{Id: r.newest, Name: in.Command.Name, Payload: in.Command.Payload, Streamed: in.Command.Streamed}
		return append(out, send(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Command{Command: command}}))
	case entity.Received:
		return r.answer(in.Message.(*eventsourcedv1.HandleResponse).GetReply(), out)
	case entity.Merged:
		event := &eventsourcedv1.Event{Payload: &anypb.Any{Value: in.Delta}}
		return append(out, send(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Event{Event: event}}))
	case entity.Gone:
		return append(out, send(&eventsourcedv1.HandleRequest{
			Message: &eventsourcedv1.HandleRequest_Cancel{Cancel: &entityv1.Cancel{CommandId: in.Command}},
		}))
	case entity.Elapsed:
		return r.give(int64(in.Timer), nil, out)
	case entity.Spread:
		return r.give(r.spreading[in.Apply], in.Err, out)
	case entity.TimedOut:
		return r.fail(errors.New("timed out"), out)
	case entity.Ended:
		return r.fail(errors.New("ended"), out)
	case entity.Passivate:
		return append(out, entity.Close{Reason: "idle"})
	}
	return out
}

func send(request *eventsourcedv1.HandleRequest) entity.Effect { return entity.Send{Message: request} }

func (r *relay) answer(reply *eventsourcedv1.EventSourcedReply, out []entity.Effect) []entity.Effect {
	id, text := reply.GetCommandId(), string(reply.GetClientAction().GetReply().GetPayload().GetValue())
	verb, rest, _ := strings.Cut(text, " ")
	r.open[id] = rest
	switch verb {
	case "more":
		return append(out, entity.Complete{Command: id, Outcome: given(rest), More: true})
	case "wait":
		limit, _, _ := strings.Cut(rest, " ")
		d, err := time.ParseDuration(limit)
		if err != nil {
			panic(err)
		}
		return append(out, entity.Answered{Command: id}, entity.Wait{Timer: entity.Timer(id), For: d})
	case "apply":
		r.applied++
		r.spreading[r.applied] = id
		return append(out, entity.Apply{
			Apply: r.applied, Command: id, Delta: []byte(rest), Consistency: replicatedv1.WriteConsistency_WRITE_CONSISTENCY_ALL,
		})
	default:
		r.open[id] = text
		return r.give(id, nil, out)
	}
}

func (r *relay) give(id int64, err error, out []entity.Effect) []entity.Effect {
	text := r.open[id]
	delete(r.open, id)
	if err != nil {
		return append(out, entity.Complete{Command: id, Outcome: entity.Outcome{Command: id, Err: err}})
	}
	return append(out, entity.Complete{Command: id, Outcome: given(text)})
}

func (r *relay) fail(err error, out []entity.Effect) []entity.Effect {
	for id := range r.open {
		out = append(out, entity.Complete{Command: id, Outcome: entity.Outcome{Err: err}})
	}
	clear(r.open)
	return append(out, entity.Close{Abort: true, Reason: "lost"})
}

func given(text string) entity.Outcome {
	return entity.Outcome{Reply: &entityv1.Reply{Payload: &anypb.Any{Value: []byte(text)}}}
}
