package dev.stateward.sdk.sdktest;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.stateward.entity.v1.Command;
import dev.stateward.eventsourced.v1.Event;
import dev.stateward.eventsourced.v1.HandleRequest;
import dev.stateward.eventsourced.v1.Init;
import dev.stateward.eventsourced.v1.Snapshot;
import dev.stateward.eventsourced.v1.SnapshotRequest;
import dev.stateward.sdk.Payload;
import io.grpc.MethodDescriptor;

/** What the proxy says to an event sourced entity. */
public final class EventSourced {
  private EventSourced() {}

  /** Opens the stream of an entity that has no snapshot. */
  public static HandleRequest init(String service, String entityId) {
    return HandleRequest.newBuilder()
        .setInit(Init.newBuilder().setServiceName(service).setEntityId(entityId))
        .build();
  }

  /** Opens the stream of an entity that was saved behind this event. */
  public static HandleRequest init(String service, String entityId, long sequence, Any state) {
    var init = init(service, entityId).toBuilder();
    init.getInitBuilder()
        .setSnapshot(Snapshot.newBuilder().setSnapshotSequence(sequence).setSnapshot(state));
    return init.build();
  }

  /** Is a stored event. */
  public static HandleRequest event(long sequence, Message event) {
    return HandleRequest.newBuilder()
        .setEvent(Event.newBuilder().setSequence(sequence).setPayload(Payload.pack(event)))
        .build();
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

  /** Asks for the state. */
  public static HandleRequest snapshotRequest() {
    return HandleRequest.newBuilder()
        .setSnapshotRequest(SnapshotRequest.getDefaultInstance())
        .build();
  }
}
