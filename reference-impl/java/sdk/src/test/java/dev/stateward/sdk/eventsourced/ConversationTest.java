package dev.stateward.sdk.eventsourced;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.protobuf.UnknownFieldSet;
import dev.stateward.discovery.v1.Capability;
import dev.stateward.entity.v1.Failure;
import dev.stateward.entity.v1.SideEffect;
import dev.stateward.eventsourced.v1.EventSourcedReply;
import dev.stateward.eventsourced.v1.HandleRequest;
import dev.stateward.eventsourced.v1.HandleResponse;
import dev.stateward.samples.cart.v1.CartSnapshot;
import dev.stateward.samples.cart.v1.GetCartRequest;
import dev.stateward.samples.cart.v1.ItemAdded;
import dev.stateward.samples.cart.v1.ItemRemoved;
import dev.stateward.sdk.Payload;
import dev.stateward.sdk.Step;
import dev.stateward.sdk.sdktest.EventSourced;
import io.grpc.Status;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is said on a stream, and what is answered. */
class ConversationTest {
  private static final Any SAVED =
      Payload.pack(CartSnapshot.newBuilder().addItems(Carts.item("saved")).build());

  /** Fails unless the stream ends by a failure of this command that says this. */
  private static void broken(Step<HandleResponse> said, long command, String reason) {
    HandleResponse answer = said.answers().next();
    assertTrue(answer.getFailure().getDescription().contains(reason), answer.toString());
    assertEquals(command, answer.getFailure().getCommandId());
    assertFalse(said.answers().hasNext() || said.more().getAsBoolean());
  }

  private static void silent(Step<HandleResponse> said) {
    assertFalse(said.answers().hasNext());
    assertTrue(said.more().getAsBoolean());
  }

  @Test // ES-REPLAY-003, ES-REPLAY-004, ES-EMIT-001, ES-EMIT-002, CORE-CMD-006
  void snapshotThenEventsThenCommands() throws Exception {
    Carts carts = new Carts();
    silent(carts.says(EventSourced.init(Carts.SERVICE, Carts.ID, 7, SAVED)));
    silent(carts.says(EventSourced.event(8, Carts.added("stored"))));
    EventSourcedReply reply = carts.asks(Carts.add(1, "new")).getReply();
    assertEquals(List.of(Payload.pack(Carts.added("new"))), reply.getEventsList());
    assertEquals(1, reply.getCommandId());
    assertEquals(
        "anna", reply.getClientAction().getReply().getMetadata().getEntries(0).getStringValue());
    assertEquals(List.of("saved", "stored", "new"), carts.words(2));
  }

  @Test // ES-EMIT-003, ES-DEL-002
  void aReadCarriesNothing() {
    EventSourcedReply reply = Carts.opened().asks(Carts.get(1)).getReply();
    assertEquals(0, reply.getEventsCount() + reply.getSideEffectsCount());
    assertFalse(reply.hasDelete() || reply.hasSnapshot());
  }

  @Test // ES-EMIT-005
  void anEventWithoutBytes() throws Exception {
    Carts carts = Carts.opened();
    silent(carts.says(EventSourced.event(1, ItemAdded.getDefaultInstance())));
    Any event = carts.asks(Carts.add(1, "")).getReply().getEvents(0);
    assertEquals(Payload.pack(ItemAdded.getDefaultInstance()), event);
    assertTrue(event.getValue().isEmpty());
    assertEquals(List.of("", ""), carts.words(2));
  }

  @Test // CORE-KEY-002
  void anyEntityId() {
    for (String id : List.of(" ", "a/b", "\u0000", "日本", "a".repeat(5000))) {
      silent(new Carts().says(EventSourced.init(Carts.SERVICE, id)));
    }
  }

