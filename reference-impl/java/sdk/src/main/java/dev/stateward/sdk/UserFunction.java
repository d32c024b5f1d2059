package dev.stateward.sdk;

import com.google.protobuf.Message;
import dev.stateward.discovery.v1.DiscoverResponse;
import dev.stateward.sdk.multiplex.Multiplex;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A user function that is ready to be served. */
public final class UserFunction {
  /** What this support library calls itself in discovery. */
  static final String LIBRARY = "stateward-java";

  /**
   * What one message from the proxy may hold: payloads of 4 MiB (CORE-LIMIT-001) and room for what
   * surrounds them.
   */
  private static final int MAX_MESSAGE = 5 << 20;

  /**
   * How many handlers run at once, where nobody has given other threads. The next command waits, in
   * the order in which they came, for one of them to return. What keeps the function in service
   * waits for none: discovery, health, lifecycle and cancels are heard on gRPC's own threads.
   */
  static final int WORKERS = 64;

  private final Config config;
  private final DiscoverResponse description;

  /**
   * The function that the configuration describes.
   *
   * @throws IllegalArgumentException with every mistake in it, one a line
   */
  public UserFunction(Config config) {
    List<String> mistakes = config.mistakes();
    if (!mistakes.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", mistakes));
    }
    this.config = config;
    this.description = Discovery.describe(config); // the same, whoever asks
  }

  /** Returns the version of this support library; "dev" in a build that was not told one. */
  public static String libraryVersion() {
    return told("version");
  }

  /** Returns the commit of the repository; empty in a build that was not told one. */
  static String commit() {
    return told("commit");
  }

  private static String told(String name) {
    try (InputStream text = UserFunction.class.getResourceAsStream(name)) {
      return new String(text.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("the library's own " + name + " cannot be read", e);
    }
  }

  /** Serves the function where the builder says, until it is stopped. */
  public Running start(ServerBuilder<?> builder) throws IOException {
    return start(builder, config.stopWithin());
  }

  /** Serves the function, whose drain alone has another grace than the rest of its stop. */
  Running start(ServerBuilder<?> builder, Duration grace) throws IOException {
    ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, r -> thread(r, "timer"));
    timer.setRemoveOnCancelPolicy(true);
    Optional<ExecutorService> pool =
        config.workers().isPresent() ? Optional.empty() : Optional.of(pool());
    Executor workers = config.workers().or(() -> pool).orElseThrow();
    Host host = new Host(config.log(), workers, timer);
    Lifecycle lifecycle = new Lifecycle(host, config.health(), grace);
    builder
        .directExecutor() // gRPC's own threads pass messages on, and wait for nobody
        .maxInboundMessageSize(MAX_MESSAGE)
        .addTransportFilter(new Connection.Filter())
        .intercept(new Connection.Interceptor())
        .addService(new HealthService(config.health()));
    if (config.speaks(Cloudstate.V1)) {
      services(host, lifecycle, description).forEach(builder::addService);
    }
    if (config.speaks(Cloudstate.V0_2)) {
      Cloudstate cloudstate = config.cloudstate().orElseThrow();
      Dialect dialect = new Dialect(cloudstate);
      services(host, lifecycle, cloudstate.describe(config.entities(), description)).stream()
          .flatMap(service -> dialect.translate(service).stream())
          .forEach(builder::addService);
    }
    return new Running(builder.build().start(), host, lifecycle, pool, timer, config.stopWithin());
  }

  /** Returns the services of version 1: those of the kinds, and those around them. */
  private List<ServerServiceDefinition> services(
      Host host, Lifecycle lifecycle, DiscoverResponse described) {
    Map<Kind, Map<String, Entity>> kinds = new LinkedHashMap<>();
    for (Entity entity : config.entities()) {
      kinds
          .computeIfAbsent(entity.kind(), kind -> new LinkedHashMap<>())
          .put(entity.service().getFullName(), entity);
    }
    List<ServerServiceDefinition> services = new ArrayList<>();
    List<Kind.Method<?, ?>> stateful = new ArrayList<>();
    kinds.forEach(
        (kind, entities) -> {
          List<Kind.Method<?, ?>> methods = kind.serve(entities);
          String name = methods.get(0).call().getServiceName();
          ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(name);
          methods.forEach(method -> add(service, host, method));
          services.add(service.build());
          if (kind.isStateful()) {
            stateful.addAll(methods);
          }
        });
    for (BindableService around :
        List.of(new Discovery(described, host.log()), lifecycle, new Multiplex(host, stateful))) {
      services.add(around.bindService());
    }
    return services;
  }

  private static <Q extends Message, R extends Message> void add(
      ServerServiceDefinition.Builder service, Host host, Kind.Method<Q, R> method) {
    service.addMethod(method.call(), new PlainStreams<>(host, method));
  }

  private static ExecutorService pool() {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            WORKERS,
            WORKERS,
            1,
            TimeUnit.MINUTES,
            new LinkedBlockingQueue<>(), // a stream is in it once
            r -> thread(r, "handler"));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private static Thread thread(Runnable run, String name) {
    Thread thread = new Thread(run, "stateward-" + name);
    thread.setDaemon(true);
    return thread;
  }

  /** A function that is being served. */
  public static final class Running {
    private final Server server;
    private final Host host;
    private final Lifecycle lifecycle;
    private final Optional<ExecutorService> workers;
    private final ExecutorService timer;
    private final Duration within;

    private Running(
        Server server,
        Host host,
        Lifecycle lifecycle,
        Optional<ExecutorService> workers,
        ExecutorService timer,
        Duration within) {
      this.server = server;
      this.host = host;
      this.lifecycle = lifecycle;
      this.workers = workers;
      this.timer = timer;
      this.within = within;
    }

    /** Returns the port on which it listens; -1 where it has none. */
    public int port() {
      return server.getPort();
    }

    /**
     * Stops in order, and is called once. First the function drains: a proxy that watches it is
     * told, and takes its entities away, which may take Config.stopWithin. Then no new connection
     * and no new stream is taken, each command at hand is answered, every stream ends.
     *
     * @return whether that took no longer than Config.stopWithin; otherwise what was left is broken
     */
    public boolean stop() throws InterruptedException {
      try {
        lifecycle.drain();
        server.shutdown();
        host.stop();
        return server.awaitTermination(within.toMillis(), TimeUnit.MILLISECONDS);
      } finally {
        server.shutdownNow();
        timer.shutdownNow();
        workers.ifPresent(ExecutorService::shutdownNow);
      }
    }
  }
}
