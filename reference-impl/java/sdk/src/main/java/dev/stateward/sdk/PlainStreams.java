package dev.stateward.sdk;

import com.google.protobuf.Message;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;

/**
 * Serves the calls of a kind, each on a gRPC stream of its own. gRPC's callbacks come on its own
 * threads, and wait for nobody.
 */
final class PlainStreams<Q extends Message, R extends Message> implements ServerCallHandler<Q, R> {
  private final Host host;
  private final Kind.Method<Q, R> kind;

  PlainStreams(Host host, Kind.Method<Q, R> kind) {
    this.host = host;
    this.kind = kind;
  }

  @Override
  public ServerCall.Listener<Q> startCall(ServerCall<Q, R> call, Metadata headers) {
    EntityStream<Q, R> stream =
        new EntityStream<>(host, kind, Connection.current(), Context.current(), new Side<>(call));
    call.request(1);
    stream.open();
    return new ServerCall.Listener<>() {
      @Override
      public void onMessage(Q message) {
        stream.hear(message, 0);
      }

      @Override
      public void onHalfClose() {
        stream.halfClose();
      }

      @Override
      public void onCancel() {
        stream.reset();
      }

      @Override
      public void onReady() {
        stream.resume();
      }
    };
  }

  /**
   * The proxy's end of a call. One message is read ahead; gRPC's flow control holds up the rest.
   */
  private static final class Side<Q, R> implements EntityStream.Side<R> {
    private final ServerCall<Q, R> call;
    private boolean headed; // of whoever runs the stream

    Side(ServerCall<Q, R> call) {
      this.call = call;
    }

    @Override
    public boolean isReady() {
      return call.isReady();
    }

    @Override
    public void taken(int bytes) {
      call.request(1);
    }

    @Override
    public void send(R answer) {
      head();
      call.sendMessage(answer);
    }

    @Override
    public void end(Status status) {
      if (status.isOk()) {
        head();
      }
      call.close(status, new Metadata());
    }

    private void head() {
      if (!headed) {
        headed = true;
        call.sendHeaders(new Metadata());
      }
    }
  }
}
