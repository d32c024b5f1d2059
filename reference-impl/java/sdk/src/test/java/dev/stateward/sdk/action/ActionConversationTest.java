package dev.stateward.sdk.action;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import dev.stateward.action.v1.ActionCommand;
import dev.stateward.action.v1.ActionResponse;
import dev.stateward.action.v1.ActionServiceGrpc;
import dev.stateward.sdk.Call;
import dev.stateward.sdk.Config;
import dev.stateward.sdk.Conversation;
import dev.stateward.sdk.Payload;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.Shape;
import dev.stateward.sdk.Step;
import dev.stateward.sdk.TestStream;
import dev.stateward.sdk.sdktest.Served;
import dev.stateward.tck.action.v1.ActionTckModelServiceGrpc;
import dev.stateward.tck.action.v1.ProcessRequest;
import dev.stateward.tck.action.v1.ProcessResponse;
import io.grpc.Status;
import java.io.BufferedReader;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Calls in all four shapes: what is said, and what is answered. */
class ActionConversationTest {
  private static final String SERVICE = ActionTckModelServiceGrpc.SERVICE_NAME;
  private static final ProcessRequest NOTHING = ProcessRequest.getDefaultInstance();
  private static final Call CALL =
      Call.of(ActionTckModelServiceGrpc.getProcessUnaryMethod(), NOTHING);

  private final TestStream stream = new TestStream();

  private static ProcessResponse says(String text) {
    return ProcessResponse.newBuilder().setMessage(text).build();
  }

  private Conversation<ActionCommand, ActionResponse> call(Shape shape, Action action) {
    return new ActionConversation(stream.context(), shape, Map.of(SERVICE, action));
  }

  private Conversation<ActionCommand, ActionResponse> unary(
      BiFunction<ActionContext, ProcessRequest, ProcessResponse> handler) {
    return call(
        Shape.UNARY,
        Action.of(ActionTckModelServiceGrpc.getServiceDescriptor())
            .unary(ActionTckModelServiceGrpc.getProcessUnaryMethod(), handler));
  }

  /** The first command of a call that brings no request with it. */
  private static ActionCommand opening(String method) {
    return ActionCommand.newBuilder().setServiceName(SERVICE).setName(method).build();
  }

  private static ActionCommand request(String method) {
    return opening(method).toBuilder().setPayload(Payload.pack(NOTHING)).build();
  }

  private static List<ActionResponse> all(Step<ActionResponse> said) {
    List<ActionResponse> answers = new ArrayList<>();
    said.answers().forEachRemaining(answers::add);
    return answers;
  }

  private static void answers(String text, ActionResponse response) {
    assertEquals(Payload.pack(says(text)), response.getReply().getPayload(), response::toString);
  }

  private static String refused(Status.Code code, Step<ActionResponse> said) {
    List<ActionResponse> answers = all(said);
    assertEquals(1, answers.size(), answers::toString);
    assertEquals(code.value(), answers.get(0).getFailure().getCode(), answers::toString);
    assertFalse(said.more().getAsBoolean(), "the call goes on after a refusal");
    return answers.get(0).getFailure().getDescription();
  }

  @Test // ACT-ANSWER-001, ACT-ANSWER-002
  void unary() {
    Conversation<ActionCommand, ActionResponse> call =
        unary(
            (context, request) -> {
              context.effect(CALL, true);
              return says("hello");
            });
    List<ActionResponse> answers = all(call.step(request("ProcessUnary")));
    assertEquals(1, answers.size());
    answers("hello", answers.get(0));
    assertEquals(1, answers.get(0).getSideEffectsCount());
    Step<ActionResponse> end = call.halfClose();
    assertEquals(List.of(), all(end));
    assertFalse(end.more().getAsBoolean());
  }

