package dev.stateward.sdk.eventsourced;

import dev.stateward.discovery.v1.Capability;
import dev.stateward.eventsourced.v1.HandleRequest;
import dev.stateward.eventsourced.v1.HandleResponse;
import dev.stateward.samples.cart.v1.AddItemRequest;
import dev.stateward.samples.cart.v1.AddItemResponse;
import dev.stateward.samples.cart.v1.CartSnapshot;
import dev.stateward.samples.cart.v1.GetCartRequest;
import dev.stateward.samples.cart.v1.GetCartResponse;
import dev.stateward.samples.cart.v1.ItemAdded;
import dev.stateward.samples.cart.v1.ItemRemoved;
import dev.stateward.samples.cart.v1.LineItem;
import dev.stateward.samples.cart.v1.RemoveItemRequest;
import dev.stateward.samples.cart.v1.RemoveItemResponse;
import dev.stateward.samples.cart.v1.ShoppingCartServiceGrpc;
import dev.stateward.sdk.Call;
import dev.stateward.sdk.Conversation;
import dev.stateward.sdk.Metadata;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.Step;
import dev.stateward.sdk.TestStream;
import dev.stateward.sdk.sdktest.EventSourced;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A list of words that does what a product's id says, and the stream of one. */
final class Carts {
  static final String SERVICE = ShoppingCartServiceGrpc.SERVICE_NAME;
  static final String ID = "anna";

  final TestStream stream;
  final Conversation<HandleRequest, HandleResponse> conversation;

  Carts(Capability... announced) {
    stream = new TestStream(announced);
    conversation = stream.converse(definition());
  }

  /** Returns one behind init. */
  static Carts opened(Capability... announced) {
    Carts carts = new Carts(announced);
    carts.says(EventSourced.init(SERVICE, ID));
    return carts;
  }

  static EventSourcedEntity<List<String>> definition() {
    return EventSourcedEntity.<List<String>>of(
            ShoppingCartServiceGrpc.getServiceDescriptor(), "carts", id -> new ArrayList<>())
        .snapshot(3, CartSnapshot.class, Carts::save, Carts::restore)
        .apply(ItemAdded.class, Carts::apply)
        .handle(ShoppingCartServiceGrpc.getAddItemMethod(), Carts::add)
        .handle(ShoppingCartServiceGrpc.getRemoveItemMethod(), Carts::remove)
        .handle(ShoppingCartServiceGrpc.getGetCartMethod(), Carts::get);
  }

  private static CartSnapshot save(List<String> words) {
    return CartSnapshot.newBuilder().addAllItems(words.stream().map(Carts::item).toList()).build();
  }

  private static void restore(List<String> words, CartSnapshot saved) {
    saved.getItemsList().forEach(item -> words.add(item.getProductId()));
  }

  private static void apply(List<String> words, ItemAdded event) {
    words.add(event.getItem().getProductId());
    if (words.contains("apply")) {
      throw new Refusal("an applier has nothing to refuse");
    }
  }

  static LineItem item(String product) {
    return LineItem.newBuilder().setProductId(product).build();
  }

  static ItemAdded added(String product) {
    return ItemAdded.newBuilder().setItem(item(product)).build();
  }

  /** Emits the product, then does what it is called. */
  private static AddItemResponse add(
      EventSourcedContext context, List<String> words, AddItemRequest request) {
    context.effect(callGet("before"), true);
    context.emit(
        request.getProductId().isEmpty()
            ? ItemAdded.getDefaultInstance()
            : added(request.getProductId()));
    switch (request.getProductId()) {
      case "refuse" -> throw new Refusal(Status.Code.ABORTED, "refused");
      case "throw" -> throw new IllegalStateException("a mistake");
      case "half" -> context.emit(added("\ud800"));
      case "unknown" -> context.emit(ItemRemoved.getDefaultInstance());
      case "null" -> {
        return null;
      }
      case "forward" -> context.forward(callGet("elsewhere").with(Metadata.of("k", "v")));
      case "metadata" -> context.emit(added("two"), Metadata.of("x-k", "v"));
      case "durable" -> context.durableEffect(callGet("kept"), false);
      case "delete" -> context.delete(Duration.ofSeconds(1));
      case "too long" -> context.delete(Duration.ofDays(100 * 365 + 1));
      default -> context.replyMetadata(Metadata.of("seen", context.entityId()));
    }
    return AddItemResponse.getDefaultInstance();
  }

  private static RemoveItemResponse remove(
      EventSourcedContext context, List<String> words, RemoveItemRequest request) {
    throw new Refusal(Status.Code.NOT_FOUND, "nothing is removed");
  }

  private static GetCartResponse get(
      EventSourcedContext context, List<String> words, GetCartRequest request) {
    return GetCartResponse.newBuilder().addAllItems(save(words).getItemsList()).build();
  }

  private static Call callGet(String user) {
    return Call.of(
        ShoppingCartServiceGrpc.getGetCartMethod(),
        GetCartRequest.newBuilder().setUserId(user).build());
  }

  static HandleRequest add(long id, String product) {
    return EventSourced.command(
        ID,
        id,
        ShoppingCartServiceGrpc.getAddItemMethod(),
        AddItemRequest.newBuilder().setProductId(product).build());
  }

  static HandleRequest get(long id) {
    return EventSourced.command(
        ID, id, ShoppingCartServiceGrpc.getGetCartMethod(), GetCartRequest.getDefaultInstance());
  }

  static HandleRequest remove(long id) {
    return EventSourced.command(
        ID,
        id,
        ShoppingCartServiceGrpc.getRemoveItemMethod(),
        RemoveItemRequest.getDefaultInstance());
  }

  /** Says the message and returns what is answered. */
  Step<HandleResponse> says(HandleRequest message) {
    return conversation.step(message);
  }

  /** Says the message and returns its one answer, behind which the stream goes on. */
  HandleResponse asks(HandleRequest message) {
    Step<HandleResponse> said = says(message);
    HandleResponse answer = said.answers().next();
    if (said.answers().hasNext() || !said.more().getAsBoolean()) {
      throw new AssertionError("the stream says more, or ends: " + answer);
    }
    return answer;
  }

  /** Returns the words that GetCart answers. */
  List<String> words(long id) throws Exception {
    return asks(get(id))
        .getReply()
        .getClientAction()
        .getReply()
        .getPayload()
        .unpack(GetCartResponse.class)
        .getItemsList()
        .stream()
        .map(LineItem::getProductId)
        .toList();
  }
}
