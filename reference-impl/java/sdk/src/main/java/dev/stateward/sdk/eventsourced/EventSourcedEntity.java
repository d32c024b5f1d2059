package dev.stateward.sdk.eventsourced;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.stateward.eventsourced.v1.EventSourcedServiceGrpc;
import dev.stateward.sdk.Definition;
import dev.stateward.sdk.Kind;
import dev.stateward.sdk.Payload;
import dev.stateward.sdk.Shape;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * The definition of one event sourced entity.
 *
 * @param <S> its state
 */
public final class EventSourcedEntity<S> extends Definition<EventSourcedEntity<S>> {
  /** How one method is handled. */
  record Method<S>(Message request, Handler<S, Message, Message> handler) {}

  /** What one type of event does to the state. */
  record Applier<S>(Message event, BiConsumer<S, Message> apply) {}

  /** How the state is saved, after every so many events. */
  record Snapshots<S>(
      int every,
      Message saved,
      Function<S, ? extends Message> save,
      BiConsumer<S, Message> restore) {}

  private final Function<String, S> create;
  private final Map<String, Method<S>> methods = new HashMap<>(); // by their short names
  private final Map<String, Applier<S>> appliers = new HashMap<>(); // by their full names
  private Optional<Snapshots<S>> snapshots = Optional.empty();

  private EventSourcedEntity(
      ServiceDescriptor service, String persistenceId, Function<String, S> create) {
    super(EventSourcedServiceGrpc.SERVICE_NAME, service, persistenceId);
    this.create = create;
    needsPersistenceId();
    needsKeys();
  }

  /**
   * Begins the definition of an entity.
   *
   * @param service the user's service, as generated
   * @param persistenceId the name under which its events are stored for ever; not empty, and no
   *     other entity's
   * @param create returns the state with which the entity with this id begins; called with each
   *     activation, on any thread. Two states share nothing
   */
  public static <S> EventSourcedEntity<S> of(
      ServiceDescriptor service, String persistenceId, Function<String, S> create) {
    return new EventSourcedEntity<>(service, persistenceId, create);
  }

  /** Sets what the method does. */
  @SuppressWarnings("unchecked") // its request is made from its own prototype
  public <Q extends Message, R extends Message> EventSourcedEntity<S> handle(
      MethodDescriptor<Q, R> method, Handler<S, ? super Q, ? extends R> handler) {
    handles(method, Shape.UNARY);
    methods.put(
        method.getBareMethodName(),
        new Method<>(request(method), (Handler<S, Message, Message>) (Handler<S, ?, ?>) handler));
    return this;
  }

  /**
   * Sets what events of this type do to the state, when they are emitted and when they are
   * replayed.
   */
  @SuppressWarnings("unchecked") // it is given events of this type alone
  public <E extends Message> EventSourcedEntity<S> apply(
      Class<E> event, BiConsumer<S, ? super E> apply) {
    Message prototype = Payload.prototype(event);
    String name = prototype.getDescriptorForType().getFullName();
    stores(prototype);
    if (appliers.put(name, new Applier<>(prototype, (BiConsumer<S, Message>) apply)) != null) {
      complain("events of type " + name + " are applied twice");
    }
    return this;
  }

  /**
   * Gives the state to the proxy with the reply in which the number of events since the last
   * snapshot, those of the journal included, reaches every (ES-SNAP-004).
   *
   * @param save returns the whole state
   * @param restore brings a state that was just created to it. Both are each other's inverse, for
   *     every snapshot that was ever stored
   */
  @SuppressWarnings("unchecked") // it is given snapshots of this type alone
  public <M extends Message> EventSourcedEntity<S> snapshot(
      int every, Class<M> type, Function<S, M> save, BiConsumer<S, ? super M> restore) {
    if (every < 1) {
      complain("a snapshot after every " + every + " events; at least 1");
    }
    if (snapshots.isPresent()) {
      complain("two kinds of snapshot");
    }
    Message prototype = Payload.prototype(type);
    stores(prototype);
    snapshots =
        Optional.of(new Snapshots<>(every, prototype, save, (BiConsumer<S, Message>) restore));
    return this;
  }

  @Override
  protected EventSourcedEntity<S> self() {
    return this;
  }

  @Override
  public Kind kind() {
    return EventSourcedConversation.KIND;
  }

  /** Returns the state of the entity with this id before its first event. */
  S create(String id) {
    return create.apply(id);
  }

  /** Returns how the method is handled; null where there is no such method. */
  Method<S> method(String name) {
    return methods.get(name);
  }

  /** Returns what such events do; null where nothing applies them. */
  Applier<S> applier(String typeName) {
    return appliers.get(typeName);
  }

  Optional<Snapshots<S>> snapshots() {
    return snapshots;
  }

  /** Returns the saved state as a payload, and nothing where none is saved. */
  Optional<Any> save(S state) {
    return snapshots.map(s -> Payload.pack(s.save().apply(state)));
  }
}