  @Test // ACT-REQ-006
  void unknownFields() {
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(999, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    ActionCommand command =
        request("ProcessUnary").toBuilder()
            .setPayload(Payload.pack(NOTHING.toBuilder().setUnknownFields(unknown).build()))
            .setUnknownFields(unknown)
            .build();
    answers("hello", all(unary((context, request) -> says("hello")).step(command)).get(0));
  }

  @Test // ACT-DISC-001
  void everyShapeIsServed() {
    assertEquals(
        Set.of(Shape.values()),
        ActionKind.KIND.serve(Map.of()).stream()
            .map(method -> Shape.of(method.call().getType()))
            .collect(Collectors.toSet()));
  }

  /** A forward answers in place of the handler. */
  @Test
  void forward() {
    ActionResponse response =
        all(unary(
                    (context, request) -> {
                      context.forward(CALL);
                      return null;
                    })
                .step(request("ProcessUnary")))
            .get(0);
    assertEquals("ProcessUnary", response.getForward().getCommandName());
  }

  /**
   * What is not served, and what cannot be read, is refused (ACT-CALL-004, ACT-REQ-005,
   * ACT-FAIL-001).
   */
  @Test
  void refusals() {
    refused(Status.Code.UNIMPLEMENTED, unary(null).step(ActionCommand.getDefaultInstance()));
    refused(Status.Code.UNIMPLEMENTED, unary(null).step(request("Dance")));
    Action out =
        Action.of(ActionTckModelServiceGrpc.getServiceDescriptor())
            .streamedOut(
                ActionTckModelServiceGrpc.getProcessStreamedOutMethod(), (context, q) -> null);
    refused(Status.Code.UNIMPLEMENTED, call(Shape.UNARY, out).step(request("ProcessStreamedOut")));
    refused(Status.Code.INVALID_ARGUMENT, unary(null).step(opening("ProcessUnary")));
    refused(
        Status.Code.INVALID_ARGUMENT,
        unary(null)
            .step(opening("ProcessUnary").toBuilder().setPayload(Payload.pack(says(""))).build()));
    refused(Status.Code.INVALID_ARGUMENT, unary(null).halfClose()); // ACT-OPEN-001
    assertEquals(
        "nobody",
        refused(
            Status.Code.NOT_FOUND,
            unary(
                    (context, q) -> {
                      throw new Refusal(Status.Code.NOT_FOUND, "nobody");
                    })
                .step(request("ProcessUnary"))));
  }

  /**
   * Effects travel with a refusal, be it thrown or asked for, and behind the last response
   * (FX-FAIL-002).
   */
  @Test
  void effectsBesides() {
    BiFunction<ActionContext, ProcessRequest, ProcessResponse> asks =
        (context, request) -> {
          context.effect(CALL, false);
          context.refuse(new Refusal("asked for"));
          return says("nobody hears it");
        };
    BiFunction<ActionContext, ProcessRequest, ProcessResponse> throwing =
        (context, request) -> {
          context.effect(CALL, false);
          throw new Refusal("thrown");
        };
    for (var handler : List.of(asks, throwing)) {
      ActionResponse response = all(unary(handler).step(request("ProcessUnary"))).get(0);
      assertTrue(response.hasFailure(), response::toString);
      assertEquals(1, response.getSideEffectsCount());
    }
    Conversation<ActionCommand, ActionResponse> call =
        call(
            Shape.STREAMED_OUT,
            Action.of(ActionTckModelServiceGrpc.getServiceDescriptor())
                .streamedOut(
                    ActionTckModelServiceGrpc.getProcessStreamedOutMethod(),
                    (context, request) -> {
                      context.effect(CALL, false);
                      return Stream.empty();
                    }));
    assertEquals(List.of(), all(call.step(request("ProcessStreamedOut"))));
    assertEquals(1, all(call.halfClose()).get(0).getSideEffectsCount());
  }

  /** A mistake of the author fails one call alone, and its stack is in the log (ACT-CALL-003). */
  @Test
  void mistakes() {
    refused(
        Status.Code.INTERNAL,
        unary(
                (context, q) -> {
                  throw new IllegalStateException("a bug of the author");
                })
            .step(request("ProcessUnary")));
    assertTrue(stream.log().contains("a bug of the author"), stream::log);
    answers("well", all(unary((context, q) -> says("well")).step(request("ProcessUnary"))).get(0));
  }

  /**
   * The opening is no request (ACT-OPEN-004); the response comes behind the last of these
   * (ACT-END-002).
   */
  @Test
  void streamedIn() {
    Conversation<ActionCommand, ActionResponse> call =
        call(
            Shape.STREAMED_IN,
            Action.of(ActionTckModelServiceGrpc.getServiceDescriptor())
                .streamedIn(
                    ActionTckModelServiceGrpc.getProcessStreamedInMethod(),
                    context ->
                        Collectors.collectingAndThen(
                            Collectors.counting(), count -> says("" + count))));
    assertEquals(List.of(), all(call.step(opening("ProcessStreamedIn"))));
    assertEquals(List.of(), all(call.step(request(""))));
    assertEquals(List.of(), all(call.step(request(""))));
    Step<ActionResponse> end = call.halfClose();
    List<ActionResponse> answers = all(end);
    assertEquals(1, answers.size());
    answers("2", answers.get(0));
    assertFalse(end.more().getAsBoolean());
  }

  /** A response is made when it is asked for, and not before. */
  @Test
  void streamedOut() {
    List<Integer> made = new ArrayList<>();
    Action action =
        Action.of(ActionTckModelServiceGrpc.getServiceDescriptor())
            .streamedOut(
                ActionTckModelServiceGrpc.getProcessStreamedOutMethod(),
                (context, request) ->
                    Stream.iterate(1, n -> n + 1).peek(made::add).map(n -> says("" + n)));
    Step<ActionResponse> said =
        call(Shape.STREAMED_OUT, action).step(request("ProcessStreamedOut"));
    assertEquals(List.of(), made);
    answers("1", said.answers().next());
    assertEquals(List.of(1), made);
    answers("2", said.answers().next());
    assertEquals(List.of(1, 2), made);
  }

  /** A call whose responses are lines of a text, which is closed with them. */
  private Conversation<ActionCommand, ActionResponse> lines(Runnable closed) {
    return call(
        Shape.STREAMED_OUT,
        Action.of(ActionTckModelServiceGrpc.getServiceDescriptor())
            .streamedOut(
                ActionTckModelServiceGrpc.getProcessStreamedOutMethod(),
                (context, request) -> {
                  StringReader text = new StringReader("1\n2");
                  return new BufferedReader(text)
                      .lines()
                      .map(ActionConversationTest::says)
                      .onClose(text::close)
                      .onClose(closed);
                }));
  }

  /** Responses are closed behind the last of them, and are asked for nothing more. */
  @Test
  void closedBehindTheLast() {
    List<String> closed = new ArrayList<>();
    Step<ActionResponse> said =
        lines(() -> closed.add("closed")).step(request("ProcessStreamedOut"));
    answers("1", said.answers().next());
    answers("2", said.answers().next());
    assertEquals(List.of(), closed);
    assertFalse(said.answers().hasNext());
    assertEquals(List.of("closed"), closed);
    assertFalse(said.answers().hasNext());
    assertTrue(said.more().getAsBoolean());
  }

  @Test // ACT-CANCEL-004
  void closedWithTheCall() {
    List<String> closed = new ArrayList<>();
    var call = lines(() -> closed.add("closed"));
    call.close(); // nothing has begun
    answers("1", call.step(request("ProcessStreamedOut")).answers().next());
    assertEquals(List.of(), closed);
    call.close();
    assertEquals(List.of("closed"), closed);

    var mistaken =
        lines(
            () -> {
              throw new IllegalStateException("a bug at the end");
            });
    answers("1", mistaken.step(request("ProcessStreamedOut")).answers().next());
    mistaken.close();
    assertTrue(stream.log().contains("a bug at the end"), stream::log);
  }

  /** Each request is answered by itself, whatever name it bears (ACT-REQ-004). */
  @Test
  void streamed() {
    Action action =
        Action.of(ActionTckModelServiceGrpc.getServiceDescriptor())
            .streamed(
                ActionTckModelServiceGrpc.getProcessStreamedMethod(),
                context -> {
                  List<String> said = new ArrayList<>();
                  return request -> {
                    said.add("x");
                    if (said.size() == 3) {
                      throw new Refusal("enough");
                    }
                    return said.stream().map(x -> says(x + said.size()));
                  };
                });
    Conversation<ActionCommand, ActionResponse> call = call(Shape.STREAMED, action);
    assertEquals(List.of(), all(call.step(opening("ProcessStreamed"))));
    assertEquals(1, all(call.step(request(""))).size());
    assertEquals(2, all(call.step(request(""))).size());
    refused(Status.Code.UNKNOWN, call.step(request("")));
  }

  /** Says "open", a word for each request, and "end"; the request of this number ends it. */
  private static Action counting(int enough) {
    return Action.of(ActionTckModelServiceGrpc.getServiceDescriptor())
        .streamedIn(
            ActionTckModelServiceGrpc.getProcessStreamedInMethod(),
            context -> {
              AtomicInteger heard = new AtomicInteger();
              return Collectors.collectingAndThen(
                  Collectors.summingInt(
                      request -> {
                        if (heard.incrementAndGet() == enough) {
                          context.end();
                        }
                        return 1;
                      }),
                  count -> says("" + count));
            })
        .streamed(
            ActionTckModelServiceGrpc.getProcessStreamedMethod(),
            context ->
                new Exchange<ProcessRequest, ProcessResponse>() {
                  private int heard;

                  @Override
                  public Stream<ProcessResponse> open() {
                    return Stream.of(says("open"));
                  }

                  @Override
                  public Stream<ProcessResponse> request(ProcessRequest request) {
                    if (++heard == enough) {
                      context.end();
                    }
                    return Stream.of(says("a"), says("b"));
                  }

                  @Override
                  public Stream<ProcessResponse> end() {
                    context.effect(CALL, false);
                    return Stream.of(says("end"));
                  }
                });
  }

  private static void say(List<String> texts, List<ActionResponse> responses) {
    assertEquals(
        texts.stream().map(text -> Payload.pack(says(text))).toList(),
        responses.stream().map(response -> response.getReply().getPayload()).toList());
  }

  /** A call speaks first, and behind the last request, with what it asks for then (ACT-END-002). */
  @Test
  void exchange() {
    var call = call(Shape.STREAMED, counting(Integer.MAX_VALUE));
    say(List.of("open"), all(call.step(opening("ProcessStreamed"))));
    Step<ActionResponse> said = call.step(request(""));
    say(List.of("a", "b"), all(said));
    assertTrue(said.more().getAsBoolean());
    Step<ActionResponse> end = call.halfClose();
    List<ActionResponse> answers = all(end);
    say(List.of("end"), answers);
    assertEquals(1, answers.get(0).getSideEffectsCount());
    assertFalse(end.more().getAsBoolean());
  }

  /** The function's end is the end of the call, though its caller goes on (ACT-END-003). */
  @Test
  void endsFirst() throws Exception {
    Action action =
        counting(2)
            .unary(ActionTckModelServiceGrpc.getProcessUnaryMethod(), (context, q) -> says(""))
            .streamedOut(
                ActionTckModelServiceGrpc.getProcessStreamedOutMethod(),
                (context, q) -> Stream.empty());
    Config config = Config.of("counting", "1", action).withLog(TestStream.quiet());
    try (Served served = new Served(config)) {
      var both = served.open(ActionServiceGrpc.getHandleStreamedMethod());
      both.say(opening("ProcessStreamed"));
      var in = served.open(ActionServiceGrpc.getHandleStreamedInMethod());
      in.say(opening("ProcessStreamedIn"));
      for (int i = 0; i < 5; i++) {
        both.say(request(""));
        in.say(request(""));
      }
      List<ActionResponse> heard = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        heard.add(both.hear());
      }
      say(List.of("open", "a", "b", "a", "b", "end"), heard);
      assertEquals(Status.Code.OK, both.ended());
      answers("2", in.hear());
      assertEquals(Status.Code.OK, in.ended());
    }
  }

