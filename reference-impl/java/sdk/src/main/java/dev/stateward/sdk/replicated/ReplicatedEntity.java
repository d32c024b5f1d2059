package dev.stateward.sdk.replicated;

import com.google.protobuf.Message;
import dev.stateward.annotations.v1.Annotations;
import dev.stateward.entity.v1.Command;
import dev.stateward.replicated.v1.ReplicatedEntityServiceGrpc;
import dev.stateward.sdk.Definition;
import dev.stateward.sdk.Kind;
import dev.stateward.sdk.Payload;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.Shape;
import dev.stateward.sdk.replicated.crdt.Value;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
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

  /**
   * Does what a command asks: it reads and changes the value, and returns the response. Where it
   * throws a {@link Refusal}, what it did to the value is undone. It runs alone in its entity, and
   * many entities run at once.
   */
  @FunctionalInterface
  public interface Handler<V extends Value, Q extends Message, R> {
    /** Handles one command. */
    R handle(ReplicatedContext context, V value, Q request);
  }

  /** Sets what the method does. */
  public <Q extends Message, R extends Message> ReplicatedEntity<V> handle(
      MethodDescriptor<Q, R> method, Handler<V, Q, R> handler) {
    return add(
        method,
        Shape.UNARY,
        (context, value, request) -> Streamed.last(handler.handle(context, value, request)));
  }

  /** Sets what a method does that streams its responses. */
  public <Q extends Message, R extends Message> ReplicatedEntity<V> handleStreamed(
      MethodDescriptor<Q, R> method, Handler<V, Q, Streamed<R>> handler) {
    return add(method, Shape.STREAMED_OUT, handler);
  }

  private <Q extends Message, R extends Message> ReplicatedEntity<V> add(
      MethodDescriptor<Q, R> method, Shape shape, Handler<V, Q, Streamed<R>> handler) {
    handles(method, shape);
    var prototype = request(method);
    methods.put(
        method.getBareMethodName(),
        (context, value, command) -> handler.handle(context, value, read(prototype, command)));
    return self();
  }

  private static <Q extends Message> Q read(Q prototype, Command command) {
    try {
      return Payload.unpack(prototype, command.getPayload());
    } catch (Payload.Unreadable e) {
      throw new Refusal(
          Status.Code.INVALID_ARGUMENT,
          command.getName() + ": " + e.getMessage() + " (CORE-CMD-005)");
    }
  }

  /** One method: its handler, behind the reading of the payload. */
  private interface Method<V extends Value> {
    Streamed<?> handle(ReplicatedContext context, V value, Command command);
  }

  /** Runs the command's handler. */
  Streamed<?> handle(ReplicatedContext context, V value, Command command) {
    var method = methods.get(command.getName());
    if (method == null) {
      throw new Refusal(
          Status.Code.UNIMPLEMENTED,
          "%s has no method \"%s\" (CORE-CMD-003)"
              .formatted(service().getFullName(), command.getName()));
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
    return ReplicatedKind.INSTANCE;
  }

  @Override
  protected ReplicatedEntity<V> self() {
    return this;
  }
}
