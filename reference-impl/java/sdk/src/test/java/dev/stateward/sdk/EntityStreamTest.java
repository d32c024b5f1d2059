package dev.stateward.sdk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.stateward.entity.v1.Cancel;
import dev.stateward.eventsourced.v1.EventSourcedServiceGrpc;
import dev.stateward.eventsourced.v1.HandleRequest;
import dev.stateward.eventsourced.v1.HandleResponse;
import dev.stateward.samples.cart.v1.GetCartRequest;
import dev.stateward.samples.cart.v1.ShoppingCartServiceGrpc;
import dev.stateward.sdk.sdktest.EventSourced;
import io.grpc.Context;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.junit.jupiter.api.Test;

/** The loop around a conversation, whose worker works when the test lets it. */
class EntityStreamTest {
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final List<String> happened = new ArrayList<>();
  private boolean room = true; // for an answer
  private final EntityStream<HandleRequest, HandleResponse> stream =
      new EntityStream<>(
          new Host(TestStream.quiet(), tasks::add, new ScheduledThreadPoolExecutor(0)),
          new Kind.Method<>(
              EventSourcedServiceGrpc.getHandleMethod(),
              Noting::new,
              new Kind.Reads<>(
                  HandleRequest::getCommand,
                  message -> message.hasCancel() ? message.getCancel() : null,
                  answer -> null)),
          new Connection(),
          Context.ROOT,
          new Side());

  /** Notes its commands, whether each was cancelled when it began, and its end. */
  private final class Noting implements Conversation<HandleRequest, HandleResponse> {
    private final Surroundings context;

    Noting(Surroundings context) {
      this.context = context;
    }

    @Override
    public Step<HandleResponse> step(HandleRequest message) {
      try (var scope = CommandScope.open(context, message.getCommand())) {
        long id = message.getCommand().getId();
        happened.add(id + (Context.current().isCancelled() ? " cancelled" : ""));
      }
      return Step.nothing();
    }

    @Override
    public void close() {
      happened.add("closed");
    }
  }

  /** The end of a proxy that reads while there is room. */
  private final class Side implements EntityStream.Side<HandleResponse> {
    @Override
    public boolean isReady() {
      return room;
    }

    @Override
    public void taken(int bytes) {}

    @Override
    public void send(HandleResponse answer) {}

    @Override
    public void end(Status status) {
      happened.add(status.getCode().name());
    }
  }

  private static HandleRequest command(long id) {
    return EventSourced.command(
        "e", id, ShoppingCartServiceGrpc.getGetCartMethod(), GetCartRequest.getDefaultInstance());
  }

  private static HandleRequest cancel(long id) {
    return HandleRequest.newBuilder().setCancel(Cancel.newBuilder().setCommandId(id)).build();
  }

  /** Lets the worker do all that it was given. */
  private void work() {
    while (!tasks.isEmpty()) {
      tasks.remove().run();
    }
  }

  @Test // REP-TURN-007, CORE-CANCEL-004, ACT-REQ-003, MUX-MSG-005
  void cancelsOfCommandsThatWait() {
    stream.hear(command(1), 0);
    stream.hear(EventSourced.snapshotRequest(), 0);
    stream.hear(command(2), 0);
    stream.hear(command(3), 0);
    stream.hear(cancel(1), 0);
    stream.hear(cancel(2), 0);
    stream.hear(cancel(4), 0); // has not come
    stream.hear(command(4), 0);
    work();
    assertEquals(List.of("1 cancelled", "0", "2 cancelled", "3", "4"), happened);
  }

  @Test // ACT-FLOW-003
  void whoeverWaitsForRoomHoldsNoWorker() {
    room = false;
    stream.hear(command(1), 0);
    work();
    assertEquals(List.of(), happened);
    room = true;
    stream.resume();
    work();
    assertEquals(List.of("1"), happened);
  }

  @Test
  void aStreamThatEndsIsClosedOnce() {
    stream.halfClose();
    work();
    stream.reset();
    work();
    assertEquals(List.of("OK", "closed"), happened);
  }

  @Test // CORE-STREAM-005: what the worker has not begun is dropped
  void aStreamThatIsResetIsClosed() {
    stream.hear(command(1), 0);
    stream.reset();
    work();
    assertEquals(List.of("closed"), happened);
  }
}