  @Provide
  Arbitrary<ActionCommand> commands() {
    List<Any> payloads =
        List.of(Payload.pack(NOTHING), Payload.pack(says("a")), Any.getDefaultInstance());
    return Arbitraries.oneOf(
        Arbitraries.of(ActionCommand.getDefaultInstance(), opening("Dance")),
        Arbitraries.of("ProcessUnary", "ProcessStreamed", "ProcessStreamedIn", "")
            .flatMap(
                name ->
                    Arbitraries.of(payloads)
                        .map(any -> opening(name).toBuilder().setPayload(any).build())));
  }

  private static Optional<ActionCommand> spoilt(ActionCommand command, byte[] with) {
    byte[] bytes = command.toByteArray();
    for (int i = 0; i + 1 < with.length && bytes.length > 0; i += 2) {
      bytes[Math.floorMod(with[i], bytes.length)] = with[i + 1];
    }
    try {
      return Optional.of(ActionCommand.parseFrom(bytes));
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty(); // gRPC ends such a call itself
    }
  }

  /** Whatever comes: nothing is thrown, and a call that is over has said why, last. */
  @Property
  void anyCommands(
      @ForAll Shape shape,
      @ForAll List<@From("commands") ActionCommand> commands,
      @ForAll byte[] spoil) {
    Action action =
        Action.of(ActionTckModelServiceGrpc.getServiceDescriptor())
            .unary(ActionTckModelServiceGrpc.getProcessUnaryMethod(), (context, q) -> says("a"))
            .streamedIn(
                ActionTckModelServiceGrpc.getProcessStreamedInMethod(),
                context -> Collectors.reducing(says(""), q -> says("b"), (a, b) -> b))
            .streamed(
                ActionTckModelServiceGrpc.getProcessStreamedMethod(),
                context -> request -> Stream.of(says("c"), says("d")));
    Conversation<ActionCommand, ActionResponse> call = call(shape, action);
    for (ActionCommand command :
        commands.stream().flatMap(c -> spoilt(c, spoil).stream()).toList()) {
      Step<ActionResponse> said = call.step(command);
      List<ActionResponse> answers = all(said);
      boolean failed = !answers.isEmpty() && answers.get(answers.size() - 1).hasFailure();
      assertEquals(failed, !said.more().getAsBoolean(), answers::toString);
      if (failed) {
        return;
      }
    }
    Step<ActionResponse> end = call.halfClose();
    all(end);
    assertFalse(end.more().getAsBoolean());
    assertFalse(stream.log().contains("exception"), stream::log);
  }
}
