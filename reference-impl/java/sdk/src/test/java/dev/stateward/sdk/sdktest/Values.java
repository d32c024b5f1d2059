package dev.stateward.sdk.sdktest;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.stateward.entity.v1.Command;
import dev.stateward.sdk.Payload;
import dev.stateward.value.v1.HandleRequest;
import dev.stateward.value.v1.Init;
import dev.stateward.value.v1.State;
import io.grpc.MethodDescriptor;

/** What the proxy says to a value entity. */
public final class Values {
  private Values() {}

  /** Opens the stream of an entity without a value. */
  public static HandleRequest init(String service, String entityId) {
    return HandleRequest.newBuilder()
        .setInit(Init.newBuilder().setServiceName(service).setEntityId(entityId))
        .build();
  }

  /** Opens the stream of an entity with this value. */
  public static HandleRequest init(String service, String entityId, Any value) {
    var init = init(service, entityId).toBuilder();
    init.getInitBuilder().setState(State.newBuilder().setValue(value));
    return init.build();
  }

  /** Is a command. */
  public static <Q extends Message> HandleRequest command(
      String entityId, long id, MethodDescriptor<Q, ?> method, Q request) {
    return HandleRequest.newBuilder()
        .setCommand(
            Command.newBuilder()
                .setEntityId(entityId)
                .setId(id)
                .setName(method.getBareMethodName())
                .setPayload(Payload.pack(request)))
        .build();
  }
}
