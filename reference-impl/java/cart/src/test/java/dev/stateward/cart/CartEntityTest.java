package dev.stateward.cart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Message;
import dev.stateward.entity.v1.Command;
import dev.stateward.eventsourced.v1.Event;
import dev.stateward.eventsourced.v1.EventSourcedReply;
import dev.stateward.eventsourced.v1.HandleRequest;
import dev.stateward.eventsourced.v1.HandleResponse;
import dev.stateward.eventsourced.v1.Init;
import dev.stateward.samples.cart.v1.AddItemRequest;
import dev.stateward.samples.cart.v1.CartSnapshot;
import dev.stateward.samples.cart.v1.GetCartRequest;
import dev.stateward.samples.cart.v1.GetCartResponse;
import dev.stateward.samples.cart.v1.ItemAdded;
import dev.stateward.samples.cart.v1.ItemRemoved;
import dev.stateward.samples.cart.v1.LineItem;
import dev.stateward.samples.cart.v1.RemoveItemRequest;
import dev.stateward.samples.cart.v1.ShoppingCartServiceGrpc;
import dev.stateward.sdk.Conversation;
import dev.stateward.sdk.Payload;
import dev.stateward.sdk.Step;
import dev.stateward.sdk.TestStream;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The binding: what a proxy says to a cart, and what it answers. */
class CartEntityTest {
  private static final LineItem APPLES =
      LineItem.newBuilder().setProductId("apple").setName("Apple").setQuantity(2).build();

  private final Conversation<HandleRequest, HandleResponse> cart =
      new TestStream().converse(CartEntity.definition());

  private Step<HandleResponse> init(CartSnapshot... saved) {
    Init.Builder init =
        Init.newBuilder().setServiceName(ShoppingCartServiceGrpc.SERVICE_NAME).setEntityId("anna");
    for (CartSnapshot snapshot : saved) {
      init.getSnapshotBuilder().setSnapshotSequence(100).setSnapshot(Payload.pack(snapshot));
    }
    return cart.step(HandleRequest.newBuilder().setInit(init).build());
  }

  private void replays(long sequence, Message event) {
    Event.Builder stored = Event.newBuilder().setSequence(sequence).setPayload(Payload.pack(event));
    Step<HandleResponse> said = cart.step(HandleRequest.newBuilder().setEvent(stored).build());
    assertFalse(said.answers().hasNext());
  }

  private <Q extends Message> EventSourcedReply reply(MethodDescriptor<Q, ?> method, Q request) {
    Command.Builder command =
        Command.newBuilder()
            .setEntityId("anna")
            .setId(1)
            .setName(method.getBareMethodName())
            .setPayload(Payload.pack(request));
    return cart.step(HandleRequest.newBuilder().setCommand(command).build())
        .answers()
        .next()
        .getReply();
  }

  private EventSourcedReply add(LineItem item) {
    return reply(
        ShoppingCartServiceGrpc.getAddItemMethod(),
        AddItemRequest.newBuilder()
            .setUserId("anna")
            .setProductId(item.getProductId())
            .setName(item.getName())
            .setQuantity(item.getQuantity())
            .build());
  }

  private EventSourcedReply remove(String product) {
    return reply(
        ShoppingCartServiceGrpc.getRemoveItemMethod(),
        RemoveItemRequest.newBuilder().setUserId("anna").setProductId(product).build());
  }

  private void holds(LineItem... items) {
    EventSourcedReply reply =
        reply(ShoppingCartServiceGrpc.getGetCartMethod(), GetCartRequest.getDefaultInstance());
    assertEquals(0, reply.getEventsCount());
    assertEquals(
        Payload.pack(GetCartResponse.newBuilder().addAllItems(List.of(items)).build()),
        reply.getClientAction().getReply().getPayload());
  }

  private static LineItem apples(int quantity) {
    return APPLES.toBuilder().setQuantity(quantity).build();
  }

  @Test
  void definition() {
    assertEquals(List.of(), CartEntity.definition().mistakes());
  }

  /** A command emits what the domain decided, and sees what was stored before. */
  @Test
  void events() {
    init();
    replays(1, ItemAdded.newBuilder().setItem(APPLES).build());
    assertEquals(
        List.of(Payload.pack(ItemAdded.newBuilder().setItem(APPLES).build())),
        add(APPLES).getEventsList());
    holds(apples(4));
    assertEquals(
        List.of(Payload.pack(ItemRemoved.newBuilder().setProductId("apple").build())),
        remove("apple").getEventsList());
    holds();
  }

  /** What the domain refuses, the caller gets with a code, and nothing has happened. */
  @Test
  void refusals() {
    init();
    refused(Status.Code.INVALID_ARGUMENT, add(apples(0)));
    refused(Status.Code.INVALID_ARGUMENT, add(LineItem.newBuilder().setQuantity(1).build()));
    refused(Status.Code.NOT_FOUND, remove("apple"));
    add(APPLES);
    refused(Status.Code.OUT_OF_RANGE, add(apples(Integer.MAX_VALUE)));
    holds(APPLES);
  }

  private static void refused(Status.Code code, EventSourcedReply reply) {
    assertEquals(code.value(), reply.getClientAction().getFailure().getCode());
    assertFalse(reply.getClientAction().getFailure().getRestart());
    assertEquals(0, reply.getEventsCount());
  }

  /** A cart is saved whole after a hundred events, and begins with what was saved. */
  @Test
  void snapshots() {
    init();
    for (int sequence = 1; sequence < 99; sequence++) {
      replays(sequence, ItemAdded.newBuilder().setItem(APPLES).build());
    }
    assertFalse(add(APPLES).hasSnapshot());
    EventSourcedReply hundredth = add(APPLES);
    CartSnapshot saved = CartSnapshot.newBuilder().addItems(apples(200)).build();
    assertEquals(Payload.pack(saved), hundredth.getSnapshot());

    CartEntityTest later = new CartEntityTest();
    assertTrue(later.init(saved).more().getAsBoolean());
    later.replays(101, ItemAdded.newBuilder().setItem(APPLES).build());
    later.holds(apples(202));
  }
}
