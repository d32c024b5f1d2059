package dev.stateward.sdk.eventsourced;

import dev.stateward.eventsourced.v1.EventSourcedServiceGrpc;
import dev.stateward.eventsourced.v1.HandleRequest;
import dev.stateward.sdk.Entity;
import dev.stateward.sdk.Kind;
import java.util.List;
import java.util.Map;

/** The event sourced kind. */
final class EventSourcedKind implements Kind {
  static final EventSourcedKind KIND = new EventSourcedKind();

  private EventSourcedKind() {}

  @Override
  public List<Method<?, ?>> serve(Map<String, Entity> entities) {
    return List.of(
        new Method<>(
            EventSourcedServiceGrpc.getHandleMethod(),
            stream -> new EventSourcedConversation(stream, entities),
            new Reads<>(
                HandleRequest::getCommand,
                message -> message.hasCancel() ? message.getCancel() : null,
                answer -> answer.hasFailure() ? answer.getFailure() : null)));
  }
}
