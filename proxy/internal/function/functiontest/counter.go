package functiontest

import (
	"errors"
	"io"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
)

// snapshotEvery is how many events lie between two snapshots of a counter.
const snapshotEvery = 3

// counter is one activation of one counter.
type counter struct {
	messages      descriptortest.Messages
	total         int64
	sinceSnapshot int
}

// Handle serves one counter: an event for each Add, with the amount; a snapshot
// with the total after every third.
func (f *Function) Handle(stream eventsourcedv1.EventSourcedService_HandleServer) error {
	c := &counter{messages: f.messages}
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch message := request.GetMessage().(type) {
		case *eventsourcedv1.HandleRequest_Init:
			err = c.load(message.Init)
		case *eventsourcedv1.HandleRequest_Event:
			err = c.apply(message.Event.GetPayload())
		case *eventsourcedv1.HandleRequest_Command:
			err = f.handle(stream, c, message.Command)
		}
		if err != nil {
			return err
		}
	}
}

// handle answers one command as the script says.
func (f *Function) handle(stream eventsourcedv1.EventSourcedService_HandleServer, c *counter, command *entityv1.Command) error {
	if f.script.Handling != nil {
		f.script.Handling(stream.Context(), command.GetEntityId(), command.GetName())
	}
	right, err := c.answer(command)
	if err != nil {
		return err
	}
	answers := []*eventsourcedv1.HandleResponse{right}
	if f.script.Answer != nil {
		answers = f.script.Answer(command.GetEntityId(), right)
	}
	for _, answer := range answers {
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
	return nil
}

// load takes the snapshot, if there is one.
func (c *counter) load(init *eventsourcedv1.Init) error {
	if init.GetSnapshot() == nil {
		return nil
	}
	total := new(wrapperspb.Int64Value)
	if err := init.GetSnapshot().GetSnapshot().UnmarshalTo(total); err != nil {
		return err
	}
	c.total = total.GetValue()
	return nil
}

// apply adds an event.
func (c *counter) apply(event *anypb.Any) error {
	amount := new(wrapperspb.Int64Value)
	if err := event.UnmarshalTo(amount); err != nil {
		return err
	}
	c.total += amount.GetValue()
	c.sinceSnapshot++
	return nil
}

// answer returns the right answer to a command, and applies what it emits.
func (c *counter) answer(command *entityv1.Command) (*eventsourcedv1.HandleResponse, error) {
	reply := &eventsourcedv1.EventSourcedReply{CommandId: command.GetId()}
	response := "GetResponse"
	if command.GetName() == "Add" {
		response = "AddResponse"
		request := c.messages.New("AddRequest")
		if err := proto.Unmarshal(command.GetPayload().GetValue(), request); err != nil {
			return nil, err
		}
		if err := c.emit(reply, descriptortest.Int64(request, "amount")); err != nil {
			return nil, err
		}
	}
	payload, err := anypb.New(c.messages.Total(response, c.total))
	if err != nil {
		return nil, err
	}
	reply.ClientAction = &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{
		Payload:  payload,
		Metadata: command.GetMetadata(),
	}}}
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}, nil
}

// emit adds an event, and a snapshot where one is due, to the reply.
func (c *counter) emit(reply *eventsourcedv1.EventSourcedReply, amount int64) error {
	event, err := anypb.New(wrapperspb.Int64(amount))
	if err != nil {
		return err
	}
	reply.Events = append(reply.Events, event)
	if err := c.apply(event); err != nil {
		return err
	}
	if c.sinceSnapshot < snapshotEvery {
		return nil
	}
	c.sinceSnapshot = 0
	reply.Snapshot, err = anypb.New(wrapperspb.Int64(c.total))
	return err
}
