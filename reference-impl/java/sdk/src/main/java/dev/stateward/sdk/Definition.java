package dev.stateward.sdk;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Message;
import dev.stateward.annotations.v1.Annotations;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import io.grpc.protobuf.ProtoServiceDescriptorSupplier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What the definition of an entity holds whatever its kind: the kinds extend it. Mistakes are
 * collected, and come out of {@link #mistakes}, so that an author mends all of them at once.
 *
 * @param <D> the definition of the kind, which its methods return
 */
public abstract class Definition<D extends Definition<D>> implements Entity {
  private final String entityType;
  private final ServiceDescriptor service;
  private final String persistenceId;

  private Duration passivate; // null: the proxy decides
  private final Set<String> handled = new HashSet<>(); // methods, by their short names
  private final Set<FileDescriptor> stored = new LinkedHashSet<>();
  private final List<String> mistakes = new ArrayList<>();

  /**
   * Begins the definition of an entity.
   *
   * @param entityType the full name of the protocol's service that serves its kind
   * @param service the user's service, as generated
   * @param persistenceId under which its state is stored; empty for an action
   */
  protected Definition(String entityType, io.grpc.ServiceDescriptor service, String persistenceId) {
    this.entityType = entityType;
    this.service =
        ((ProtoServiceDescriptorSupplier) service.getSchemaDescriptor()).getServiceDescriptor();
    this.persistenceId = persistenceId;
  }

  /** Returns this, as what it is. */
  protected abstract D self();

  /**
   * Asks the proxy to passivate the entity after this time without commands, instead of the proxy's
   * own; at least a millisecond (DISC-ENT-004).
   */
  public final D passivateAfter(Duration idle) {
    if (idle.toMillis() < 1) {
      complain("the passivation timeout is " + idle + ", below a millisecond (DISC-ENT-004)");
    }
    passivate = idle;
    return self();
  }

  @Override
  public final ServiceDescriptor service() {
    return service;
  }

  @Override
  public final Collection<FileDescriptor> stored() {
    return stored;
  }

  @Override
  public final dev.stateward.discovery.v1.Entity describe() {
    var line =
        dev.stateward.discovery.v1.Entity.newBuilder()
            .setEntityType(entityType)
            .setServiceName(service.getFullName())
            .setPersistenceId(persistenceId);
    if (passivate != null) {
      line.getPassivationStrategyBuilder().getTimeoutBuilder().setTimeout(passivate.toMillis());
    }
    return line.build();
  }

  @Override
  public List<String> mistakes() {
    List<String> all = new ArrayList<>(mistakes);
    for (var method : service.getMethods()) {
      if (!handled.contains(method.getName())) {
        all.add(method.getFullName() + ": no handler");
      }
    }
    return all;
  }

  /** Adds a mistake of the author. */
  protected final void complain(String mistake) {
    mistakes.add(service.getFullName() + ": " + mistake);
  }

  /** Says that the entity's state holds such messages, so that a proxy can show what it keeps. */
  protected final void stores(Message prototype) {
    stored.add(prototype.getDescriptorForType().getFile());
  }

  /**
   * Notes that the method has a handler. What it takes and gives is the compiler's affair; that it
   * is a method of this service, of this shape, is not.
   */
  protected final void handles(MethodDescriptor<?, ?> method, Shape shape) {
    String name = method.getBareMethodName();
    if (!service.getFullName().equals(method.getServiceName())) {
      complain(method.getFullMethodName() + " is a method of another service");
      return;
    }
    if (Shape.of(method.getType()) != shape) {
      complain(name + " is " + Shape.of(method.getType()) + ", not " + shape);
    }
    if (!handled.add(name)) {
      complain(name + " has two handlers");
    }
  }

  /** Complains of a stateful entity without a persistence id. */
  protected final void needsPersistenceId() {
    if (persistenceId.isEmpty()) {
      complain("the entity has no persistence id (DISC-ENT-002)");
    }
  }

  /**
   * Complains of each method whose input does not name the entity by exactly one singular string
   * with the option entity_key, outside of a oneof (DISC-KEY-001).
   */
  protected final void needsKeys() {
    for (var method : service.getMethods()) {
      List<FieldDescriptor> keys =
          method.getInputType().getFields().stream()
              .filter(f -> f.getOptions().getExtension(Annotations.entityKey))
              .toList();
      String input = method.getInputType().getFullName();
      if (keys.size() != 1) {
        complain(
            method.getName()
                + ": "
                + input
                + " has "
                + keys.size()
                + " fields with the option entity_key, not 1 (DISC-KEY-001)");
      } else if (keys.get(0).getType() != FieldDescriptor.Type.STRING
          || keys.get(0).isRepeated()
          || keys.get(0).getRealContainingOneof() != null) {
        complain(
            method.getName()
                + ": the entity key "
                + keys.get(0).getFullName()
                + " is not a singular string (DISC-KEY-001)");
      }
    }
  }

  /** Returns the refusal of a command that names no method of the service (CORE-CMD-003). */
  public final Refusal noMethod(String name) {
    return new Refusal(
        Status.Code.UNIMPLEMENTED,
        service.getFullName() + " has no method \"" + name + "\" (CORE-CMD-003)");
  }

  /** Returns the message without fields that a method takes. */
  protected static <Q> Q request(MethodDescriptor<Q, ?> method) {
    return ((PrototypeMarshaller<Q>) method.getRequestMarshaller()).getMessagePrototype();
  }
}
