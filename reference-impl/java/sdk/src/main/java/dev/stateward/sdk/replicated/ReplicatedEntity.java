package dev.stateward.sdk.replicated;

import com.google.protobuf.Message;
import dev.stateward.annotations.v1.Annotations;
import dev.stateward.entity.v1.Command;
import dev.stateward.replicated.v1.ReplicatedEntityServiceGrpc;
import dev.stateward.sdk.Definition;
import dev.stateward.sdk.Kind;
import dev.stateward.sdk.Payload;
import dev.stateward.sdk.Shape;
import dev.stateward.sdk.replicated.crdt.Value;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * The definition of one replicated entity. It is complete before the function is made of it, and is
 * not changed afterwards.
 *
 * @param <V> its value, such as {@code ORSet<String>}
 */
public final class ReplicatedEntity<V extends Value> extends Definition<ReplicatedEntity<V>> {
  private final Function<String, V> create;
  private final Map<String, Method<V>> methods = new HashMap<>(); // by their short names

  private ReplicatedEntity(
      ServiceDescriptor service, String persistenceId, Function<String, V> create) {
    super(ReplicatedEntityServiceGrpc.SERVICE_NAME, service, persistenceId);
    this.create = create;
    needsPersistenceId();
    needsKeys();
  }

  /**
   * Begins the definition of an entity.
   *
   * @param service the user's service, as generated
   * @param persistenceId the name under which its values are stored for ever, and no other entity's
   * @param create returns the empty value of the entity with this id. It is called with each
   *     activation, by any thread; two values share nothing. It chooses the same type for an id
   *     every time, so that no two functions choose differently (REP-TYPE-005).
   */
  public static <V extends Value> ReplicatedEntity<V> of(
      ServiceDescriptor service, String persistenceId, Function<String, V> create) {
    return new ReplicatedEntity<>(service, persistenceId, create);
  }

  /** Sets what the method does. */
  public <Q extends Message, R extends Message> ReplicatedEntity<V> handle(
      MethodDescriptor<Q, R> method, Handler<V, ? super Q, ? extends R> handler) {
    return add(
        method,
        Shape.UNARY,
        (context, value, request) -> Streamed.last(handler.handle(context, value, request)));
  }

  /** Sets what a method does that streams its responses. */
  public <Q extends Message, R extends Message> ReplicatedEntity<V> handleStreamed(
      MethodDescriptor<Q, R> method, Handler<V, ? super Q, Streamed<R>> handler) {
    return add(method, Shape.STREAMED_OUT, handler);
  }

  private <Q extends Message, R extends Message> ReplicatedEntity<V> add(
      MethodDescriptor<Q, R> method, Shape shape, Handler<V, ? super Q, Streamed<R>> handler) {
    handles(method, shape);
    var prototype = request(method);
    methods.put(
        method.getBareMethodName(),
        (context, value, command) ->
            handler.handle(context, value, Payload.request(prototype, command)));
    return this;
  }

  /** One method: its handler, behind the reading of the request. */
  private interface Method<V> {
    Streamed<?> handle(ReplicatedContext context, V value, Command command);
  }

  /** Runs the command's handler. */
  Streamed<?> handle(ReplicatedContext context, V value, Command command) {
    var method = methods.get(command.getName());
    if (method == null) {
      throw noMethod(command.getName());
    }
    return method.handle(context, value, command);
  }

  /** Returns whether the method has the option read_only. */
  boolean isReadOnly(String method) {
    var descriptor = service().findMethodByName(method);
    return descriptor != null && descriptor.getOptions().getExtension(Annotations.readOnly);
  }

  V create(String entityId) {
    return create.apply(entityId);
  }

  @Override
  public Kind kind() {
    return ReplicatedConversation.KIND;
  }

  @Override
  protected ReplicatedEntity<V> self() {
    return this;
  }
}
