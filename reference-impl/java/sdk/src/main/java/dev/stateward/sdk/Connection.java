package dev.stateward.sdk;

import dev.stateward.discovery.v1.Capability;
import dev.stateward.discovery.v1.DiscoverRequest;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** One connection from a proxy, and what that proxy last said of itself there. */
public final class Connection {
  /** What this library can do beyond the version, whatever the proxy can (DISC-CAP-002). */
  static final Set<Capability> CAPABILITIES =
      Set.of(
          Capability.CAPABILITY_CANCEL,
          Capability.CAPABILITY_PASSIVATION_NOTICE,
          Capability.CAPABILITY_LIFECYCLE,
          Capability.CAPABILITY_DURABLE_EFFECTS,
          Capability.CAPABILITY_EVENT_METADATA,
          Capability.CAPABILITY_SNAPSHOT_REQUEST,
          Capability.CAPABILITY_EVENT_SOURCED_DELETE,
          Capability.CAPABILITY_REPLICATED_MAPS,
          Capability.CAPABILITY_MULTIPLEXED_STREAM);

  /** What every proxy takes in one message, in bytes (CORE-LIMIT-004). */
  private static final int LEAST_MESSAGE = 4 << 20;

  private static final Attributes.Key<Connection> ATTRIBUTE = Attributes.Key.create("connection");
  private static final Context.Key<Connection> KEY = Context.key("connection");

  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile DiscoverRequest proxy = DiscoverRequest.getDefaultInstance();

  /** Returns the connection of the call that is being served. */
  public static Connection current() {
    return KEY.get();
  }

  /** Notes what the proxy says of itself. */
  public void announced(DiscoverRequest said) {
    proxy = said;
  }

  /**
   * Says whether both sides have announced the capability. Those that the function does not know,
   * or that stand twice, make no difference (DISC-CAP-003).
   */
  public boolean inForce(Capability capability) {
    return CAPABILITIES.contains(capability) && proxy.getCapabilitiesList().contains(capability);
  }

  /** Returns the largest message that the proxy takes, in bytes. */
  public int maxMessage() {
    long stated = Math.min(proxy.getLimits().getMaxMessageBytes(), Integer.MAX_VALUE);
    return Math.max(LEAST_MESSAGE, (int) stated);
  }

  /** Has {@code run} called when the connection has ended: at once where it has. */
  void whenEnded(Runnable run) {
    ended.thenRun(run);
  }

  /** Gives each connection of a server its Connection, and ends it. */
  static final class Filter extends ServerTransportFilter {
    @Override
    public Attributes transportReady(Attributes attributes) {
      return attributes.toBuilder().set(ATTRIBUTE, new Connection()).build();
    }

    @Override
    public void transportTerminated(Attributes attributes) {
      if (attributes != null) { // null of one that was never ready
        attributes.get(ATTRIBUTE).ended.complete(null);
      }
    }
  }

  /** Puts the Connection where each call finds it. */
  static final class Interceptor implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      Context context = Context.current().withValue(KEY, call.getAttributes().get(ATTRIBUTE));
      return Contexts.interceptCall(context, call, headers, next);
    }
  }
}
