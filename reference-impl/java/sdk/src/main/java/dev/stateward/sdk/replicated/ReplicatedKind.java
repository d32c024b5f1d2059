package dev.stateward.sdk.replicated;

import dev.stateward.replicated.v1.HandleRequest;
import dev.stateward.replicated.v1.HandleResponse;
import dev.stateward.replicated.v1.ReplicatedEntityServiceGrpc;
import dev.stateward.sdk.Entity;
import dev.stateward.sdk.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The kind of replicated entities. */
enum ReplicatedKind implements Kind {
  INSTANCE;

  private static final Reads<HandleRequest, HandleResponse> READS =
      new Reads<>(
          HandleRequest::getCommand,
          request -> request.hasCancel() ? request.getCancel() : null,
          response -> response.hasFailure() ? response.getFailure() : null);

  /** Serves stateward.replicated.v1.ReplicatedEntityService. */
  @Override
  public List<Method<?, ?>> serve(Map<String, Entity> entities) {
    Map<String, ReplicatedEntity<?>> replicated = new HashMap<>();
    entities.forEach((service, entity) -> replicated.put(service, (ReplicatedEntity<?>) entity));
    return List.of(
        new Method<>(
            ReplicatedEntityServiceGrpc.getHandleMethod(),
            stream -> new ReplicatedConversation(stream, replicated),
            READS));
  }
}
