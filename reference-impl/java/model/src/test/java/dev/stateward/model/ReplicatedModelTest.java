package dev.stateward.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import dev.stateward.discovery.v1.Capability;
import dev.stateward.replicated.v1.Clock;
import dev.stateward.replicated.v1.Delta;
import dev.stateward.replicated.v1.HandleRequest;
import dev.stateward.replicated.v1.HandleResponse;
import dev.stateward.replicated.v1.ReplicatedReply;
import dev.stateward.replicated.v1.WriteConsistency;
import dev.stateward.sdk.Conversation;
import dev.stateward.sdk.Entity;
import dev.stateward.sdk.TestStream;
import dev.stateward.sdk.sdktest.Replicated;
import dev.stateward.tck.replicated.v1.ProcessRequest;
import dev.stateward.tck.replicated.v1.ProcessResponse;
import dev.stateward.tck.replicated.v1.ProcessStreamedRequest;
import dev.stateward.tck.replicated.v1.ReplicatedTckModelServiceGrpc;
import dev.stateward.tck.replicated.v1.State;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The model does what it is asked for, on each type, and nothing else. */
class ReplicatedModelTest {
  /** Returns a message that is given as text. */
  private static <M extends Message> M read(Class<M> type, String text) {
    try {
      return TextFormat.parse(text, type);
    } catch (TextFormat.ParseException e) {
      throw new AssertionError(text, e);
    }
  }

  private static HandleRequest delta(String text) {
    return Replicated.delta(read(Delta.class, text));
  }

  /** The stream of one entity, behind init. */
  private static final class Stream {
    private final String id;
    private final Conversation<HandleRequest, HandleResponse> conversation;

    Stream(String id) {
      Entity model = ReplicatedModel.entities().get(0);
      this.id = id;
      conversation = new TestStream(Capability.CAPABILITY_REPLICATED_MAPS).converse(model);
      assertEquals(List.of(), says(Replicated.init(model.service().getFullName(), id)));
    }

    List<HandleResponse> says(HandleRequest message) {
      List<HandleResponse> answers = new ArrayList<>();
      conversation.step(message).answers().forEachRemaining(answers::add);
      return answers;
    }

    /** Returns the reply to a command of these actions, each given as text. */
    ReplicatedReply process(String... actions) {
      var text = "id: '%s' actions { %s }".formatted(id, String.join("} actions {", actions));
      var method = ReplicatedTckModelServiceGrpc.getProcessMethod();
      var request = read(ProcessRequest.class, text);
      return says(Replicated.command(id, 1, method, request)).get(0).getReply();
    }

    /** The same of a streamed command. */
    ReplicatedReply processStreamed(String text) {
      var method = ReplicatedTckModelServiceGrpc.getProcessStreamedMethod();
      var request = read(ProcessStreamedRequest.class, text);
      return says(Replicated.command(id, 7, method, request)).get(0).getReply();
    }
  }

  /** Checks that these updates lead from nothing to this state, and returns the delta of it. */
  private static Delta leads(String id, String state, String... updates) {
    var actions = new String[updates.length];
    for (var i = 0; i < updates.length; i++) {
      actions[i] = "update { " + updates[i] + " }";
    }
    var reply = new Stream(id).process(actions);
    assertEquals(read(State.class, state), stateIn(reply));
    return reply.getStateAction().getUpdate();
  }

  /** Returns the value in a reply; the two methods answer alike. */
  private static State stateIn(ReplicatedReply reply) {
    try {
      var payload = reply.getClientAction().getReply().getPayload();
      return ProcessResponse.parseFrom(payload.getValue()).getState();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(reply.toString(), e);
    }
  }

  @Test
  void scalars() {
    leads(
        "GCounter-1",
        "gcounter { value: 18446744073709551615 }",
        "gcounter { increment: 18446744073709551615 }");
    leads("PNCounter-1", "pncounter { value: -2 }", "pncounter { change: -2 }");
    leads("Flag-1", "flag { value: true }", "flag {}");
    leads(
        "Vote-1",
        "vote { self_vote: true votes_for: 1 total_voters: 1 }",
        "vote { self_vote: true }");
    var write =
        leads(
            "LWWRegister-1",
            "lwwregister { value: 'x' }",
            "lwwregister { value: 'x' clock { clock_type: CLOCK_CUSTOM custom_clock_value: 7 } }");
    assertEquals(Clock.CLOCK_CUSTOM, write.getLwwregister().getClock());
    assertEquals(7, write.getLwwregister().getCustomClockValue());
  }

  /** Elements are sorted by their bytes, which in UTF-16 come in another order. */
  @Test
  void sets() {
    leads(
        "GSet-1",
        "gset { elements: '\uff5e' elements: '\ud83d\uded2' }",
        "gset { add: '\ud83d\uded2' }",
        "gset { add: '\uff5e' }");
    leads(
        "ORSet-1",
        "orset { elements: 'c' }",
        "orset { add: 'a' }",
        "orset { clear: true }",
        "orset { add: 'b' }",
        "orset { add: 'c' }",
        "orset { clear: false }",
        "orset { remove: 'b' }");
  }

