package dev.stateward.sdk.value;

import com.google.protobuf.Message;
import dev.stateward.sdk.Definition;
import dev.stateward.sdk.Kind;
import dev.stateward.sdk.Payload;
import dev.stateward.sdk.Shape;
import dev.stateward.value.v1.ValueEntityServiceGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.util.HashMap;
import java.util.Map;

/**
 * The definition of one value entity.
 *
 * @param <V> its value, a generated message
 */
public final class ValueEntity<V extends Message> extends Definition<ValueEntity<V>> {
  /** How one method is handled. */
  record Method<V extends Message>(Message request, Handler<V, Message, Message> handler) {}

  private final V none; // of the value's type, to read it
  private final Map<String, Method<V>> methods = new HashMap<>(); // by their short names

  private ValueEntity(ServiceDescriptor service, String persistenceId, V none) {
    super(ValueEntityServiceGrpc.SERVICE_NAME, service, persistenceId);
    this.none = none;
    stores(none);
    needsPersistenceId();
    needsKeys();
  }

  /**
   * Begins the definition of an entity.
   *
   * @param service the user's service, as generated
   * @param persistenceId the name under which its values are stored for ever; not empty, and no
   *     other entity's
   * @param value the type of its value
   */
  public static <V extends Message> ValueEntity<V> of(
      ServiceDescriptor service, String persistenceId, Class<V> value) {
    return new ValueEntity<>(service, persistenceId, Payload.prototype(value));
  }

  /** Sets what the method does. */
  @SuppressWarnings("unchecked") // its request is made from its own prototype
  public <Q extends Message, R extends Message> ValueEntity<V> handle(
      MethodDescriptor<Q, R> method, Handler<V, ? super Q, ? extends R> handler) {
    handles(method, Shape.UNARY);
    methods.put(
        method.getBareMethodName(),
        new Method<>(request(method), (Handler<V, Message, Message>) (Handler<V, ?, ?>) handler));
    return this;
  }

  @Override
  protected ValueEntity<V> self() {
    return this;
  }

  @Override
  public Kind kind() {
    return ValueConversation.KIND;
  }

  /** Returns the value without a field. */
  V none() {
    return none;
  }

  /** Returns how the method is handled; null where there is no such method. */
  Method<V> method(String name) {
    return methods.get(name);
  }
}
