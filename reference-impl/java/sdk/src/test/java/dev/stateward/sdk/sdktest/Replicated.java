package dev.stateward.sdk.sdktest;

import com.google.protobuf.Message;
import dev.stateward.entity.v1.Command;
import dev.stateward.replicated.v1.Delete;
import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.HandleRequest;
import dev.stateward.replicated.v1.Init;
import dev.stateward.replicated.v1.StreamCancelled;
import dev.stateward.sdk.Payload;
import io.grpc.MethodDescriptor;

/** What the proxy says to a replicated entity. */
public final class Replicated {
  private Replicated() {}

  /** Opens the stream of an entity that nobody has given a type. */
  public static HandleRequest init(String service, String entityId) {
    return HandleRequest.newBuilder()
        .setInit(Init.newBuilder().setServiceName(service).setEntityId(entityId))
        .build();
  }

  /** Opens the stream of an entity that has this value. */
  public static HandleRequest init(String service, String entityId, Delta delta) {
    var init = init(service, entityId).toBuilder();
    init.getInitBuilder().setDelta(delta);
    return init.build();
  }

  /** Is a change from elsewhere. */
  public static HandleRequest delta(Delta delta) {
    return HandleRequest.newBuilder().setDelta(delta).build();
  }

  /** Says that the entity was deleted elsewhere. */
  public static HandleRequest delete() {
    return HandleRequest.newBuilder().setDelete(Delete.getDefaultInstance()).build();
  }

  /** Is a command. */
  public static <Q extends Message> HandleRequest command(
      String entityId, long id, MethodDescriptor<Q, ?> method, Q request) {
    var command =
        Command.newBuilder()
            .setEntityId(entityId)
            .setId(id)
            .setName(method.getBareMethodName())
            .setPayload(Payload.pack(request))
            .setStreamed(!method.getType().serverSendsOneMessage());
    return HandleRequest.newBuilder().setCommand(command).build();
  }

  /** Says that the streamed call of the command with this id has ended. */
  public static HandleRequest streamCancelled(String entityId, long id) {
    return HandleRequest.newBuilder()
        .setStreamCancelled(StreamCancelled.newBuilder().setEntityId(entityId).setId(id))
        .build();
  }
}
