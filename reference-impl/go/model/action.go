package main

import (
	"errors"
	"iter"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/action"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/action/v1"
)

// Shorter names for what all four methods share.
type (
	steps     = []*tckv1.ProcessStep
	incoming  = iter.Seq2[*tckv1.ProcessRequest, error]
	responses = *action.Responses[*tckv1.ProcessResponse]
)

// actions are the two of profile action.
func actions() []sdk.Entity {
	model := action.New(actionService("ActionTckModelService"))
	action.Unary(model, "ProcessUnary", processUnary)
	action.StreamedIn(model, "ProcessStreamedIn", processStreamedIn)
	action.StreamedOut(model, "ProcessStreamedOut", processStreamedOut)
	action.Streamed(model, "ProcessStreamed", processStreamed)

	two := action.New(actionService("ActionTwoService"))
	action.Unary(two, "Call", func(*action.Context, *tckv1.ActionTwoServiceCallRequest) (*tckv1.ProcessResponse, error) {
		return &tckv1.ProcessResponse{}, nil
	})
	return []sdk.Entity{model, two}
}

func processUnary(ctx *action.Context, request *tckv1.ProcessRequest) (*tckv1.ProcessResponse, error) {
	return perform(ctx, stepsOf(request))
}

func processStreamedIn(ctx *action.Context, requests incoming) (*tckv1.ProcessResponse, error) {
	var all steps
	for request, err := range requests {
		if err != nil {
			return nil, err
		}
		all = append(all, stepsOf(request)...)
	}
	return perform(ctx, all)
}

// processStreamedOut answers each group. A failure ends no call: the groups
// behind it are answered too.
func processStreamedOut(ctx *action.Context, request *tckv1.ProcessRequest, out responses) error {
	for _, group := range request.GetGroups() {
		response, err := perform(ctx, group.GetSteps())
		if err != nil {
			err = out.Fail(err)
		} else {
			err = out.Send(response)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func processStreamed(ctx *action.Context, requests incoming, out responses) error {
	for request, err := range requests {
		if err == nil {
			err = processStreamedOut(ctx, request, out)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// perform performs the steps of one response: the last reply, forward or fail
// among them counts, and every effect.
func perform(ctx *action.Context, all steps) (*tckv1.ProcessResponse, error) {
	answer := func() (*tckv1.ProcessResponse, error) { return nil, nil }
	for _, step := range all {
		switch step := step.GetStep().(type) {
		case *tckv1.ProcessStep_Reply:
			answer = func() (*tckv1.ProcessResponse, error) {
				return &tckv1.ProcessResponse{Message: step.Reply.GetMessage()}, nil
			}
		case *tckv1.ProcessStep_Forward:
			answer = func() (*tckv1.ProcessResponse, error) {
				ctx.Forward(callActionTwo(step.Forward.GetId()))
				return nil, nil
			}
		case *tckv1.ProcessStep_Fail:
			answer = func() (*tckv1.ProcessResponse, error) { return nil, errors.New(step.Fail.GetMessage()) }
		case *tckv1.ProcessStep_Effect:
			ctx.Effect(callActionTwo(step.Effect.GetId()), step.Effect.GetSynchronous())
		default:
			return nil, sdk.Errorf(codes.InvalidArgument, "a step without a case that is known here")
		}
	}
	return answer()
}

// stepsOf returns the steps of all groups, in their order.
func stepsOf(request *tckv1.ProcessRequest) steps {
	var all steps
	for _, group := range request.GetGroups() {
		all = append(all, group.GetSteps()...)
	}
	return all
}

// callActionTwo is the target of every forward and effect.
func callActionTwo(id string) sdk.Call {
	return sdk.Call{
		Service: tckv1.ActionTwoService_ServiceDesc.ServiceName,
		Method:  "Call",
		Request: &tckv1.ActionTwoServiceCallRequest{Id: id},
	}
}

func actionService(name protoreflect.Name) protoreflect.ServiceDescriptor {
	return tckv1.File_stateward_tck_action_v1_action_proto.Services().ByName(name)
}
