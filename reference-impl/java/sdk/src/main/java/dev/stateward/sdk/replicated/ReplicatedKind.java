package dev.stateward.sdk.replicated;

import dev.stateward.replicated.v1.HandleRequest;
import dev.stateward.replicated.v1.ReplicatedEntityServiceGrpc;
import dev.stateward.sdk.Entity;
import dev.stateward.sdk.Kind;
import java.util.List;
import java.util.Map;

/** The replicated kind. */
final class ReplicatedKind implements Kind {
  static final ReplicatedKind KIND = new ReplicatedKind();

  private ReplicatedKind() {}

  @Override
  public List<Method<?, ?>> serve(Map<String, Entity> entities) {
    return List.of(
        new Method<>(
            ReplicatedEntityServiceGrpc.getHandleMethod(),
            stream -> new ReplicatedConversation(stream, entities),
            new Reads<>(
                HandleRequest::getCommand,
                message -> message.hasCancel() ? message.getCancel() : null,
                answer -> answer.hasFailure() ? answer.getFailure() : null)));
  }
}
