package cloudstate

import (
	"errors"
	"io"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// respond follows the steps of one response. Without one that answers, it has the
// given text.
func (f *Function) respond(steps []step, text string, metadata *entityv1.Metadata) (*actionv1.ActionResponse, error) {
	o := f.outcome(steps, 0, text, metadata)
	if o.trouble.word == "status" {
		code, text := codeOf(o.trouble.rest)
		return nil, status.Error(codes.Code(code), text)
	}
	response := &actionv1.ActionResponse{SideEffects: o.effects}
	switch action := o.action.GetAction().(type) {
	case *entityv1.ClientAction_Reply:
		response.Response = &actionv1.ActionResponse_Reply{Reply: action.Reply}
	case *entityv1.ClientAction_Forward:
		response.Response = &actionv1.ActionResponse_Forward{Forward: action.Forward}
	case *entityv1.ClientAction_Failure:
		response.Response = &actionv1.ActionResponse_Failure{Failure: action.Failure}
	}
	return response, nil
}

// input notes what an action was given, and returns its text.
func (f *Function) input(command *actionv1.ActionCommand) string {
	text := Text(command.GetPayload().GetValue(), 2)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inputs = append(f.inputs, text)
	return text
}

// act answers a unary call.
func (f *Function) act(command *actionv1.ActionCommand) (*actionv1.ActionResponse, error) {
	text := f.input(command)
	steps := stepsOf(text)
	for _, s := range steps {
		if s.word == "hang" {
			<-f.done
		}
	}
	return f.respond(steps, text, command.GetMetadata())
}

// actIn answers when the caller has sent everything. What the first message holds
// besides the names is thrown away, as some libraries do.
func (f *Function) actIn(stream grpc.ServerStream) error {
	opening := new(actionv1.ActionCommand)
	if err := stream.RecvMsg(opening); err != nil {
		return ended(err)
	}
	var texts []string
	for {
		command := new(actionv1.ActionCommand)
		err := stream.RecvMsg(command)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		texts = append(texts, f.input(command))
	}
	whole := strings.Join(texts, "; ")
	response, err := f.respond(stepsOf(whole), whole, opening.GetMetadata())
	if err != nil {
		return err
	}
	return stream.SendMsg(response)
}

// actOut gives one response for each part of the text between two "|".
func (f *Function) actOut(stream grpc.ServerStream) error {
	command := new(actionv1.ActionCommand)
	if err := stream.RecvMsg(command); err != nil {
		return ended(err)
	}
	for part := range strings.SplitSeq(f.input(command), "|") {
		if err := f.item(stream, part, command.GetMetadata()); err != nil {
			return ended(err)
		}
	}
	return nil
}

// actStreamed gives one response for each request.
func (f *Function) actStreamed(stream grpc.ServerStream) error {
	opening := new(actionv1.ActionCommand)
	if err := stream.RecvMsg(opening); err != nil {
		return ended(err)
	}
	for {
		command := new(actionv1.ActionCommand)
		if err := stream.RecvMsg(command); err != nil {
			return ended(err)
		}
		if err := f.item(stream, f.input(command), opening.GetMetadata()); err != nil {
			return ended(err)
		}
	}
}

// item sends one response of several; a failure is the last.
func (f *Function) item(stream grpc.ServerStream, text string, metadata *entityv1.Metadata) error {
	response, err := f.respond(stepsOf(text), text, metadata)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(response); err != nil {
		return err
	}
	if response.GetFailure() != nil {
		return io.EOF
	}
	return nil
}
