package dev.stateward.sdk.multiplex;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.stateward.multiplex.v1.HandleRequest;
import dev.stateward.multiplex.v1.HandleResponse;
import dev.stateward.sdk.Connection;
import dev.stateward.sdk.Host;
import dev.stateward.sdk.Kind;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.CallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One multiplexed stream. Its lock guards all of it, and its handles. */
final class Session implements StreamObserver<HandleRequest> {
  /** How many handles of a stream are served at once (MUX-LIMIT-003). */
  private static final int MAX_HANDLES = 1024;

  /**
   * Bounds those that are remembered: a proxy that opens more, and does not read that they fail,
   * loses the stream.
   */
  private static final int MAX_KNOWN = 2 * MAX_HANDLES;

  private final Host host;
  private final Map<String, Kind.Method<?, ?>> kinds;
  private final Connection connection;
  private final Context scope; // ends with the stream
  private final CallStreamObserver<HandleResponse> out;
  private final Outbox outbox = new Outbox();
  private final Runnable stop = this::drain;

  private final Map<Long, Handle<?, ?>> handles = new HashMap<>(); // those that are not done
  private Kind.Method<?, ?> kind; // null before start
  private long opened; // the last handle that was opened
  private boolean halfClosed; // nothing more comes from the proxy
  private boolean stopping; // the function stops
  private boolean over;

  Session(
      Host host,
      Map<String, Kind.Method<?, ?>> kinds,
      Connection connection,
      Context scope,
      CallStreamObserver<HandleResponse> out) {
    this.host = host;
    this.kinds = kinds;
    this.connection = connection;
    this.scope = scope;
    this.out = out;
  }

  /** Takes one frame of the proxy. It waits for nobody (MUX-READ-001). */
  @Override
  public synchronized void onNext(HandleRequest frame) {
    if (over) {
      return;
    }
    try {
      hear(frame);
    } catch (Wrong wrong) {
      over(wrong.status);
      return;
    }
    flush();
  }

  private void hear(HandleRequest frame) throws Wrong {
    if (frame.hasStart() || kind == null) {
      start(frame);
      return;
    }
    long number = frame.getHandle();
    if (frame.hasOpen()) {
      open(number, frame.getOpen().getMessage());
      return;
    }
    if (number < 1 || number > opened) {
      throw new Wrong("a frame for handle %d, which was never opened (MUX-WRONG-002)", number);
    }
    Handle<?, ?> handle = handles.get(number);
    if (handle != null) {
      handle.hear(frame);
    } else if (!frame.hasCredit() && !frame.getClose().getReset()) {
      // Otherwise it was under way (MUX-CLOSE-008).
      throw new Wrong("a frame for handle %d, which is done (MUX-WRONG-002)", number);
    }
  }

  /** Finds the kind of the stream. */
  private void start(HandleRequest frame) throws Wrong {
    if (!frame.hasStart()) {
      throw new Wrong("the first frame is not start (MUX-START-003)");
    }
    if (kind != null || frame.getHandle() != 0) {
      throw new Wrong("a second start, or one for a handle (MUX-WRONG-002)");
    }
    String type = frame.getStart().getEntityType();
    kind = kinds.get(type);
    if (kind == null) {
      throw new Wrong(
          Status.UNIMPLEMENTED.withDescription(
              "no stateful kind \"" + type + "\" here (MUX-START-004)"));
    }
  }

  /** Begins a handle, and lets the kind serve it. */
  private void open(long number, ByteString message) throws Wrong {
    if (number != opened + 1) {
      throw new Wrong("handle %d opened behind %d (MUX-OPEN-004)", number, opened);
    }
    if (handles.size() >= MAX_KNOWN) {
      throw new Wrong(
          Status.RESOURCE_EXHAUSTED.withDescription(
              "handles are opened, and what is said of them is not read"));
    }
    opened++;
    boolean crowded = handles.size() >= MAX_HANDLES;
    Handle<?, ?> handle = newHandle(kind, number);
    handles.put(number, handle);
    if (crowded) {
      handle.fail(
          Status.Code.RESOURCE_EXHAUSTED, MAX_HANDLES + " handles are open (MUX-LIMIT-007)");
    } else if (stopping) {
      handle.fail(Status.Code.UNAVAILABLE, "the function is stopping (MUX-DRAIN-002)");
    } else {
      handle.message(message);
    }
  }

  private <Q extends Message, R extends Message> Handle<Q, R> newHandle(
      Kind.Method<Q, R> of, long number) {
    return new Handle<>(this, of, number, host, connection, scope.withCancellation());
  }

  /** Writes what there is, while there is room, and ends the stream behind the last of it. */
  synchronized void flush() {
    while (!over && out.isReady()) {
      HandleResponse frame = outbox.next();
      if (frame == null) {
        break;
      }
      out.onNext(frame);
    }
    if (!over && (halfClosed || stopping) && handles.values().stream().allMatch(Handle::isSent)) {
      over(halfClosed ? Status.OK : Status.UNAVAILABLE.withDescription("the function is stopping"));
    }
  }

  /** Treats each handle as one that was closed: nothing more comes (MUX-END-003). */
  @Override
  public synchronized void onCompleted() {
    halfClosed = true;
    List.copyOf(handles.values()).forEach(Handle::noMore);
    flush();
  }

  @Override
  public void onError(Throwable thrown) {
    broken();
  }

  /** Releases every handle: the proxy has gone (MUX-END-004). */
  synchronized void broken() {
    over = true;
    host.ended(stop);
    handles.values().forEach(Handle::release);
    handles.clear();
  }

  /** Ends the stream, once: gRPC may call flush again before it has ended the call. */
  private void over(Status status) {
    broken();
    if (status.isOk()) {
      out.onCompleted();
    } else {
      out.onError(status.asRuntimeException());
    }
  }

  /** Returns what has the stream end once no handle is left, and lets none be opened. */
  Runnable stop() {
    return stop;
  }

  private synchronized void drain() {
    stopping = true;
    flush();
  }

  Outbox outbox() {
    return outbox;
  }

  boolean isHalfClosed() {
    return halfClosed;
  }

  /** Forgets a handle that is done. */
  void done(long number) {
    handles.remove(number);
  }

  /** The end of a stream on which the two sides do not agree on what is open. */
  private static final class Wrong extends Exception {
    private static final long serialVersionUID = 1;

    private final transient Status status;

    Wrong(Status status) {
      super(status.getDescription(), null, false, false);
      this.status = status;
    }

    Wrong(String reason, Object... args) {
      this(Status.INVALID_ARGUMENT.withDescription(String.format(reason, args)));
    }
  }
}
