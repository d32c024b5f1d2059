package dev.stateward.sdk.value;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import dev.stateward.discovery.v1.Capability;
import dev.stateward.entity.v1.Failure;
import dev.stateward.samples.cart.v1.AddItemRequest;
import dev.stateward.samples.cart.v1.AddItemResponse;
import dev.stateward.samples.cart.v1.GetCartRequest;
import dev.stateward.samples.cart.v1.GetCartResponse;
import dev.stateward.samples.cart.v1.LineItem;
import dev.stateward.samples.cart.v1.RemoveItemRequest;
import dev.stateward.samples.cart.v1.RemoveItemResponse;
import dev.stateward.samples.cart.v1.ShoppingCartServiceGrpc;
import dev.stateward.sdk.Call;
import dev.stateward.sdk.Conversation;
import dev.stateward.sdk.Payload;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.Step;
import dev.stateward.sdk.TestStream;
import dev.stateward.sdk.sdktest.Values;
import dev.stateward.value.v1.HandleRequest;
import dev.stateward.value.v1.HandleResponse;
import dev.stateward.value.v1.StateAction;
import dev.stateward.value.v1.ValueEntityReply;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** What is said on a stream, and what is answered. The value is one line of a cart. */
class ConversationTest {
  private static final String SERVICE = ShoppingCartServiceGrpc.SERVICE_NAME;
  private static final Call CALL =
      Call.of(ShoppingCartServiceGrpc.getGetCartMethod(), GetCartRequest.getDefaultInstance());

  private static ValueEntity<LineItem> definition() {
    return ValueEntity.of(ShoppingCartServiceGrpc.getServiceDescriptor(), "lines", LineItem.class)
        .handle(ShoppingCartServiceGrpc.getAddItemMethod(), ConversationTest::add)
        .handle(ShoppingCartServiceGrpc.getRemoveItemMethod(), ConversationTest::remove)
        .handle(ShoppingCartServiceGrpc.getGetCartMethod(), ConversationTest::get);
  }

  /** Sets the product, then does what it is called. */
  private static AddItemResponse add(ValueContext<LineItem> context, AddItemRequest request) {
    context.update(LineItem.newBuilder().setProductId(request.getProductId()).build());
    context.effect(CALL, false);
    switch (request.getProductId()) {
      case "refuse" -> throw new Refusal(Status.Code.ABORTED, "refused");
      case "throw" -> throw new IllegalStateException("a mistake");
      case "delete" -> context.delete();
      case "forward" -> context.forward(CALL);
      case "durable" -> context.durableEffect(CALL, true);
      case "for a second" -> context.update(item("short"), Duration.ofSeconds(1));
      case "half" -> context.update(item("\ud800"));
      case "for no time" -> context.update(item("short"), Duration.ZERO);
      default -> {}
    }
    return AddItemResponse.getDefaultInstance();
  }

  private static RemoveItemResponse remove(
      ValueContext<LineItem> context, RemoveItemRequest request) {
    context.delete();
    return RemoveItemResponse.getDefaultInstance();
  }

  private static GetCartResponse get(ValueContext<LineItem> context, GetCartRequest request) {
    var answer = GetCartResponse.newBuilder();
    context.current().ifPresent(answer::addItems);
    return answer.build();
  }

  private static LineItem item(String product) {
    return LineItem.newBuilder().setProductId(product).build();
  }

  private static HandleRequest add(long id, String product) {
    return Values.command(
        "e",
        id,
        ShoppingCartServiceGrpc.getAddItemMethod(),
        AddItemRequest.newBuilder().setProductId(product).build());
  }

  private static HandleRequest get(long id) {
    return Values.command(
        "e", id, ShoppingCartServiceGrpc.getGetCartMethod(), GetCartRequest.getDefaultInstance());
  }

  private static HandleRequest remove(long id) {
    return Values.command(
        "e",
        id,
        ShoppingCartServiceGrpc.getRemoveItemMethod(),
        RemoveItemRequest.getDefaultInstance());
  }

  private static Conversation<HandleRequest, HandleResponse> unopened() {
    return new TestStream(Capability.CAPABILITY_DURABLE_EFFECTS).converse(definition());
  }

  private static Conversation<HandleRequest, HandleResponse> opened() {
    var conversation = unopened();
    assertFalse(conversation.step(Values.init(SERVICE, "e")).answers().hasNext());
    return conversation;
  }

  private static ValueEntityReply ask(
      Conversation<HandleRequest, HandleResponse> conversation, HandleRequest command) {
    Step<HandleResponse> said = conversation.step(command);
    HandleResponse answer = said.answers().next();
    assertTrue(answer.hasReply() && said.more().getAsBoolean(), answer.toString());
    assertFalse(said.answers().hasNext());
    return answer.getReply();
  }

  private static List<LineItem> value(Conversation<HandleRequest, HandleResponse> conversation)
      throws Exception {
    return ask(conversation, get(9))
        .getClientAction()
        .getReply()
        .getPayload()
        .unpack(GetCartResponse.class)
        .getItemsList();
  }

  private static void broken(Step<HandleResponse> said, long command, String reason) {
    Failure failure = said.answers().next().getFailure();
    assertTrue(failure.getDescription().contains(reason), failure.toString());
    assertEquals(command, failure.getCommandId());
    assertFalse(said.answers().hasNext() || said.more().getAsBoolean());
  }