  @Test
  void mapOfAnyType() {
    leads(
        "ORMap-1",
        "ormap { entries { key: 'Flag-a' value { flag {} } }"
            + " entries { key: 'ORMap-b' value { ormap {"
            + " entries { key: 'GCounter-c' value { gcounter { value: 3 } } } } } } }",
        "ormap { add: 'ORMap-d' }",
        "ormap { clear: true }",
        "ormap { update { key: 'ORMap-b' update { ormap {"
            + " update { key: 'GCounter-c' update { gcounter { increment: 3 } } } } } } }",
        "ormap { add: 'Vote-c' }",
        "ormap { remove: 'Vote-c' }",
        "ormap { add: 'Flag-a' }");
  }

  @Test
  void mapsOfOneType() {
    leads(
        "PNCounterMap-1",
        "pncounter_map { entries { key: 'a' counter {} }"
            + " entries { key: 'b' counter { value: -1 } } }",
        "pncounter_map { add: 'd' }",
        "pncounter_map { clear: true }",
        "pncounter_map { update { key: 'b' counter { change: -1 } } }",
        "pncounter_map { add: 'c' }",
        "pncounter_map { remove: 'c' }",
        "pncounter_map { add: 'a' }");
    leads(
        "LWWRegisterMap-1",
        "lwwregister_map { entries { key: 'a' register { value: 'x' } } }",
        "lwwregister_map { add: 'd' }",
        "lwwregister_map { clear: true }",
        "lwwregister_map { update { key: 'a' register { value: 'x' } } }",
        "lwwregister_map { add: 'a' }", // which is there
        "lwwregister_map { add: 'b' }",
        "lwwregister_map { remove: 'b' }");
    leads(
        "ORMultiMap-1",
        "ormulti_map { entries { key: 'a' set { elements: 'x' } } entries { key: 'b' set {} } }",
        "ormulti_map { add: 'd' }",
        "ormulti_map { clear: true }",
        "ormulti_map { update { key: 'a' set { add: 'x' } } }",
        "ormulti_map { add: 'c' }",
        "ormulti_map { remove: 'c' }",
        "ormulti_map { add: 'b' }");
  }

  private static void refused(Status.Code code, ReplicatedReply reply) {
    assertEquals(code.value(), reply.getClientAction().getFailure().getCode(), () -> "" + reply);
    assertFalse(reply.hasStateAction());
  }

  /** An update of another type, an id and a key without type, and nothing at all are refused. */
  @Test
  void whatCannotBe() {
    refused(Status.Code.INVALID_ARGUMENT, new Stream("Flags-1").process("update { flag {} }"));
    var map = new Stream("ORMap");
    for (var action :
        List.of(
            "update { flag {} }",
            "update { ormap { add: 'x' } }",
            "update { ormap { add: 'PNCounterMap-1' } }",
            "update { ormap { remove: '' } }",
            "update { ormap {} }",
            "update {}",
            "")) {
      refused(Status.Code.INVALID_ARGUMENT, map.process(action));
    }
    var flag = new Stream("Flag-1");
    refused(Status.Code.UNKNOWN, flag.process("update { flag {} }", "fail { message: 'no' }"));
    refused(Status.Code.OUT_OF_RANGE, tooFar());
  }

  private static ReplicatedReply tooFar() {
    var most = "update { pncounter { change: 9223372036854775807 } }";
    return new Stream("PNCounter-1").process(most, most);
  }

  /** What is asked for besides the value, at the write consistency of the update. */
  @Test
  void besides() {
    var reply =
        new Stream("Flag-1")
            .process(
                "update { flag {} write_consistency: WRITE_CONSISTENCY_ALL }",
                "effect { id: 'a' synchronous: true }",
                "forward { id: 'b' }");
    assertEquals("Call", reply.getClientAction().getForward().getCommandName());
    assertTrue(reply.getSideEffects(0).getSynchronous());
    assertEquals(
        WriteConsistency.WRITE_CONSISTENCY_ALL, reply.getStateAction().getWriteConsistency());
    assertTrue(new Stream("Flag-1").process("delete {}").getStateAction().hasDelete());
  }

  /** A streamed call is told the value until it is the one that it waits for. */
  @Test
  void streamed() {
    var stream = new Stream("GCounter-1");
    var reply =
        stream.processStreamed(
            "id: 'GCounter-1' initial_update { gcounter { increment: 1 } }"
                + " end_state { gcounter { value: 5 } } effects { id: 'a' }");
    assertEquals(read(State.class, "gcounter { value: 1 }"), stateIn(reply));
    assertTrue(reply.getStreamed());
    var told = stream.says(delta("gcounter { increment: 2 }")).get(0).getStreamedMessage();
    assertTrue(told.getClientAction().hasReply());
    assertEquals(1, told.getSideEffectsCount());
    assertFalse(told.getEndStream());
    var last = stream.says(delta("gcounter { increment: 2 }")).get(0).getStreamedMessage();
    assertTrue(last.getEndStream());
  }

  /** A silent one says nothing, and does what it was asked for at its end. */
  @Test
  void silent() {
    var stream = new Stream("GCounter-1");
    var reply =
        stream.processStreamed(
            "id: 'GCounter-1' empty: true cancel_update { gcounter { increment: 3 } }");
    assertFalse(reply.hasClientAction());
    assertFalse(reply.hasStateAction());
    assertEquals(List.of(), stream.says(delta("gcounter { increment: 2 }")));
    var end = stream.says(Replicated.streamCancelled("GCounter-1", 7)).get(0);
    var update = end.getStreamCancelledResponse().getStateAction().getUpdate();
    assertEquals(read(Delta.class, "gcounter { increment: 3 }"), update);
  }
}
