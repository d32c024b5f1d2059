package dev.stateward.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.stateward.eventsourced.v1.EventSourcedServiceGrpc;
import dev.stateward.lifecycle.v1.LifecycleServiceGrpc;
import dev.stateward.lifecycle.v1.WatchRequest;
import dev.stateward.lifecycle.v1.WatchResponse;
import dev.stateward.lifecycle.v1.WatchStart;
import dev.stateward.samples.cart.v1.GetCartRequest;
import dev.stateward.samples.cart.v1.ShoppingCartServiceGrpc;
import dev.stateward.sdk.sdktest.EventSourced;
import dev.stateward.sdk.sdktest.Served;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How long a function drains (LIFE-DRAIN-001). */
class DrainTest {
  private static final Duration LONG = Duration.ofSeconds(10L * Served.PATIENCE_SECONDS);

  private static Config config(Duration stopWithin) {
    return Config.of("carts", "1", EventSourced.carts())
        .withLog(TestStream.quiet())
        .withStopWithin(stopWithin);
  }

  private static Served.Stream<WatchRequest, WatchResponse> watching(Served served)
      throws InterruptedException {
    var watch = served.open(LifecycleServiceGrpc.getWatchMethod());
    watch.say(WatchRequest.newBuilder().setStart(WatchStart.getDefaultInstance()).build());
    assertTrue(watch.hear().hasHealth());
    return watch;
  }

  private static CompletableFuture<Boolean> stopping(Served served) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return served.stop();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });
  }

  private static void ask(Served served, String entity) throws InterruptedException {
    var stream = served.open(EventSourcedServiceGrpc.getHandleMethod());
    stream.say(EventSourced.init(ShoppingCartServiceGrpc.SERVICE_NAME, entity));
    stream.say(
        EventSourced.command(
            entity,
            1,
            ShoppingCartServiceGrpc.getGetCartMethod(),
            GetCartRequest.getDefaultInstance()));
    assertTrue(stream.hear().getReply().getClientAction().hasReply());
  }

  @Test // what crosses draining is served, until the connection has ended
  void outlivesItsWatch() throws Exception {
    try (Served served = new Served(config(LONG))) {
      var watch = watching(served);
      var stopped = stopping(served);
      assertEquals(LONG.toMillis(), watch.hear().getDraining().getGrace());
      watch.breakOff();
      for (int i = 0; i < 50; i++) { // long enough for the function to hear of it
        ask(served, "crossing " + i);
      }
      assertFalse(stopped.isDone());
      served.channel().shutdownNow();
      assertTrue(stopped.get(Served.PATIENCE_SECONDS, TimeUnit.SECONDS));
    }
  }

  @Test // a proxy that half-closes its Watch is not waited for, whatever is open
  void endsAtTheHalfClose() throws Exception {
    try (Served served = new Served(config(LONG))) {
      var watch = watching(served);
      var stopped = stopping(served);
      assertTrue(watch.hear().hasDraining());
      ask(served, "open"); // its stream stays so
      watch.halfClose();
      assertTrue(stopped.get(Served.PATIENCE_SECONDS, TimeUnit.SECONDS));
    }
  }

  @Test
  void takesTheGraceAndNoMore() throws Exception {
    Duration grace = Duration.ofMillis(100); // of the drain: what follows it may take its time
    String name = InProcessServerBuilder.generateName();
    var running = new UserFunction(config(LONG)).start(InProcessServerBuilder.forName(name), grace);
    var channel = InProcessChannelBuilder.forName(name).build();
    try (Served served = new Served(running, channel)) {
      var watch = watching(served);
      long began = System.nanoTime();
      var stopped = stopping(served);
      assertTrue(watch.hear().hasDraining());
      watch.breakOff();
      assertTrue(stopped.get(Served.PATIENCE_SECONDS, TimeUnit.SECONDS));
      assertTrue(System.nanoTime() - began >= grace.minusMillis(1).toNanos(), "the whole grace");
    }
  }

  @Test // never 0, which would state none
  void tellsWhatIsLeftOfTheGrace() throws Exception {
    try (Served served = new Served(config(LONG))) {
      var first = watching(served);
      var stopped = stopping(served);
      long told = first.hear().getDraining().getGrace();
      var late = watching(served);
      long left = late.hear().getDraining().getGrace();
      assertTrue(left > 0 && left <= told, left + " of " + told);
      first.halfClose();
      late.halfClose();
      assertTrue(stopped.get(Served.PATIENCE_SECONDS, TimeUnit.SECONDS));
    }
  }

  @Test
  void atLeastAMillisecond() {
    assertEquals(
        List.of("stopWithin is PT0.000999S, below a millisecond (LIFE-DRAIN-001)"),
        config(Duration.ofNanos(999_000)).mistakes());
  }
}