  @Test // VAL-CMD-004 to VAL-CMD-006, VAL-CMD-008, VAL-INIT-011
  void updates() throws Exception {
    var conversation = opened();
    assertEquals(List.of(), value(conversation));
    ValueEntityReply reply = ask(conversation, add(1, "a"));
    assertEquals(Payload.pack(item("a")), reply.getStateAction().getUpdate().getValue());
    assertEquals(1, reply.getSideEffectsCount());
    assertEquals(List.of(item("a")), value(conversation));
    assertFalse(ask(conversation, get(3)).hasStateAction());
    assertTrue(ask(conversation, remove(4)).getStateAction().hasDelete());
    assertEquals(List.of(), value(conversation));
    StateAction last = ask(conversation, add(5, "delete")).getStateAction();
    assertTrue(last.hasDelete());
  }

  @Test // VAL-INIT-010, VAL-CMD-010
  void valueOfNoBytes() throws Exception {
    var conversation = unopened();
    conversation.step(Values.init(SERVICE, "e", Payload.pack(LineItem.getDefaultInstance())));
    assertEquals(List.of(LineItem.getDefaultInstance()), value(conversation));
    var update = ask(opened(), add(1, "")).getStateAction().getUpdate();
    assertEquals(Payload.pack(LineItem.getDefaultInstance()), update.getValue());
  }

  @Test // VAL-EXPIRE-006, VAL-CMD-009, FX-DUR-002
  void whatStandsBesideIt() {
    var conversation = opened();
    ValueEntityReply reply = ask(conversation, add(1, "for a second"));
    assertEquals(1000, reply.getStateAction().getUpdate().getExpireAfter());
    reply = ask(conversation, add(2, "forward"));
    assertTrue(reply.getClientAction().hasForward() && reply.hasStateAction());
    reply = ask(conversation, add(3, "durable"));
    assertFalse(reply.getSideEffects(0).getDurable());
    assertTrue(reply.getSideEffects(1).getDurable() && reply.getSideEffects(1).getSynchronous());
    broken(conversation.step(add(4, "for no time")), 4, "the function threw an exception");
  }

  @Test
  void aValueThatCannotTravelIsAMistake() {
    broken(opened().step(add(1, "half")), 1, "the function threw an exception");
  }

  @Test // VAL-FAIL-002, VAL-FAIL-004, FX-EFF-003
  void refusedCommandsLeaveNothing() throws Exception {
    var conversation = opened();
    ask(conversation, add(1, "a"));
    ValueEntityReply reply = ask(conversation, add(2, "refuse"));
    assertEquals(Status.Code.ABORTED.value(), reply.getClientAction().getFailure().getCode());
    assertFalse(reply.hasStateAction() || reply.getSideEffectsCount() > 0);
    assertFalse(reply.getClientAction().getFailure().getRestart());
    assertEquals(List.of(item("a")), value(conversation));
    broken(conversation.step(add(3, "throw")), 3, "the function threw an exception");
  }

  @Test // VAL-INIT-004, VAL-INIT-007 to VAL-INIT-009, VAL-CMD-007, CORE-STREAM-004
  void outOfTurn() {
    broken(unopened().step(get(1)), 1, "VAL-INIT-004");
    broken(opened().step(Values.init(SERVICE, "e")), 0, "VAL-INIT-007");
    broken(unopened().step(Values.init("nobody", "e")), 0, "VAL-INIT-008");
    broken(unopened().step(Values.init(SERVICE, "")), 0, "CORE-KEY-001");
    Any wrong = Payload.pack(GetCartRequest.getDefaultInstance());
    broken(unopened().step(Values.init(SERVICE, "e", wrong)), 0, "VAL-INIT-009");
    broken(opened().step(HandleRequest.getDefaultInstance()), 0, "CORE-STREAM-004");
    var other = get(2).toBuilder();
    other.getCommandBuilder().setEntityId("other");
    broken(opened().step(other.build()), 2, "VAL-CMD-007");
  }

  /** Messages that stand somewhere in some stream. */
  @Provide
  Arbitrary<HandleRequest> messages() {
    var ids = Arbitraries.longs().between(0, 4);
    var products = Arbitraries.of("a", "refuse", "throw", "delete", "forward", "for no time");
    return Arbitraries.oneOf(
        Combinators.combine(ids, products).as(ConversationTest::add),
        ids.map(ConversationTest::get),
        ids.map(ConversationTest::remove),
        Arbitraries.of(
            HandleRequest.getDefaultInstance(),
            Values.init(SERVICE, "e"),
            Values.init("nobody", "e")));
  }

  /** Whatever comes: nothing is thrown, and what is no command gets nothing or ends the stream. */
  @Property
  void anyMessages(@ForAll List<@From("messages") HandleRequest> messages, @ForAll boolean init) {
    var conversation = init ? opened() : unopened();
    for (HandleRequest message : messages) {
      var said = conversation.step(message);
      List<HandleResponse> answers = new ArrayList<>();
      said.answers().forEachRemaining(answers::add);
      boolean failed = answers.stream().anyMatch(HandleResponse::hasFailure);
      assertEquals(message.hasCommand() || failed ? 1 : 0, answers.size());
      assertEquals(!failed, said.more().getAsBoolean());
      if (failed) {
        return;
      }
    }
  }
}
