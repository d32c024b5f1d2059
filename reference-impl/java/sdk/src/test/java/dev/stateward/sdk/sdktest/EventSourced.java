package dev.stateward.sdk.sdktest;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.stateward.entity.v1.Command;
import dev.stateward.eventsourced.v1.Event;
import dev.stateward.eventsourced.v1.HandleRequest;
import dev.stateward.eventsourced.v1.Init;
import dev.stateward.eventsourced.v1.Snapshot;
import dev.stateward.eventsourced.v1.SnapshotRequest;
import dev.stateward.samples.cart.v1.AddItemRequest;
import dev.stateward.samples.cart.v1.AddItemResponse;
import dev.stateward.samples.cart.v1.GetCartResponse;
import dev.stateward.samples.cart.v1.RemoveItemResponse;
import dev.stateward.samples.cart.v1.ShoppingCartServiceGrpc;
import dev.stateward.sdk.Payload;
import dev.stateward.sdk.eventsourced.EventSourcedEntity;
import dev.stateward.sdk.eventsourced.Handler;
import io.grpc.MethodDescriptor;

/** An event sourced entity, and what the proxy says to one. */
public final class EventSourced {
  private EventSourced() {}

  /** Is an entity of the carts, which answers at once and keeps nothing. */
  public static EventSourcedEntity<Object> carts() {
    return carts((context, state, request) -> AddItemResponse.getDefaultInstance());
  }

  /** Is such an entity, whose AddItem does what add does. */
  public static EventSourcedEntity<Object> carts(
      Handler<Object, AddItemRequest, AddItemResponse> add) {
    return EventSourcedEntity.of(
            ShoppingCartServiceGrpc.getServiceDescriptor(), "carts", id -> new Object())
        .handle(ShoppingCartServiceGrpc.getAddItemMethod(), add)
        .handle(
            ShoppingCartServiceGrpc.getRemoveItemMethod(),
            (context, state, request) -> RemoveItemResponse.getDefaultInstance())
        .handle(
            ShoppingCartServiceGrpc.getGetCartMethod(),
            (context, state, request) -> GetCartResponse.getDefaultInstance());
  }

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
