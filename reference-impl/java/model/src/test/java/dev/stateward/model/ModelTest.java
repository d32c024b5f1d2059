package dev.stateward.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import dev.stateward.action.v1.ActionCommand;
import dev.stateward.action.v1.ActionResponse;
import dev.stateward.action.v1.ActionServiceGrpc;
import dev.stateward.discovery.v1.DiscoverRequest;
import dev.stateward.discovery.v1.DiscoverResponse;
import dev.stateward.discovery.v1.DiscoveryServiceGrpc;
import dev.stateward.eventsourced.v1.EventSourcedReply;
import dev.stateward.eventsourced.v1.EventSourcedServiceGrpc;
import dev.stateward.eventsourced.v1.HandleResponse;
import dev.stateward.multiplex.v1.HandleRequest;
import dev.stateward.multiplex.v1.MultiplexServiceGrpc;
import dev.stateward.multiplex.v1.Start;
import dev.stateward.replicated.v1.ReplicatedEntityServiceGrpc;
import dev.stateward.sdk.Payload;
import dev.stateward.sdk.TestStream;
import dev.stateward.sdk.sdktest.EventSourced;
import dev.stateward.sdk.sdktest.Served;
import dev.stateward.sdk.sdktest.Values;
import dev.stateward.tck.action.v1.ActionTckModelServiceGrpc;
import dev.stateward.tck.eventsourced.v1.EventSourcedTckModelServiceGrpc;
import dev.stateward.tck.value.v1.ValueEntityTckModelServiceGrpc;
import dev.stateward.value.v1.ValueEntityReply;
import dev.stateward.value.v1.ValueEntityServiceGrpc;
import io.grpc.MethodDescriptor;
import org.junit.jupiter.api.Test;

/** The models do what they are asked for, and nothing else, in both dialects. */
class ModelTest {
  /** Returns a message that is given as text. */
  private static <M extends Message> M read(Class<M> type, String text) {
    try {
      return TextFormat.parse(text, type);
    } catch (TextFormat.ParseException e) {
      throw new AssertionError(text, e);
    }
  }

  private static EventSourcedReply eventSourced(String actions) {
    var model = EventSourcedModel.entities().get(0);
    var stream =
        new TestStream()
            .<dev.stateward.eventsourced.v1.HandleRequest, HandleResponse>converse(model);
    stream.step(EventSourced.init(model.service().getFullName(), "e"));
    var request = read(dev.stateward.tck.eventsourced.v1.ProcessRequest.class, actions);
    var method = EventSourcedTckModelServiceGrpc.getProcessMethod();
    return stream.step(EventSourced.command("e", 1, method, request)).answers().next().getReply();
  }

  @Test
  void eventSourced() throws Exception {
    EventSourcedReply reply =
        eventSourced(
            "actions { emit { value: 'A' } } actions { emit { value: 'B' } }"
                + " actions { effect { id: 'x' synchronous: true } }");
    assertEquals(2, reply.getEventsCount());
    assertEquals("Call", reply.getSideEffects(0).getCommandName());
    assertEquals(
        "AB",
        reply
            .getClientAction()
            .getReply()
            .getPayload()
            .unpack(dev.stateward.tck.eventsourced.v1.ProcessResponse.class)
            .getMessage());
    assertTrue(eventSourced("actions { forward { id: 'x' } }").getClientAction().hasForward());
    reply = eventSourced("actions { emit { value: 'A' } } actions { fail { message: 'no' } }");
    assertEquals("no", reply.getClientAction().getFailure().getDescription());
    assertEquals(0, reply.getEventsCount());
    assertEquals(3, eventSourced("actions {}").getClientAction().getFailure().getCode());
  }

  private static ValueEntityReply value(String actions) {
    var model = ValueModel.entities().get(0);
    var stream =
        new TestStream()
            .<dev.stateward.value.v1.HandleRequest, dev.stateward.value.v1.HandleResponse>converse(
                model);
    stream.step(Values.init(model.service().getFullName(), "e"));
    var request = read(dev.stateward.tck.value.v1.ProcessRequest.class, actions);
    var method = ValueEntityTckModelServiceGrpc.getProcessMethod();
    return stream.step(Values.command("e", 1, method, request)).answers().next().getReply();
  }

  @Test
  void value() throws Exception {
    ValueEntityReply reply =
        value("actions { delete {} } actions { update { value: 'A' } } actions { effect {} }");
    assertTrue(reply.getStateAction().hasUpdate());
    assertEquals(1, reply.getSideEffectsCount());
    assertEquals(
        "A",
        reply
            .getClientAction()
            .getReply()
            .getPayload()
            .unpack(dev.stateward.tck.value.v1.ProcessResponse.class)
            .getMessage());
    assertTrue(value("actions { delete {} }").getStateAction().hasDelete());
    assertTrue(value("actions { forward { id: 'x' } }").getClientAction().hasForward());
    reply = value("actions { update { value: 'A' } } actions { fail { message: 'no' } }");
    assertEquals("no", reply.getClientAction().getFailure().getDescription());
    assertFalse(reply.hasStateAction());
  }

