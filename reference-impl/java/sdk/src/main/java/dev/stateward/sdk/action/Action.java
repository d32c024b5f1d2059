package dev.stateward.sdk.action;

import com.google.protobuf.Message;
import dev.stateward.action.v1.ActionServiceGrpc;
import dev.stateward.sdk.Definition;
import dev.stateward.sdk.Kind;
import dev.stateward.sdk.Shape;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collector;
import java.util.stream.Stream;

/** The definition of one action. */
public final class Action extends Definition<Action> {
  /**
   * How one method is handled: each call is a handling of its own.
   *
   * @param request the message without fields that the method takes
   * @param shape what of it streams
   */
  record Method(Message request, Shape shape, Function<ActionContext, Handling<Message>> begin) {}

  private final Map<String, Method> methods = new HashMap<>(); // by their short names

  private Action(ServiceDescriptor service) {
    super(ActionServiceGrpc.SERVICE_NAME, service, "");
  }

  /** Begins the definition of an action: the user's service, as generated. */
  public static Action of(ServiceDescriptor service) {
    return new Action(service);
  }

  /**
   * Sets what a method does that takes one request and gives one response. A null response is one
   * without a case: it is for a handler that asks for side effects alone, and its caller gets
   * INTERNAL (ACT-ANSWER-004).
   */
  public <Q extends Message, R extends Message> Action unary(
      MethodDescriptor<Q, R> method, BiFunction<ActionContext, Q, R> handler) {
    return add(
        method, Shape.UNARY, context -> Handling.<Q, R>each(q -> one(handler.apply(context, q))));
  }

  /**
   * Sets what a method does that takes a stream of requests and gives one response: what the
   * collector makes of all of them, which is a new one for each call, or of those until the context
   * is told to {@link ActionContext#end}.
   */
  public <Q extends Message, R extends Message> Action streamedIn(
      MethodDescriptor<Q, R> method, Function<ActionContext, Collector<Q, ?, R>> handler) {
    return add(method, Shape.STREAMED_IN, context -> Handling.gather(handler.apply(context)));
  }

  /** Sets what a method does that takes one request and gives a stream of responses. */
  public <Q extends Message, R extends Message> Action streamedOut(
      MethodDescriptor<Q, R> method, BiFunction<ActionContext, Q, Stream<R>> handler) {
    return add(
        method, Shape.STREAMED_OUT, context -> Handling.<Q, R>each(q -> handler.apply(context, q)));
  }

  /**
   * Sets what a method does that takes a stream of requests and gives a stream of responses. The
   * function begins a call, whose exchange says what is said.
   */
  public <Q extends Message, R extends Message> Action streamed(
      MethodDescriptor<Q, R> method, Function<ActionContext, Exchange<Q, R>> handler) {
    return add(method, Shape.STREAMED, context -> Handling.each(handler.apply(context)));
  }

  @SuppressWarnings("unchecked") // its requests are made from its own prototype
  private <Q extends Message> Action add(
      MethodDescriptor<Q, ?> method, Shape shape, Function<ActionContext, Handling<Q>> begin) {
    handles(method, shape);
    methods.put(
        method.getBareMethodName(),
        new Method(
            request(method),
            shape,
            (Function<ActionContext, Handling<Message>>) (Function<ActionContext, ?>) begin));
    return this;
  }

  private static <R> Stream<R> one(R response) {
    return java.util.Collections.singletonList(response).stream(); // which may be null
  }

  @Override
  protected Action self() {
    return this;
  }

  @Override
  public Kind kind() {
    return ActionKind.KIND;
  }

  /** Returns how the method is handled; null where there is no such method. */
  Method method(String name) {
    return methods.get(name);
  }
}
