package dev.stateward.model;

import static java.util.stream.Collectors.collectingAndThen;
import static java.util.stream.Collectors.toList;

import dev.stateward.sdk.Call;
import dev.stateward.sdk.Entity;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.action.Action;
import dev.stateward.sdk.action.ActionContext;
import dev.stateward.tck.action.v1.ActionTckModelServiceGrpc;
import dev.stateward.tck.action.v1.ActionTwoServiceCallRequest;
import dev.stateward.tck.action.v1.ActionTwoServiceGrpc;
import dev.stateward.tck.action.v1.ProcessRequest;
import dev.stateward.tck.action.v1.ProcessResponse;
import dev.stateward.tck.action.v1.ProcessStep;
import io.grpc.Status;
import java.util.List;
import java.util.stream.Stream;

/** The two actions of profile action. */
final class ActionModel {
  private ActionModel() {}

  static List<Entity> entities() {
    return List.of(
        Action.of(ActionTckModelServiceGrpc.getServiceDescriptor())
            .unary(
                ActionTckModelServiceGrpc.getProcessUnaryMethod(),
                (context, request) -> perform(context, steps(List.of(request))))
            .streamedIn(
                ActionTckModelServiceGrpc.getProcessStreamedInMethod(),
                context -> collectingAndThen(toList(), all -> perform(context, steps(all))))
            .streamedOut(
                ActionTckModelServiceGrpc.getProcessStreamedOutMethod(), ActionModel::answerEach)
            .streamed(
                ActionTckModelServiceGrpc.getProcessStreamedMethod(),
                context -> request -> answerEach(context, request)),
        Action.of(ActionTwoServiceGrpc.getServiceDescriptor())
            .unary(
                ActionTwoServiceGrpc.getCallMethod(),
                (context, request) -> ProcessResponse.getDefaultInstance()));
  }

  /** Answers each group. A failure ends no call: the groups behind it are answered too. */
  private static Stream<ProcessResponse> answerEach(ActionContext context, ProcessRequest request) {
    return request.getGroupsList().stream()
        .map(
            group -> {
              try {
                return perform(context, group.getStepsList());
              } catch (Refusal refusal) {
                context.refuse(refusal);
                return null;
              }
            });
  }

  /**
   * Performs the steps of one response: the last reply, forward or fail among them counts, and
   * every effect.
   */
  private static ProcessResponse perform(ActionContext context, List<ProcessStep> steps) {
    ProcessStep answer = ProcessStep.getDefaultInstance();
    for (ProcessStep step : steps) {
      switch (step.getStepCase()) {
        case REPLY, FORWARD, FAIL -> answer = step;
        case EFFECT ->
            context.effect(callTwo(step.getEffect().getId()), step.getEffect().getSynchronous());
        default ->
            throw new Refusal(
                Status.Code.INVALID_ARGUMENT, "a step without a case that is known here");
      }
    }
    switch (answer.getStepCase()) {
      case FORWARD -> context.forward(callTwo(answer.getForward().getId()));
      case FAIL -> throw new Refusal(answer.getFail().getMessage());
      default -> {}
    }
    return answer.hasReply()
        ? ProcessResponse.newBuilder().setMessage(answer.getReply().getMessage()).build()
        : null; // side effects alone
  }

  /** Returns the steps of all groups, in their order. */
  private static List<ProcessStep> steps(List<ProcessRequest> requests) {
    return requests.stream()
        .flatMap(request -> request.getGroupsList().stream())
        .flatMap(group -> group.getStepsList().stream())
        .toList();
  }

  /** The target of every forward and effect. */
  private static Call callTwo(String id) {
    return Call.of(
        ActionTwoServiceGrpc.getCallMethod(),
        ActionTwoServiceCallRequest.newBuilder().setId(id).build());
  }
}