  @Test // ACT-FAIL-005, ACT-ANSWER-009
  void actionStreamsOut() throws Exception {
    try (Served served = new Served(Main.config().withLog(TestStream.quiet()))) {
      var call = served.open(ActionServiceGrpc.getHandleStreamedMethod());
      call.say(
          ActionCommand.newBuilder()
              .setServiceName(ActionTckModelServiceGrpc.SERVICE_NAME)
              .setName("ProcessStreamed")
              .build());
      Any groups =
          Payload.pack(
              read(
                  dev.stateward.tck.action.v1.ProcessRequest.class,
                  "groups { steps { reply { message: 'a' } } }"
                      + " groups { steps { fail { message: 'no' } } }"
                      + " groups { steps { effect { id: 'x' } } }"
                      + " groups { steps { forward { id: 'x' } } }"));
      call.say(ActionCommand.newBuilder().setPayload(groups).build());
      assertTrue(call.hear().hasReply());
      assertEquals("no", call.hear().getFailure().getDescription());
      ActionResponse effect = call.hear();
      assertEquals(ActionResponse.ResponseCase.RESPONSE_NOT_SET, effect.getResponseCase());
      assertEquals(1, effect.getSideEffectsCount());
      assertTrue(call.hear().hasForward());
      call.halfClose();
      assertEquals(io.grpc.Status.Code.OK, call.ended());
    }
  }

  @Test // MUX-USE-004
  void multiplexedStreamsOfEachKind() throws Exception {
    try (Served served = new Served(Main.config().withLog(TestStream.quiet()))) {
      for (String kind :
          new String[] {
            EventSourcedServiceGrpc.SERVICE_NAME,
            ValueEntityServiceGrpc.SERVICE_NAME,
            ReplicatedEntityServiceGrpc.SERVICE_NAME
          }) {
        var frames = served.open(MultiplexServiceGrpc.getHandleMethod());
        frames.say(
            HandleRequest.newBuilder().setStart(Start.newBuilder().setEntityType(kind)).build());
        frames.halfClose();
        assertEquals(io.grpc.Status.Code.OK, frames.ended(), kind);
      }
    }
  }

  @Test
  void cloudstate() throws Exception {
    try (Served served = new Served(Main.config().withLog(TestStream.quiet()))) {
      var discover =
          old(DiscoveryServiceGrpc.getDiscoverMethod(), "cloudstate.EntityDiscovery/discover");
      DiscoverResponse answer =
          io.grpc.stub.ClientCalls.blockingUnaryCall(
              served.channel(),
              discover,
              io.grpc.CallOptions.DEFAULT.withDeadlineAfter(
                  Served.PATIENCE_SECONDS, java.util.concurrent.TimeUnit.SECONDS),
              DiscoverRequest.getDefaultInstance());
      assertEquals(0, answer.getServiceInfo().getProtocolMajorVersion());
      assertEquals(2, answer.getServiceInfo().getProtocolMinorVersion());
      assertEquals(0, answer.getServiceInfo().getCapabilitiesCount());
      assertEquals(
          "cloudstate.tck.model.EventSourcedTckModel", answer.getEntities(0).getServiceName());

      var stream =
          served.open(
              old(
                  EventSourcedServiceGrpc.getHandleMethod(),
                  "cloudstate.eventsourced.EventSourced/handle"));
      stream.say(EventSourced.init("cloudstate.tck.model.EventSourcedTckModel", "e"));
      var request = read(dev.stateward.tck.eventsourced.v1.ProcessRequest.class, "id: 'e'");
      var command =
          EventSourced.command("e", 1, EventSourcedTckModelServiceGrpc.getProcessMethod(), request)
              .toBuilder();
      command
          .getCommandBuilder()
          .getPayloadBuilder()
          .setTypeUrl("type.googleapis.com/cloudstate.tck.model.Request");
      stream.say(command.build());
      assertEquals(
          "type.googleapis.com/cloudstate.tck.model.Response",
          stream.hear().getReply().getClientAction().getReply().getPayload().getTypeUrl());
    }
  }

  /** Returns the method under its name in 0.2; the messages have the same bytes. */
  private static <Q, R> MethodDescriptor<Q, R> old(MethodDescriptor<Q, R> method, String name) {
    return method.toBuilder().setFullMethodName(name).setSchemaDescriptor(null).build();
  }
}
