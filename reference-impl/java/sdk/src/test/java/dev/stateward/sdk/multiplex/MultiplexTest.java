package dev.stateward.sdk.multiplex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.stateward.eventsourced.v1.EventSourcedServiceGrpc;
import dev.stateward.eventsourced.v1.HandleRequest;
import dev.stateward.eventsourced.v1.HandleResponse;
import dev.stateward.multiplex.v1.Close;
import dev.stateward.multiplex.v1.Credit;
import dev.stateward.multiplex.v1.MultiplexServiceGrpc;
import dev.stateward.multiplex.v1.Open;
import dev.stateward.multiplex.v1.Start;
import dev.stateward.samples.cart.v1.AddItemRequest;
import dev.stateward.samples.cart.v1.AddItemResponse;
import dev.stateward.samples.cart.v1.GetCartRequest;
import dev.stateward.samples.cart.v1.GetCartResponse;
import dev.stateward.samples.cart.v1.LineItem;
import dev.stateward.samples.cart.v1.RemoveItemResponse;
import dev.stateward.samples.cart.v1.ShoppingCartServiceGrpc;
import dev.stateward.sdk.Config;
import dev.stateward.sdk.eventsourced.EventSourcedEntity;
import dev.stateward.sdk.sdktest.EventSourced;
import dev.stateward.sdk.sdktest.Served;
import io.grpc.Status;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** A proxy that has several entities on one stream. */
class MultiplexTest {
  private static final String LARGE = "a".repeat(40_000); // two of them exceed the window

  private final CountDownLatch go = new CountDownLatch(1); // AddItem may end

