package dev.stateward.sdk.multiplex;

import dev.stateward.multiplex.v1.HandleRequest;
import dev.stateward.multiplex.v1.HandleResponse;
import dev.stateward.multiplex.v1.MultiplexServiceGrpc;
import dev.stateward.sdk.Connection;
import dev.stateward.sdk.Host;
import dev.stateward.sdk.Kind;
import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Serves stateward.multiplex.v1.MultiplexService. */
public final class Multiplex extends MultiplexServiceGrpc.MultiplexServiceImplBase {
  private final Host host;
  private final Map<String, Kind.Method<?, ?>> kinds; // by the names of their services

  /** Multiplexed streams of these kinds, which are stateful. */
  public Multiplex(Host host, List<Kind.Method<?, ?>> kinds) {
    this.host = host;
    this.kinds =
        kinds.stream()
            .collect(Collectors.toMap(kind -> kind.call().getServiceName(), Function.identity()));
  }

  /** Serves one multiplexed stream. */
  @Override
  public StreamObserver<HandleRequest> handle(StreamObserver<HandleResponse> frames) {
    var out = (ServerCallStreamObserver<HandleResponse>) frames;
    Session session = new Session(host, kinds, Connection.current(), Context.current(), out);
    out.setOnReadyHandler(session::flush);
    out.setOnCancelHandler(session::broken);
    host.opened(session.stop());
    return session;
  }
}
