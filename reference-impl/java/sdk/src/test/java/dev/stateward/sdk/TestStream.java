package dev.stateward.sdk;

import dev.stateward.discovery.v1.Capability;
import dev.stateward.discovery.v1.DiscoverRequest;
import io.grpc.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What a conversation stands in that a test has without a server. */
public final class TestStream {
  private final List<String> log = new ArrayList<>();
  private final Connection connection = new Connection();
  private final Context.CancellableContext scope = Context.ROOT.withCancellation();
  private final Surroundings context;

  /** A stream from a proxy that has announced these capabilities. */
  public TestStream(Capability... announced) {
    var logger = Logger.getAnonymousLogger();
    logger.setUseParentHandlers(false);
    logger.addHandler(
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            log.add(new SimpleFormatter().format(line));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        });
    connection.announced(
        DiscoverRequest.newBuilder().addAllCapabilities(List.of(announced)).build());
    var host = new Host(logger, Runnable::run, new ScheduledThreadPoolExecutor(0));
    context = new Surroundings(host, connection, new Outstanding(), scope);
  }

  /** Returns what a conversation is begun with. */
  public Surroundings context() {
    return context;
  }

  /** Gives the stream up, as the proxy does that resets it. */
  public void giveUp() {
    scope.cancel(null);
  }

  /** Begins the conversation of the stream to an entity of this definition. */
  @SuppressWarnings("unchecked") // whoever knows the kind knows its messages
  public <Q, R> Conversation<Q, R> converse(Entity definition) {
    var services = Map.of(definition.service().getFullName(), definition);
    var open = definition.kind().serve(services).get(0).open();
    return (Conversation<Q, R>) open.apply(context);
  }

  /** Returns what was logged, with the stacks. */
  public String log() {
    return String.join("", log);
  }

  /** Returns a log that nobody reads. */
  public static Logger quiet() {
    var logger = Logger.getAnonymousLogger();
    logger.setUseParentHandlers(false);
    return logger;
  }
}
