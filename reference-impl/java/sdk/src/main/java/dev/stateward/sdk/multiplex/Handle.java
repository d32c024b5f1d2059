package dev.stateward.sdk.multiplex;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.stateward.entity.v1.Failure;
import dev.stateward.multiplex.v1.HandleRequest;
import dev.stateward.multiplex.v1.HandleResponse;
import dev.stateward.sdk.Connection;
import dev.stateward.sdk.EntityStream;
import dev.stateward.sdk.Host;
import dev.stateward.sdk.Kind;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/**
 * One activation. To the kind that serves it, it is a stream of its own. All but the methods of
 * Side are called under the session's lock.
 */
final class Handle<Q extends Message, R extends Message> implements EntityStream.Side<R> {
  private final Session session;
  private final Kind.Method<Q, R> kind;
  private final long number;
  private final Frames frames;
  private final Host host;
  private final int maxMessage; // the largest that the proxy takes, in bytes
  private final Context.CancellableContext scope;
  private final EntityStream<Q, R> stream;

  private final Balance in = new Balance(); // what the proxy may send
  private final Outgoing out;
  private boolean closed; // the proxy has sent close
  private boolean ended; // the last frame is decided
  private HandleResponse behind; // the last frame, where messages are to be sent first

  Handle(
      Session session,
      Kind.Method<Q, R> kind,
      long number,
      Host host,
      Connection connection,
      Context.CancellableContext scope) {
    this.session = session;
    this.kind = kind;
    this.number = number;
    this.frames = new Frames(number);
    this.out = new Outgoing(number);
    this.host = host;
    this.maxMessage = connection.maxMessage();
    this.scope = scope;
    this.stream = new EntityStream<>(host, kind, connection, scope, this);
    stream.open();
  }

  /** Takes a frame that is neither start nor open. */
  void hear(HandleRequest frame) {
    if (frame.hasClose() && (!closed || frame.getClose().getReset())) {
      close(frame.getClose().getReset());
    } else if (closed && !frame.hasCredit()) {
      fail(Status.Code.INVALID_ARGUMENT, "a frame behind close (MUX-WRONG-006)");
    } else if (!ended) { // otherwise it was under way (MUX-CLOSE-007)
      serve(frame);
    }
  }

  private void serve(HandleRequest frame) {
    switch (frame.getFrameCase()) {
      case MESSAGE -> message(frame.getMessage());
      case CREDIT -> {
        if (!out.give(frame.getCredit().getBytes())) {
          fail(
              Status.Code.INVALID_ARGUMENT,
              "credit of "
                  + frame.getCredit().getBytes()
                  + " bytes, which are not owed (MUX-WRONG-001)");
        }
        offer();
      }
      default ->
          fail(
              Status.Code.INVALID_ARGUMENT,
              "a frame without a case that is known here (MUX-WRONG-001)");
    }
  }

  /** Gives a message to the stream. */
  void message(ByteString message) {
    if (!in.admits(message.size())) {
      fail(
          Status.Code.INVALID_ARGUMENT,
          "a message of " + message.size() + " bytes with a balance of " + in + " (MUX-WRONG-001)");
      return;
    }
    in.take(message.size());
    Q read;
    try {
      read = kind.call().parseRequest(message.newInput());
    } catch (StatusRuntimeException e) {
      fail(Status.Code.INVALID_ARGUMENT, "a message that cannot be read (MUX-MSG-003)");
      return;
    }
    stream.hear(read, message.size());
  }

  /** Notes the proxy's close. A reset is acknowledged at once (MUX-CLOSE-003). */
  private void close(boolean reset) {
    closed = true;
    if (reset && !ended) {
      end(frames.closed());
    }
    stream.halfClose();
    if (out.isOver()) {
      session.done(number);
    }
  }

  /** Notes that nothing more comes on the session: no close, and no credit. */
  void noMore() {
    if (!closed) {
      close(false);
    }
    dropStuck();
  }

  /** Drops a message for which credit would have to come, where none does any more. */
  private void dropStuck() {
    if (session.isHalfClosed() && !ended && !out.isEmpty() && !out.isSendable()) {
      end(frames.closed());
    }
  }

  /** Ends the handle, and drops what it had to say. */
  void fail(Status.Code code, String description) {
    host.log().warning("handle " + number + " failed: " + description);
    end(frames.failure(code, description));
  }

  /** Decides the last frame, drops what waits, and releases who serves the handle. */
  private void end(HandleResponse frame) {
    if (!out.isOver()) {
      out.end(frame);
      release();
      session.outbox().soon(this);
    }
  }

  /** Ends what is done for the handle. */
  void release() {
    ended = true;
    stream.reset();
    scope.cancel(null);
  }

  boolean isSent() {
    return out.isOver();
  }

  /** Queues the handle, where its next message may be sent. */
  private void offer() {
    if (out.isSendable()) {
      session.outbox().ready(this);
    }
  }

  /** Returns the next message to write, which counts as sent; null where there is none. */
  HandleResponse nextMessage() {
    if (!out.isSendable()) {
      return null; // dropped since
    }
    HandleResponse frame = out.nextMessage();
    offer();
    dropStuck();
    if (out.isEmpty()) {
      if (behind != null) {
        end(behind);
      }
      stream.resume();
    }
    return frame;
  }

  /** Returns the last frame, or else credit, which then count as sent; null where there is none. */
  HandleResponse nextControl() {
    HandleResponse frame = out.nextControl();
    if (closed && out.isOver()) {
      session.done(number);
    }
    return frame;
  }

  /** There is room for a message where none waits for credit. */
  @Override
  public boolean isReady() {
    synchronized (session) {
      return out.isEmpty();
    }
  }

  /** Gives back the bytes of a message that is being handled (MUX-CREDIT-006). */
  @Override
  public void taken(int bytes) {
    synchronized (session) {
      if (!ended && in.give(bytes)) {
        out.owe(bytes);
        session.outbox().soon(this);
        session.flush();
      }
    }
  }

  @Override
  public void send(R answer) {
    ByteString message = answer.toByteString();
    Failure broken = kind.reads().failure().apply(answer);
    synchronized (session) {
      if (ended) {
        return;
      }
      if (message.size() > maxMessage) {
        fail(
            Status.Code.RESOURCE_EXHAUSTED,
            "a message of "
                + message.size()
                + " bytes, and the proxy takes "
                + maxMessage
                + " (MUX-LIMIT-005)");
      } else if (broken != null && !out.admits(message)) {
        fail(Status.Code.INTERNAL, broken.getDescription()); // there is no credit to say it by
      } else {
        out.add(message);
        offer();
        dropStuck();
      }
      session.flush();
    }
  }

  /** Ends the handle as the kind has ended its stream (MUX-FAIL-001), behind what it has said. */
  @Override
  public void end(Status status) {
    synchronized (session) {
      if (ended) {
        return;
      }
      behind =
          status.isOk()
              ? frames.closed()
              : frames.failure(status.getCode(), status.getDescription());
      if (out.isEmpty()) {
        end(behind);
      }
      session.flush();
    }
  }
}
