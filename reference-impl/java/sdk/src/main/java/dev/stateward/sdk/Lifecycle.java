package dev.stateward.sdk;

import dev.stateward.lifecycle.v1.FunctionDraining;
import dev.stateward.lifecycle.v1.FunctionHealth;
import dev.stateward.lifecycle.v1.HealthStatus;
import dev.stateward.lifecycle.v1.LifecycleServiceGrpc;
import dev.stateward.lifecycle.v1.WatchRequest;
import dev.stateward.lifecycle.v1.WatchResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Serves stateward.lifecycle.v1.LifecycleService: one Watch for each connection, on which both
 * sides say how they are and take their leave.
 */
final class Lifecycle extends LifecycleServiceGrpc.LifecycleServiceImplBase {
  private final Host host;
  private final Health health;
  private final Duration grace; // how long the function serves after its draining

  private final Set<Watch> open = new HashSet<>(); // under its own lock
  private final Set<Connection> broken = new HashSet<>(); // under open's: whose Watch broke
  private volatile long until; // nanoTime at which a drain ends; not read before
  private volatile boolean draining;

  Lifecycle(Host host, Health health, Duration grace) {
    this.host = host;
    this.health = health;
    this.grace = grace;
  }

  /**
   * Says on each Watch that the function is going to stop, and returns once the proxy has left or
   * the grace has passed (LIFE-DRAIN-001, LIFE-DRAIN-009). It is called once.
   */
  void drain() throws InterruptedException {
    until = System.nanoTime() + grace.toNanos();
    draining = true;
    List<Watch> watches;
    synchronized (open) {
      watches = List.copyOf(open);
    }
    watches.forEach(watch -> watch.sayDraining(grace.toMillis()));
    synchronized (open) {
      for (long left = left(); !(open.isEmpty() && broken.isEmpty()) && left > 0; left = left()) {
        open.wait(left);
      }
    }
  }

  /** Returns what is left of the grace, in milliseconds. */
  private long left() {
    return Duration.ofNanos(until - System.nanoTime()).toMillis();
  }

  /**
   * Serves one call: health at once and at each change, draining when the function drains, and
   * status OK after the proxy's half-close (LIFE-DRAIN-008).
   */
  @Override
  public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> answers) {
    var out = (ServerCallStreamObserver<WatchResponse>) answers;
    Watch watch = new Watch(out, Connection.current());
    out.setOnReadyHandler(watch::ready);
    out.setOnCancelHandler(watch::gone); // without one, whoever changes health would hear of it
    synchronized (open) {
      open.add(watch);
    }
    host.opened(watch.stop);
    return watch;
  }

  /** What was said on one Watch. Health changes on any thread: each method holds the lock. */
  private final class Watch implements StreamObserver<WatchRequest> {
    private final ServerCallStreamObserver<WatchResponse> answers;
    private final Connection connection;
    private final Runnable stop =
        () -> end(Status.UNAVAILABLE.withDescription("the function is stopping"));
    private final Runnable changed = this::changed;

    private boolean started; // the proxy has sent start, and has got health
    private boolean owed; // health has changed since it was said
    private boolean leaves; // the proxy has sent draining
    private boolean drains; // the function has sent draining
    private boolean over;

    Watch(ServerCallStreamObserver<WatchResponse> answers, Connection connection) {
      this.answers = answers;
      this.connection = connection;
    }

    /**
     * Takes one message of the proxy (LIFE-WATCH-002). That the proxy is going to stop changes
     * nothing here: what it sends is answered as before (LIFE-STOP-008).
     */
    @Override
    public synchronized void onNext(WatchRequest message) {
      if (over) {
        return; // it was under way
      }
      switch (message.getMessageCase()) {
        case START -> start();
        case DRAINING -> proxyDrains(message.getDraining().getGrace());
        default -> refuse("a message in which no case is set (LIFE-WATCH-002)");
      }
    }

    private void start() {
      if (started) {
        refuse("a second start (LIFE-WATCH-002)");
        return;
      }
      started = true;
      health.watch(changed);
      sayHealth();
      if (draining) {
        sayDraining(Math.max(1, left())); // 0 would state no grace
      }
    }

    private void proxyDrains(long milliseconds) {
      if (!started || leaves) {
        refuse("a draining before start, or a second one (LIFE-WATCH-002)");
        return;
      }
      leaves = true;
      host.log().info("the proxy is going to stop within " + milliseconds + " ms");
    }

    private void refuse(String why) {
      end(Status.INVALID_ARGUMENT.withDescription(why));
    }

    private synchronized void changed() {
      owed = true;
      ready();
    }

    /** Says a change once there is room: a proxy that does not read is told the last of them. */
    synchronized void ready() {
      if (owed && answers.isReady()) {
        owed = false;
        sayHealth();
      }
    }

    /** Sends how the function is (LIFE-HEALTH-001). */
    private void sayHealth() {
      Health.State state = health.now();
      FunctionHealth said =
          FunctionHealth.newBuilder()
              .setStatus(
                  state.serving()
                      ? HealthStatus.HEALTH_STATUS_SERVING
                      : HealthStatus.HEALTH_STATUS_NOT_SERVING)
              .setReason(state.reason())
              .build();
      say(WatchResponse.newBuilder().setHealth(said).build());
    }

    /**
     * Sends that the function is going to stop in so many milliseconds: once, and not before health
     * (LIFE-WATCH-007).
     */
    private synchronized void sayDraining(long grace) {
      if (started && !drains) {
        drains = true;
        FunctionDraining said = FunctionDraining.newBuilder().setGrace(grace).build();
        say(WatchResponse.newBuilder().setDraining(said).build());
      }
    }

    private void say(WatchResponse message) {
      if (!over) {
        answers.onNext(message);
      }
    }

    @Override
    public void onCompleted() {
      end(Status.OK);
    }

    @Override
    public void onError(Throwable thrown) {
      gone();
    }

    /** Says nothing more: the proxy has gone. */
    void gone() {
      synchronized (this) {
        if (over) {
          return;
        }
        over = true;
      }
      forget(true);
    }

    private void end(Status status) {
      synchronized (this) {
        if (over) {
          return;
        }
        over = true;
        if (status.isOk()) {
          answers.onCompleted();
        } else {
          answers.onError(status.asRuntimeException());
        }
      }
      forget(!status.isOk());
    }

    /**
     * Forgets the call, which is over. One that broke behind draining ends nothing but itself: its
     * connection is served on (LIFE-DRAIN-001).
     */
    private void forget(boolean broke) {
      health.unwatch(changed);
      host.ended(stop);
      boolean servedOn = broke && drains();
      synchronized (open) {
        open.remove(this);
        if (servedOn) {
          broken.add(connection);
        }
        open.notifyAll();
      }
      if (servedOn) {
        connection.whenEnded(() -> ended(connection));
      }
    }

    private synchronized boolean drains() {
      return drains;
    }
  }

  private void ended(Connection connection) {
    synchronized (open) {
      broken.remove(connection);
      open.notifyAll();
    }
  }
}