  private Served served() throws Exception {
    var entity =
        EventSourcedEntity.of(
                ShoppingCartServiceGrpc.getServiceDescriptor(), "carts", id -> new Object())
            .handle(
                ShoppingCartServiceGrpc.getAddItemMethod(),
                (context, state, request) -> {
                  try {
                    go.await();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                  return AddItemResponse.getDefaultInstance();
                })
            .handle(
                ShoppingCartServiceGrpc.getRemoveItemMethod(),
                (context, state, request) -> RemoveItemResponse.getDefaultInstance())
            .handle(
                ShoppingCartServiceGrpc.getGetCartMethod(),
                (context, state, request) ->
                    GetCartResponse.newBuilder()
                        .addItems(LineItem.newBuilder().setName(LARGE))
                        .build());
    Logger quiet = Logger.getAnonymousLogger();
    quiet.setUseParentHandlers(false);
    return new Served(Config.of("carts", "1", entity).withLog(quiet));
  }

  /** A multiplexed stream. */
  private static final class Frames {
    private final Served.Stream<
            dev.stateward.multiplex.v1.HandleRequest, dev.stateward.multiplex.v1.HandleResponse>
        stream;

    Frames(Served served) {
      stream = served.open(MultiplexServiceGrpc.getHandleMethod());
    }

    Frames start() {
      stream.say(
          frame(0)
              .setStart(Start.newBuilder().setEntityType(EventSourcedServiceGrpc.SERVICE_NAME))
              .build());
      return this;
    }

    void open(long handle) {
      ByteString init = EventSourced.init(ShoppingCartServiceGrpc.SERVICE_NAME, "e").toByteString();
      stream.say(frame(handle).setOpen(Open.newBuilder().setMessage(init)).build());
    }

    void say(long handle, HandleRequest message) {
      stream.say(frame(handle).setMessage(message.toByteString()).build());
    }

    void close(long handle, boolean reset) {
      stream.say(frame(handle).setClose(Close.newBuilder().setReset(reset)).build());
    }

    void credit(long handle, long bytes) {
      stream.say(frame(handle).setCredit(Credit.newBuilder().setBytes(bytes)).build());
    }

    static dev.stateward.multiplex.v1.HandleRequest.Builder frame(long handle) {
      return dev.stateward.multiplex.v1.HandleRequest.newBuilder().setHandle(handle);
    }

    /** Returns the next frame that gives no credit. */
    dev.stateward.multiplex.v1.HandleResponse hear() throws InterruptedException {
      var frame = stream.hear();
      while (frame.hasCredit()) {
        frame = stream.hear();
      }
      return frame;
    }

    /** Returns the bytes of the answer to this command, which is the next frame. */
    int answered(long handle, long command) throws Exception {
      var frame = hear();
      assertEquals(handle, frame.getHandle());
      HandleResponse answer = HandleResponse.parseFrom(frame.getMessage());
      assertEquals(command, answer.getReply().getCommandId());
      return frame.getMessage().size();
    }
  }

  private static HandleRequest get(long id) {
    return EventSourced.command(
        "e", id, ShoppingCartServiceGrpc.getGetCartMethod(), GetCartRequest.getDefaultInstance());
  }

  private static HandleRequest add(long id) {
    return EventSourced.command(
        "e", id, ShoppingCartServiceGrpc.getAddItemMethod(), AddItemRequest.getDefaultInstance());
  }

  @Test // MUX-READ-003, MUX-CREDIT-003
  void oneHandleWaitsForNoOther() throws Exception {
    try (Served served = served()) {
      Frames frames = new Frames(served).start();
      frames.open(1);
      frames.open(2);
      frames.say(1, add(1)); // is being handled
      frames.say(2, get(1));
      int bytes = frames.answered(2, 1);
      frames.say(2, get(2)); // there is no credit for its answer
      frames.open(3);
      frames.say(3, get(1));
      frames.answered(3, 1);
      frames.credit(2, bytes);
      frames.answered(2, 2);
      go.countDown();
      frames.answered(1, 1);
      frames.close(1, false);
      assertTrue(frames.hear().hasClosed());
    }
  }

  @Test // MUX-CREDIT-005, MUX-CREDIT-006
  void bytesAreGivenBackBeforeTheAnswer() throws Exception {
    try (Served served = served()) {
      Frames frames = new Frames(served).start();
      frames.open(1);
      frames.say(1, add(1));
      long init = EventSourced.init(ShoppingCartServiceGrpc.SERVICE_NAME, "e").getSerializedSize();
      long given = 0;
      while (given < init + add(1).getSerializedSize()) {
        given += frames.stream.hear().getCredit().getBytes();
      }
      assertEquals(init + add(1).getSerializedSize(), given);
      go.countDown();
      frames.answered(1, 1);
    }
  }

  @Test // MUX-CLOSE-003, MUX-CLOSE-004
  void aResetWaitsForNoHandler() throws Exception {
    try (Served served = served()) {
      Frames frames = new Frames(served).start();
      frames.open(1);
      frames.say(1, add(1));
      frames.close(1, true);
      assertTrue(frames.hear().hasClosed());
      go.countDown();
      frames.open(2);
      frames.say(2, get(1));
      frames.answered(2, 1);
    }
  }

  @Test // MUX-WRONG-001, MUX-WRONG-007, MUX-MSG-003, MUX-END-003
  void mistakesOnOneHandle() throws Exception {
    try (Served served = served()) {
      Frames frames = new Frames(served).start();
      for (long handle = 1; handle <= 3; handle++) {
        frames.open(handle);
      }
      frames.stream.say(Frames.frame(1).setMessage(ByteString.copyFromUtf8("\u0001")).build());
      assertEquals(Status.Code.INVALID_ARGUMENT.value(), frames.hear().getFailure().getCode());
      frames.credit(2, 1);
      assertEquals(Status.Code.INVALID_ARGUMENT.value(), frames.hear().getFailure().getCode());
      frames.say(3, get(1));
      frames.answered(3, 1);
      frames.stream.halfClose();
      assertTrue(frames.hear().hasClosed());
      assertEquals(Status.Code.OK, frames.stream.ended());
    }
  }

  @Test // MUX-END-003
  void halfCloseWhereCreditWouldHaveToCome() throws Exception {
    try (Served served = served()) {
      Frames frames = new Frames(served).start();
      frames.open(1);
      frames.say(1, get(1));
      frames.say(1, get(2));
      frames.answered(1, 1);
      frames.stream.halfClose();
      assertTrue(frames.hear().hasClosed());
      assertEquals(Status.Code.OK, frames.stream.ended());
    }
  }

  @Test // MUX-START-003, MUX-START-004, MUX-OPEN-004, MUX-WRONG-002
  void mistakesOfTheStream() throws Exception {
    try (Served served = served()) {
      Frames frames = new Frames(served);
      frames.open(1);
      assertEquals(Status.Code.INVALID_ARGUMENT, frames.stream.ended());
      frames = new Frames(served);
      frames.stream.say(Frames.frame(0).setStart(Start.getDefaultInstance()).build());
      assertEquals(Status.Code.UNIMPLEMENTED, frames.stream.ended());
      frames = new Frames(served).start();
      frames.open(2);
      assertEquals(Status.Code.INVALID_ARGUMENT, frames.stream.ended());
      frames = new Frames(served).start();
      frames.credit(1, 1);
      assertEquals(Status.Code.INVALID_ARGUMENT, frames.stream.ended());
      frames = new Frames(served).start().start();
      assertEquals(Status.Code.INVALID_ARGUMENT, frames.stream.ended());
    }
  }
}
