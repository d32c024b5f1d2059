package dev.stateward.sdk;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.logging.Logger;
import java.util.stream.Stream;

/** A function as a program. */
public final class Program {
  private static final String USAGE =
      """
      %s is a Stateward user function: it serves entities to a proxy.

      It takes no arguments but --help, --version and healthcheck, and reads its address
      from the environment:

        HOST     where it listens; default 127.0.0.1; unix:PATH listens on a socket
        PORT     on which port; default 8080; 0 takes a free one and logs it
        SOCKET   path of a unix socket to listen on instead
        DIALECT  the only dialect to serve, v1 or cloudstate-0.2; default: each that it speaks

      healthcheck asks a function at that address whether it is serving: 0 says yes, 1 no.

      SIGTERM and SIGINT stop it in order: the commands at hand are answered first.
      A second signal ends it at once.
      """;

  /** That read and write; they wait for nobody. */
  private static final int THREADS = 2;

  /** How long healthcheck waits for an answer. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /**
   * They warn that a unix socket has no SO_KEEPALIVE, which gRPC asks of every socket. Held: a
   * logger that nobody holds loses its filter.
   */
  private static final List<Logger> SOCKETS =
      Stream.of("Bootstrap", "ServerBootstrap")
          .map(name -> Logger.getLogger("io.grpc.netty.shaded.io.netty.bootstrap." + name))
          .toList();

  private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";

  private final Supplier<Config> function;
  private final Map<String, String> environment;
  private final PrintStream out;
  private final PrintStream err;
  private final Duration patience;

  /** The program with everything that it touches handed in. */
  Program(
      Supplier<Config> function,
      Map<String, String> environment,
      PrintStream out,
      PrintStream err,
      Duration patience) {
    this.function = function;
    this.environment = environment;
    this.out = out;
    this.err = err;
    this.patience = patience;
  }

  /**
   * Runs the function as a program: it reads the arguments and the environment (see --help), serves
   * until SIGTERM or SIGINT, and ends the process: with 0 after a stop in order, 1 after any other
   * end, 2 for wrong arguments.
   *
   * @param function says what is served. A healthcheck does not ask: it runs every 30 s, and to
   *     load the descriptors of a function costs a quarter of it
   */
  public static void main(Supplier<Config> function, String... args) {
    if (System.getProperty(LOG_FORMAT) == null) { // a line for each record
      System.setProperty(LOG_FORMAT, "%1$tFT%1$tT.%1$tL%1$tz %4$s %5$s%6$s%n");
    }
    SOCKETS.forEach(log -> log.setFilter(line -> !line.getMessage().contains("SO_KEEPALIVE")));
    CountDownLatch stop = new CountDownLatch(1);
    Signals.handle("TERM", () -> signalled(stop, 128 + 15));
    Signals.handle("INT", () -> signalled(stop, 128 + 2));
    int code =
        new Program(function, System.getenv(), System.out, System.err, PATIENCE).run(stop, args);
    System.exit(code);
  }

  /** Counts down at the first signal, and ends the process at the second. */
  private static void signalled(CountDownLatch stop, int code) {
    synchronized (stop) {
      if (stop.getCount() == 0) {
        Runtime.getRuntime().halt(code);
      }
      stop.countDown();
    }
  }

  /** Runs until stop is counted down, and returns the exit code. */
  int run(CountDownLatch stop, String... args) {
    String argument = args.length == 0 ? "" : args[0];
    if (args.length > 1) {
      return wrong(String.join(" ", args));
    }
    try {
      return run(stop, argument);
    } catch (IllegalArgumentException | IOException e) {
      err.println(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 1;
  }

  private int run(CountDownLatch stop, String argument) throws IOException, InterruptedException {
    return switch (argument) {
      case "" -> serve(stop);
      case "--help", "-h" -> {
        out.printf(USAGE, function.get().name());
        yield 0;
      }
      case "--version" -> {
        Config config = function.get();
        String commit = UserFunction.commit();
        out.printf(
            "%s %s (%sJava %s), %s %s%n",
            config.name(),
            config.version(),
            commit.isEmpty() ? "" : commit + ", ",
            Runtime.version(),
            UserFunction.LIBRARY,
            UserFunction.libraryVersion());
        yield 0;
      }
      case "healthcheck" -> isServing(Address.of(environment)) ? 0 : 1;
      default -> wrong(argument);
    };
  }

  private int wrong(String arguments) {
    err.printf(
        "%s takes --help, --version or healthcheck, and was given \"%s\"%n",
        function.get().name(), arguments);
    return 2;
  }

  private int serve(CountDownLatch stop) throws IOException, InterruptedException {
    String dialect = environment.getOrDefault("DIALECT", "");
    Config config = function.get();
    Config served = dialect.isEmpty() ? config : config.withDialect(dialect);
    return serve(served, Address.of(environment), stop);
  }

  private static int serve(Config config, Address address, CountDownLatch stop)
      throws IOException, InterruptedException {
    UserFunction function = new UserFunction(config);
    EventLoopGroup threads = address.threads(THREADS);
    try {
      UserFunction.Running running = function.start(address.server(threads));
      config.log().info("listening on " + address.withPort(running.port()));
      stop.await();
      config.log().info("stopping");
      boolean inOrder = running.stop();
      address.remove();
      config.log().info(inOrder ? "stopped" : "stopped with commands still being handled");
      return inOrder ? 0 : 1;
    } finally {
      threads.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }

  /** Asks the function at the address, and returns whether it is serving; if not, says why. */
  private boolean isServing(Address address) throws InterruptedException {
    EventLoopGroup threads = address.threads(1);
    ManagedChannel channel = address.channel(threads).build();
    try {
      ServingStatus status =
          HealthGrpc.newBlockingStub(channel)
              .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS)
              .check(HealthCheckRequest.getDefaultInstance())
              .getStatus();
      if (status != ServingStatus.SERVING) {
        err.println("the function at " + address + " is " + status);
      }
      return status == ServingStatus.SERVING;
    } catch (StatusRuntimeException e) {
      err.println("the function at " + address + " does not answer: " + e.getStatus());
      return false;
    } finally {
      channel.shutdownNow();
      threads.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }
}
