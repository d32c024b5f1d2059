package dev.stateward.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.stateward.entity.v1.Cancel;
import dev.stateward.eventsourced.v1.EventSourcedServiceGrpc;
import dev.stateward.eventsourced.v1.HandleRequest;
import dev.stateward.eventsourced.v1.HandleResponse;
import dev.stateward.lifecycle.v1.HealthStatus;
import dev.stateward.lifecycle.v1.LifecycleServiceGrpc;
import dev.stateward.lifecycle.v1.ProxyDraining;
import dev.stateward.lifecycle.v1.WatchRequest;
import dev.stateward.lifecycle.v1.WatchResponse;
import dev.stateward.lifecycle.v1.WatchStart;
import dev.stateward.multiplex.v1.MultiplexServiceGrpc;
import dev.stateward.multiplex.v1.Open;
import dev.stateward.multiplex.v1.Start;
import dev.stateward.samples.cart.v1.AddItemRequest;
import dev.stateward.samples.cart.v1.AddItemResponse;
import dev.stateward.samples.cart.v1.GetCartRequest;
import dev.stateward.samples.cart.v1.GetCartResponse;
import dev.stateward.samples.cart.v1.RemoveItemRequest;
import dev.stateward.samples.cart.v1.ShoppingCartServiceGrpc;
import dev.stateward.sdk.eventsourced.EventSourcedEntity;
import dev.stateward.sdk.sdktest.EventSourced;
import dev.stateward.sdk.sdktest.Served;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A function as a proxy meets it. */
class UserFunctionTest {
  private static final int LARGEST = 4 << 20; // bytes of a message that every function takes

  private final Semaphore handling = new Semaphore(0); // one for each AddItem that has begun
  private final CountDownLatch go = new CountDownLatch(1); // and may end

  private EventSourcedEntity<Object> entity() {
    return EventSourced.carts(
        (context, state, request) -> {
          handling.release();
          await(request.getProductId().equals("until cancelled") ? cancelled(context) : go);
          context.check();
          return AddItemResponse.getDefaultInstance();
        });
  }