  @Test // CORE-CMD-007
  void unknownFields() {
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(999, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    var request = GetCartRequest.newBuilder().setUnknownFields(unknown).build();
    var command = Carts.get(1).toBuilder();
    command.getCommandBuilder().setPayload(Payload.pack(request)).setUnknownFields(unknown);
    assertTrue(Carts.opened().asks(command.build()).getReply().getClientAction().hasReply());
  }

  @Test // ES-SNAP-001, ES-SNAP-002, ES-SNAP-004
  void everyThirdEventBringsTheState() throws Exception {
    Carts carts = Carts.opened();
    silent(carts.says(EventSourced.event(1, Carts.added("a"))));
    silent(carts.says(EventSourced.event(2, Carts.added("b"))));
    assertFalse(carts.asks(Carts.get(1)).getReply().hasSnapshot());
    var snapshot = carts.asks(Carts.add(2, "c")).getReply().getSnapshot();
    assertEquals(3, snapshot.unpack(CartSnapshot.class).getItemsCount());
    assertFalse(carts.asks(Carts.add(3, "d")).getReply().hasSnapshot());
  }

  @Test // ES-FAIL-003, ES-FAIL-004, FX-EFF-003, CORE-FAIL-001
  void refusedCommandsLeaveNothing() throws Exception {
    Carts carts = Carts.opened();
    Failure failure = carts.asks(Carts.remove(1)).getReply().getClientAction().getFailure();
    assertEquals(Status.Code.NOT_FOUND.value(), failure.getCode());
    assertEquals("nothing is removed", failure.getDescription());
    assertFalse(failure.getRestart());
    assertEquals(List.of(), carts.words(2));

    EventSourcedReply refused = carts.asks(Carts.add(3, "refuse")).getReply();
    assertTrue(refused.getClientAction().getFailure().getRestart());
    assertEquals(0, refused.getEventsCount() + refused.getSideEffectsCount());
    broken(carts.says(Carts.get(4)), 4, "CORE-RESTART-001");
  }

  @Test // CORE-STREAM-002, CORE-FAIL-002
  void mistakesOfTheAuthorEndTheStream() {
    for (String product : List.of("throw", "unknown", "half", "apply")) {
      Carts carts = Carts.opened();
      broken(carts.says(Carts.add(5, product)), 5, "the function threw an exception");
      assertTrue(carts.stream.log().contains("AddItem"), carts.stream.log());
    }
    Carts carts = Carts.opened();
    Failure failure = carts.asks(Carts.add(1, "null")).getReply().getClientAction().getFailure();
    assertEquals(Status.Code.INTERNAL.value(), failure.getCode());
    assertTrue(failure.getRestart());
  }

  @Test // ES-EMIT-004, FX-FWD-001, FX-EFF-001, FX-EFF-002
  void forwardsStandBesideEventsAndEffects() {
    EventSourcedReply reply = Carts.opened().asks(Carts.add(1, "forward")).getReply();
    assertEquals("GetCart", reply.getClientAction().getForward().getCommandName());
    assertEquals(Carts.SERVICE, reply.getClientAction().getForward().getServiceName());
    assertEquals(1, reply.getClientAction().getForward().getMetadata().getEntriesCount());
    assertEquals(1, reply.getEventsCount());
    SideEffect effect = reply.getSideEffects(0);
    assertTrue(effect.getSynchronous());
    assertFalse(effect.hasMetadata() || effect.getDurable());
  }

  @Test // ES-EVENT-003, FX-DUR-002, ES-DEL-001, ES-DEL-010
  void capabilitiesThatAreInForce() {
    Carts carts =
        Carts.opened(
            Capability.CAPABILITY_EVENT_METADATA,
            Capability.CAPABILITY_DURABLE_EFFECTS,
            Capability.CAPABILITY_EVENT_SOURCED_DELETE);
    EventSourcedReply reply = carts.asks(Carts.add(1, "metadata")).getReply();
    assertEquals(2, reply.getEventMetadataCount());
    assertEquals(0, reply.getEventMetadata(0).getEntriesCount());
    assertEquals("x-k", reply.getEventMetadata(1).getEntries(0).getKey());
    reply = carts.asks(Carts.add(2, "durable")).getReply();
    assertEquals(0, reply.getEventMetadataCount());
    assertFalse(reply.getSideEffects(0).getDurable());
    assertTrue(reply.getSideEffects(1).getDurable());
    reply = carts.asks(Carts.add(3, "delete")).getReply();
    assertEquals(1000, reply.getDelete().getRetention());
    assertFalse(reply.hasSnapshot(), "of what is deleted");
    reply = carts.asks(Carts.add(4, "too long")).getReply();
    assertTrue(reply.getClientAction().getFailure().getDescription().contains("ES-DEL-005"));
  }

  @Test // DISC-CAP-006, DISC-CAP-007
  void capabilitiesThatAreNot() {
    for (String product : List.of("metadata", "durable", "delete")) {
      EventSourcedReply reply = Carts.opened().asks(Carts.add(1, product)).getReply();
      Failure failure = reply.getClientAction().getFailure();
      assertEquals(Status.Code.FAILED_PRECONDITION.value(), failure.getCode(), product);
      assertEquals(0, reply.getEventMetadataCount() + reply.getSideEffectsCount());
      assertFalse(reply.hasDelete());
    }
  }

  @Test // ES-ASK-003, ES-ASK-005
  void askedForTheState() throws Exception {
    Carts carts = Carts.opened();
    carts.asks(Carts.add(1, "a"));
    var answer = carts.asks(EventSourced.snapshotRequest()).getSnapshotResponse();
    assertEquals(Carts.item("a"), answer.getSnapshot().unpack(CartSnapshot.class).getItems(0));
    broken(Carts.opened().says(EventSourced.snapshotRequest()), 0, "ES-ASK-001");
  }

  @Test // ES-INIT-003 to ES-INIT-005, CORE-STREAM-004, ES-CMD-002
  void outOfTurn() {
    broken(new Carts().says(Carts.get(1)), 1, "ES-INIT-003");
    broken(new Carts().says(EventSourced.event(1, Carts.added("a"))), 0, "ES-INIT-003");
    broken(new Carts().says(EventSourced.init("nobody", "a")), 0, "ES-INIT-005");
    broken(new Carts().says(EventSourced.init(Carts.SERVICE, "")), 0, "CORE-KEY-001");
    broken(Carts.opened().says(EventSourced.init(Carts.SERVICE, "a")), 0, "ES-INIT-004");
    broken(Carts.opened().says(HandleRequest.getDefaultInstance()), 0, "CORE-STREAM-004");
    var other = Carts.get(2).toBuilder();
    other.getCommandBuilder().setEntityId("other");
    broken(Carts.opened().says(other.build()), 2, "ES-CMD-002");
  }

  @Test // ES-REPLAY-005, ES-REPLAY-006, ES-REPLAY-011
  void whatCannotBeReplayed() {
    broken(Carts.opened().says(EventSourced.event(2, Carts.added("a"))), 0, "event 2 after 0");
    Carts carts = Carts.opened();
    carts.asks(Carts.get(1));
    broken(carts.says(EventSourced.event(1, Carts.added("a"))), 0, "ES-REPLAY-006");
    broken(
        Carts.opened().says(EventSourced.event(1, ItemRemoved.getDefaultInstance())),
        0,
        "nothing applies events");
    Any wrong = Payload.pack(Carts.added("a"));
    broken(new Carts().says(EventSourced.init(Carts.SERVICE, "a", 1, wrong)), 0, "ES-REPLAY-005");
  }

  @Test // CORE-CMD-003, CORE-CMD-005
  void commandsThatCannotBeRead() {
    Carts carts = Carts.opened();
    var unknown = Carts.get(1).toBuilder();
    unknown.getCommandBuilder().setName("toString");
    Failure failure = carts.asks(unknown.build()).getReply().getClientAction().getFailure();
    assertEquals(Status.Code.UNIMPLEMENTED.value(), failure.getCode());
    var empty = Carts.get(2).toBuilder();
    empty.getCommandBuilder().clearPayload();
    failure = carts.asks(empty.build()).getReply().getClientAction().getFailure();
    assertEquals(Status.Code.INVALID_ARGUMENT.value(), failure.getCode());
  }
}
