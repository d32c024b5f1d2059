package dev.stateward.sdk.multiplex;

import dev.stateward.multiplex.v1.MultiplexServiceGrpc;
import dev.stateward.sdk.Host;
import dev.stateward.sdk.Kind;
import java.util.List;

/** TODO next. */
public final class Multiplex extends MultiplexServiceGrpc.MultiplexServiceImplBase {
  public Multiplex(Host host, List<Kind.Method<?, ?>> kinds) {}
}
