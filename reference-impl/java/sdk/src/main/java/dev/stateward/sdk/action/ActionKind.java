package dev.stateward.sdk.action;

import dev.stateward.action.v1.ActionCommand;
import dev.stateward.action.v1.ActionResponse;
import dev.stateward.action.v1.ActionServiceGrpc;
import dev.stateward.sdk.Entity;
import dev.stateward.sdk.Kind;
import dev.stateward.sdk.Shape;
import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The kind of actions: every shape of a call, whichever the actions have (ACT-DISC-001). */
final class ActionKind implements Kind {
  static final ActionKind KIND = new ActionKind();

  private ActionKind() {}

  @Override
  public List<Method<?, ?>> serve(Map<String, Entity> entities) {
    return Stream.of(
            ActionServiceGrpc.getHandleUnaryMethod(),
            ActionServiceGrpc.getHandleStreamedInMethod(),
            ActionServiceGrpc.getHandleStreamedOutMethod(),
            ActionServiceGrpc.getHandleStreamedMethod())
        .<Method<?, ?>>map(call -> method(call, entities))
        .toList();
  }

  private static Method<ActionCommand, ActionResponse> method(
      MethodDescriptor<ActionCommand, ActionResponse> call, Map<String, Entity> entities) {
    Shape shape = Shape.of(call.getType());
    return new Method<>(
        call, stream -> new ActionConversation(stream, shape, entities), Reads.nothing());
  }

  @Override
  public boolean isStateful() {
    return false;
  }
}
