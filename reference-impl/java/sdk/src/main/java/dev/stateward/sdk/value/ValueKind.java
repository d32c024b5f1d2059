package dev.stateward.sdk.value;

import dev.stateward.sdk.Entity;
import dev.stateward.sdk.Kind;
import dev.stateward.value.v1.HandleRequest;
import dev.stateward.value.v1.ValueEntityServiceGrpc;
import java.util.List;
import java.util.Map;

/** The kind of value entities. */
final class ValueKind implements Kind {
  static final ValueKind KIND = new ValueKind();

  private ValueKind() {}

  @Override
  public List<Method<?, ?>> serve(Map<String, Entity> entities) {
    return List.of(
        new Method<>(
            ValueEntityServiceGrpc.getHandleMethod(),
            stream -> new ValueConversation(stream, entities),
            new Reads<>(
                HandleRequest::getCommand,
                message -> message.hasCancel() ? message.getCancel() : null,
                answer -> answer.hasFailure() ? answer.getFailure() : null)));
  }
}
