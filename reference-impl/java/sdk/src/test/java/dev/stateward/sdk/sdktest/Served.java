package dev.stateward.sdk.sdktest;

import dev.stateward.discovery.v1.Capability;
import dev.stateward.discovery.v1.DiscoverRequest;
import dev.stateward.discovery.v1.DiscoverResponse;
import dev.stateward.discovery.v1.DiscoveryServiceGrpc;
import dev.stateward.sdk.Config;
import dev.stateward.sdk.UserFunction;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A function that is served in memory, and a proxy's connection to it. */
public final class Served implements AutoCloseable {
  /** Bounds every wait: a function that answers later has failed. */
  public static final int PATIENCE_SECONDS = 20;

  private final UserFunction.Running running;
  private final ManagedChannel channel;

  /** Serves the function that config describes, and connects to it. */
  public Served(Config config) throws IOException {
    String name = InProcessServerBuilder.generateName();
    running = new UserFunction(config).start(InProcessServerBuilder.forName(name));
    channel = InProcessChannelBuilder.forName(name).build();
  }

  /** Is a connection to a function that is served already. */
  public Served(UserFunction.Running running, ManagedChannel channel) {
    this.running = running;
    this.channel = channel;
  }

  /** Returns the connection to the function. */
  public ManagedChannel channel() {
    return channel;
  }

  /** Discovers the function as a proxy that has these capabilities. */
  public DiscoverResponse announce(Capability... capabilities) {
    return DiscoveryServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .discover(
            DiscoverRequest.newBuilder()
                .setProtocolMajorVersion(1)
                .addAllCapabilities(List.of(capabilities))
                .build());
  }

  /** Opens a stream. */
  public <Q, R> Stream<Q, R> open(MethodDescriptor<Q, R> method) {
    return new Stream<>(channel, method);
  }

  /** Stops the function, and returns whether it stopped in order. */
  public boolean stop() throws InterruptedException {
    return running.stop();
  }

  @Override
  public void close() throws InterruptedException {
    channel.shutdownNow();
    running.stop();
  }

  /** One stream to the function. */
  public static final class Stream<Q, R> implements StreamObserver<R> {
    private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>(); // the status last
    private final StreamObserver<Q> out;

    private Stream(ManagedChannel channel, MethodDescriptor<Q, R> method) {
      var options = CallOptions.DEFAULT.withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS);
      out = ClientCalls.asyncBidiStreamingCall(channel.newCall(method, options), this);
    }

    /** Sends a message. */
    public void say(Q message) {
      out.onNext(message);
    }

    /** Half-closes. */
    public void halfClose() {
      out.onCompleted();
    }

    /** Breaks the stream off, as a proxy does that is killed. */
    public void breakOff() {
      out.onError(Status.CANCELLED.asRuntimeException());
    }

    /** Returns the next message of the function. */
    @SuppressWarnings("unchecked") // what is no status is a message
    public R hear() throws InterruptedException {
      Object next = heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (next == null || next instanceof Status) {
        throw new AssertionError("the function said nothing: " + next);
      }
      return (R) next;
    }

    /** Says whether nothing was said that was not heard. */
    public boolean isSilent() {
      return heard.isEmpty();
    }

    /** Waits for the end of the stream and returns its status; nothing is said before it. */
    public Status.Code ended() throws InterruptedException {
      if (heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS) instanceof Status status) {
        return status.getCode();
      }
      throw new AssertionError("the stream goes on");
    }

    @Override
    public void onNext(R message) {
      heard.add(message);
    }

    @Override
    public void onError(Throwable thrown) {
      heard.add(Status.fromThrowable(thrown));
    }

    @Override
    public void onCompleted() {
      heard.add(Status.OK);
    }
  }
}
