package dev.stateward.sdk;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Serves in Cloudstate 0.2 what is served in version 1: under its old name, and through marshallers
 * that rename what stands in the messages.
 */
final class Dialect {
  /**
   * The name in Cloudstate 0.2 of each service of the protocol that 0.2 has. Their methods are
   * called alike, but begin with a small letter.
   */
  private static final Map<String, String> SERVICES =
      Map.of(
          "stateward.discovery.v1.DiscoveryService", "cloudstate.EntityDiscovery",
          "stateward.eventsourced.v1.EventSourcedService", "cloudstate.eventsourced.EventSourced",
          "stateward.value.v1.ValueEntityService", "cloudstate.valueentity.ValueEntity",
          "stateward.replicated.v1.ReplicatedEntityService", "cloudstate.crdt.Crdt",
          "stateward.action.v1.ActionService", "cloudstate.action.ActionProtocol");

  private final Renaming in; // what the proxy says
  private final Renaming out; // what the function says

  Dialect(Cloudstate cloudstate) {
    Map<String, String> incoming = new HashMap<>();
    Map<String, String> outgoing = new HashMap<>(SERVICES);
    outgoing.putAll(cloudstate.names());
    Map<String, Integer> owners = new HashMap<>();
    outgoing.forEach(
        (own, old) -> {
          incoming.put(old, own);
          owners.merge(old, 1, Integer::sum);
        });
    owners.forEach(
        (old, number) -> {
          if (number > 1) { // nothing says which one is meant
            incoming.remove(old);
          }
        });
    this.in = new Renaming(incoming);
    this.out = new Renaming(outgoing);
  }

  /** Returns the service as 0.2 calls it; empty where 0.2 has none such. */
  Optional<ServerServiceDefinition> translate(ServerServiceDefinition service) {
    String name = SERVICES.get(service.getServiceDescriptor().getName());
    if (name == null) {
      return Optional.empty();
    }
    ServerServiceDefinition.Builder old = ServerServiceDefinition.builder(name);
    service.getMethods().forEach(method -> old.addMethod(translate(name, method)));
    return Optional.of(old.build());
  }

  private <Q, R> ServerMethodDefinition<Q, R> translate(
      String service, ServerMethodDefinition<Q, R> method) {
    MethodDescriptor<Q, R> own = method.getMethodDescriptor();
    String name = own.getBareMethodName();
    String small = name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
    return ServerMethodDefinition.create(
        own.toBuilder(
                new Renamed<>(own.getRequestMarshaller(), in),
                new Renamed<>(own.getResponseMarshaller(), out))
            .setFullMethodName(MethodDescriptor.generateFullMethodName(service, small))
            .setSchemaDescriptor(null)
            .build(),
        method.getServerCallHandler());
  }

  /** Reads and writes messages in the names of the other dialect. */
  private record Renamed<M>(Marshaller<M> own, Renaming renaming) implements Marshaller<M> {
    @Override
    public InputStream stream(M message) {
      return own.stream(renamed(message));
    }

    @Override
    public M parse(InputStream stream) {
      return renamed(own.parse(stream));
    }

    @SuppressWarnings("unchecked") // a renamed message is of the same type
    private M renamed(M message) {
      return (M) renaming.renamed((Message) message);
    }
  }
}