  private static CountDownLatch cancelled(CommandContext context) {
    CountDownLatch cancelled = new CountDownLatch(1);
    io.grpc.Context.current().addListener(scope -> cancelled.countDown(), Runnable::run);
    return cancelled;
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(Served.PATIENCE_SECONDS, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void begun(int handlers) throws InterruptedException {
    assertTrue(handling.tryAcquire(handlers, Served.PATIENCE_SECONDS, TimeUnit.SECONDS));
  }

  private Config config() {
    return Config.of("carts", "1", entity()).withLog(TestStream.quiet());
  }

  private static HandleRequest add(long id, String product, long timeout) {
    var command =
        EventSourced.command(
            "e",
            id,
            ShoppingCartServiceGrpc.getAddItemMethod(),
            AddItemRequest.newBuilder().setProductId(product).build())
            .toBuilder();
    command.getCommandBuilder().setTimeout(timeout);
    return command.build();
  }

  private static HandleRequest get(long id) {
    return EventSourced.command(
        "e", id, ShoppingCartServiceGrpc.getGetCartMethod(), GetCartRequest.getDefaultInstance());
  }

  private static Served.Stream<HandleRequest, HandleResponse> open(Served served) {
    var stream = served.open(EventSourcedServiceGrpc.getHandleMethod());
    stream.say(EventSourced.init(ShoppingCartServiceGrpc.SERVICE_NAME, "e"));
    return stream;
  }

  @Test // CORE-CANCEL-002 to CORE-CANCEL-005, CORE-STREAM-003
  void cancel() throws Exception {
    try (Served served = new Served(config())) {
      var stream = open(served);
      stream.say(add(1, "until cancelled", 0));
      begun(1);
      stream.say(cancelOf(7)); // that never came
      stream.say(cancelOf(1));
      var failure = stream.hear().getReply().getClientAction().getFailure();
      assertEquals(Status.Code.CANCELLED.value(), failure.getCode());
      stream.say(cancelOf(1)); // too late
      stream.say(get(2));
      assertTrue(stream.hear().getReply().getClientAction().hasReply());
      stream.halfClose();
      assertEquals(Status.Code.OK, stream.ended());
    }
  }

  private static HandleRequest cancelOf(long command) {
    return HandleRequest.newBuilder().setCancel(Cancel.newBuilder().setCommandId(command)).build();
  }

  @Test
  void deadline() throws Exception {
    try (Served served = new Served(config())) {
      var stream = open(served);
      stream.say(add(1, "until cancelled", 1));
      var failure = stream.hear().getReply().getClientAction().getFailure();
      assertEquals(Status.Code.DEADLINE_EXCEEDED.value(), failure.getCode());
    }
  }

  @Test // LIFE-WATCH-007, LIFE-HEALTH-001, LIFE-HEALTH-006, LIFE-STOP-008, LIFE-DRAIN-008
  void watch() throws Exception {
    Config config = config();
    try (Served served = new Served(config)) {
      var watch = served.open(LifecycleServiceGrpc.getWatchMethod());
      watch.say(start());
      assertEquals(HealthStatus.HEALTH_STATUS_SERVING, watch.hear().getHealth().getStatus());
      config.health().notServing("no database");
      assertEquals("no database", watch.hear().getHealth().getReason());
      assertEquals(ServingStatus.NOT_SERVING, health(served));
      config.health().notServing("a".repeat(2000));
      assertEquals(1024, watch.hear().getHealth().getReason().length());
      config.health().serving();
      assertEquals(HealthStatus.HEALTH_STATUS_SERVING, watch.hear().getHealth().getStatus());
      assertEquals(ServingStatus.SERVING, health(served));
      watch.say(WatchRequest.newBuilder().setDraining(ProxyDraining.getDefaultInstance()).build());
      watch.halfClose();
      assertEquals(Status.Code.OK, watch.ended());
    }
  }

  @Test // a proxy that does not read is told the last change alone
  void watchOfASlowProxy() throws Exception {
    Config config = config();
    try (Served served = new Served(config)) {
      BlockingQueue<String> reasons = new LinkedBlockingQueue<>();
      var call =
          served
              .channel()
              .newCall(
                  LifecycleServiceGrpc.getWatchMethod(),
                  CallOptions.DEFAULT.withDeadlineAfter(Served.PATIENCE_SECONDS, TimeUnit.SECONDS));
      call.start(
          new ClientCall.Listener<WatchResponse>() {
            @Override
            public void onMessage(WatchResponse message) {
              reasons.add(message.getHealth().getReason());
            }
          },
          new io.grpc.Metadata());
      call.request(1);
      call.sendMessage(start());
      assertEquals("", reasons.poll(Served.PATIENCE_SECONDS, TimeUnit.SECONDS));
      config.health().notServing("no database");
      config.health().notServing("no disk");
      call.request(2);
      assertEquals("no disk", reasons.poll(Served.PATIENCE_SECONDS, TimeUnit.SECONDS));
      call.cancel("the test is over", null);
    }
  }

  private static WatchRequest start() {
    return WatchRequest.newBuilder().setStart(WatchStart.getDefaultInstance()).build();
  }

  private static ServingStatus health(Served served) {
    return HealthGrpc.newBlockingStub(served.channel())
        .withDeadlineAfter(Served.PATIENCE_SECONDS, TimeUnit.SECONDS)
        .check(HealthCheckRequest.getDefaultInstance())
        .getStatus();
  }

  @Test // LIFE-WATCH-002, LIFE-WATCH-011
  void watchOutOfTurn() throws Exception {
    try (Served served = new Served(config())) {
      for (WatchRequest wrong :
          new WatchRequest[] {
            WatchRequest.getDefaultInstance(),
            WatchRequest.newBuilder().setDraining(ProxyDraining.getDefaultInstance()).build()
          }) {
        var watch = served.open(LifecycleServiceGrpc.getWatchMethod());
        watch.say(wrong);
        assertEquals(Status.Code.INVALID_ARGUMENT, watch.ended());
      }
      var watch = served.open(LifecycleServiceGrpc.getWatchMethod());
      watch.say(start());
      watch.hear();
      watch.say(start());
      assertEquals(Status.Code.INVALID_ARGUMENT, watch.ended());
    }
  }

  @Test // LIFE-DRAIN-001, LIFE-DRAIN-009
  void stopsInOrder() throws Exception {
    try (Served served = new Served(config())) {
      var watch = served.open(LifecycleServiceGrpc.getWatchMethod());
      watch.say(start());
      watch.hear();
      var busy = open(served);
      busy.say(add(1, "", 0));
      begun(1);
      var stopped =
          java.util.concurrent.CompletableFuture.supplyAsync(
              () -> {
                try {
                  return served.stop();
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
      assertEquals(5000, watch.hear().getDraining().getGrace());
      watch.halfClose();
      assertEquals(Status.Code.OK, watch.ended());
      go.countDown();
      assertTrue(busy.hear().getReply().getClientAction().hasReply(), "the command at hand");
      assertEquals(Status.Code.UNAVAILABLE, busy.ended());
      assertTrue(stopped.get(Served.PATIENCE_SECONDS, TimeUnit.SECONDS));
    }
  }

  @Test
  void breaksWhatDoesNotEnd() throws Exception {
    try (Served served = new Served(config().withStopWithin(Duration.ofMillis(1)))) {
      open(served).say(add(1, "", 0));
      begun(1);
      assertFalse(served.stop());
      go.countDown();
    }
  }

  @Test // CORE-LIMIT-001, MUX-LIMIT-004
  void theLargestMessages() throws Exception {
    int over = remove("a".repeat(LARGEST)).getSerializedSize() - LARGEST;
    HandleRequest largest = remove("a".repeat(LARGEST - over));
    assertEquals(LARGEST, largest.getSerializedSize());
    Address address = Address.of(Map.of("PORT", "0"));
    EventLoopGroup threads = address.threads(1);
    var running = new UserFunction(config()).start(address.server(threads));
    var channel = address.withPort(running.port()).channel(threads).build();
    try (Served served = new Served(running, channel)) {
      var plain = open(served);
      plain.say(largest);
      assertTrue(plain.hear().getReply().getClientAction().hasReply());
      var frames = served.open(MultiplexServiceGrpc.getHandleMethod());
      frames.say(
          frame(0)
              .setStart(Start.newBuilder().setEntityType(EventSourcedServiceGrpc.SERVICE_NAME))
              .build());
      ByteString init = EventSourced.init(ShoppingCartServiceGrpc.SERVICE_NAME, "e").toByteString();
      frames.say(frame(1).setOpen(Open.newBuilder().setMessage(init)).build());
      assertTrue(frames.hear().hasCredit(), "the whole window is there again");
      frames.say(frame(1).setMessage(largest.toByteString()).build());
      assertEquals(LARGEST, frames.hear().getCredit().getBytes());
      assertTrue(frames.hear().hasMessage());
    } finally {
      threads.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }

  private static HandleRequest remove(String product) {
    return EventSourced.command(
        "e",
        1,
        ShoppingCartServiceGrpc.getRemoveItemMethod(),
        RemoveItemRequest.newBuilder().setProductId(product).build());
  }

  private static dev.stateward.multiplex.v1.HandleRequest.Builder frame(long handle) {
    return dev.stateward.multiplex.v1.HandleRequest.newBuilder().setHandle(handle);
  }

  /** The command behind 64 handlers that wait does, and nothing else. */
  @Test
  void everyThreadIsHeld() throws Exception {
    try (Served served = new Served(config())) {
      for (int i = 0; i < UserFunction.WORKERS; i++) {
        open(served).say(add(1, "", 0));
      }
      begun(UserFunction.WORKERS);
      var next = open(served);
      next.say(get(1));
      assertEquals(ServingStatus.SERVING, health(served));
      assertEquals(1, served.announce().getEntitiesCount());
      var watch = served.open(LifecycleServiceGrpc.getWatchMethod());
      watch.say(start());
      assertTrue(watch.hear().hasHealth());
      assertTrue(next.isSilent(), "no thread is free to handle it");
      go.countDown();
      assertTrue(next.hear().getReply().getClientAction().hasReply());
    }
  }

  @Test // of an author whose threads take no more
  void noThread() throws Exception {
    Config config =
        config()
            .withWorkers(
                run -> {
                  throw new RejectedExecutionException();
                });
    try (Served served = new Served(config)) {
      assertEquals(Status.Code.UNAVAILABLE, open(served).ended());
    }
  }

  @Test // DISC-ENT-003
  void oneEntityTwice() {
    var entity = entity();
    assertEquals(
        List.of(ShoppingCartServiceGrpc.SERVICE_NAME + ": listed twice (DISC-ENT-003)"),
        Config.of("carts", "1", entity, entity).mistakes());
  }

  @Test
  void everyMistakeAtOnce() {
    var bad =
        EventSourcedEntity.of(
                ShoppingCartServiceGrpc.getServiceDescriptor(), "", id -> new Object())
            .passivateAfter(Duration.ZERO)
            .handle(
                ShoppingCartServiceGrpc.getGetCartMethod(),
                (context, state, request) -> GetCartResponse.getDefaultInstance())
            .handle(
                ShoppingCartServiceGrpc.getGetCartMethod(),
                (context, state, request) -> GetCartResponse.getDefaultInstance());
    Config config = Config.of("", "1", bad, entity()).withDialect("v9");
    String said =
        assertThrows(IllegalArgumentException.class, () -> new UserFunction(config)).getMessage();
    for (String mistake :
        new String[] {
          "a name and a version",
          "the dialect is \"v9\"",
          "has no persistence id",
          "below a millisecond",
          "GetCart has two handlers",
          "AddItem: no handler",
          "RemoveItem: no handler",
          "listed twice"
        }) {
      assertTrue(said.contains(mistake), mistake + " is not in:\n" + said);
    }
  }
}
