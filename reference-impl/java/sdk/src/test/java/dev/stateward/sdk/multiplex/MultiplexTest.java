package dev.stateward.sdk.multiplex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
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
                        .addItems(LineItem.newBuilder().setName(LARGE + request.getUserId()))
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
    private long opened; // the last handle

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
      opened = handle;
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

    /** Returns the next frame that gives no credit (MUX-MSG-007, MUX-MSG-008). */
    dev.stateward.multiplex.v1.HandleResponse hear() throws InterruptedException {
      while (true) {
        var frame = stream.hear();
        assertTrue(frame.getHandle() > 0 && frame.getHandle() <= opened, frame::toString);
        assertTrue(!frame.hasMessage() || !frame.getMessage().isEmpty(), frame::toString);
        assertTrue(frame.getFrameCase().getNumber() != 0, frame::toString);
        if (!frame.hasCredit()) {
          return frame;
        }
      }
    }

    /** Checks that the next frame is the failure of this handle. */
    void failed(long handle, Status.Code code) throws InterruptedException {
      var frame = hear();
      assertEquals(handle, frame.getHandle(), frame::toString);
      assertEquals(code.value(), frame.getFailure().getCode(), frame::toString);
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

  @Test // MUX-READ-001, MUX-READ-003, MUX-CREDIT-003, MUX-MSG-002, MUX-CLOSE-002
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

  @Test // MUX-CREDIT-004 to MUX-CREDIT-007, MUX-FAIR-004
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

  @Test // MUX-CLOSE-003, MUX-CLOSE-004, MUX-CLOSE-008, MUX-OPEN-005
  void aResetWaitsForNoHandler() throws Exception {
    try (Served served = served()) {
      Frames frames = new Frames(served).start();
      frames.open(1);
      frames.say(1, add(1));
      frames.close(1, true);
      assertTrue(frames.hear().hasClosed());
      frames.credit(1, 1); // was under way
      frames.close(1, true);
      go.countDown();
      frames.open(2);
      frames.say(2, get(1));
      frames.answered(2, 1);
    }
  }

  @Test // MUX-WRONG-001, MUX-WRONG-007, MUX-MSG-003, MUX-FAIL-001, MUX-CLOSE-007, MUX-END-003
  void mistakesOnOneHandle() throws Exception {
    try (Served served = served()) {
      Frames frames = new Frames(served).start();
      for (long handle = 1; handle <= 3; handle++) {
        frames.open(handle);
      }
      frames.stream.say(Frames.frame(1).setMessage(ByteString.copyFromUtf8("\u0001")).build());
      assertEquals(Status.Code.INVALID_ARGUMENT.value(), frames.hear().getFailure().getCode());
      frames.say(1, get(1)); // was under way
      frames.credit(2, 1);
      assertEquals(Status.Code.INVALID_ARGUMENT.value(), frames.hear().getFailure().getCode());
      frames.say(3, get(1));
      frames.answered(3, 1);
      frames.stream.halfClose();
      assertTrue(frames.hear().hasClosed());
      assertEquals(Status.Code.OK, frames.stream.ended());
    }
  }

  @Test // MUX-WRONG-006
  void aMessageBehindClose() throws Exception {
    try (Served served = served()) {
      Frames frames = new Frames(served).start();
      frames.open(1);
      frames.say(1, add(1));
      frames.close(1, false);
      frames.say(1, get(2));
      frames.failed(1, Status.Code.INVALID_ARGUMENT);
      go.countDown();
    }
  }

  @Test // MUX-OPEN-003
  void anOpenThatIsNoInit() throws Exception {
    try (Served served = served()) {
      Frames frames = new Frames(served).start();
      frames.opened = 1;
      frames.stream.say(
          Frames.frame(1).setOpen(Open.newBuilder().setMessage(get(1).toByteString())).build());
      var failure = HandleResponse.parseFrom(frames.hear().getMessage()).getFailure();
      assertTrue(failure.getDescription().contains("ES-INIT-003"), failure::toString);
      assertTrue(frames.hear().hasClosed());
      frames.open(2);
      frames.say(2, get(1));
      frames.answered(2, 1);
    }
  }

  @Test // MUX-LIMIT-003, MUX-LIMIT-007
  void handlesAreBounded() throws Exception {
    try (Served served = served()) {
      Frames frames = new Frames(served).start();
      for (long handle = 1; handle <= 1025; handle++) {
        frames.open(handle);
      }
      frames.failed(1025, Status.Code.RESOURCE_EXHAUSTED);
      for (long handle : new long[] {1, 1024}) {
        frames.say(handle, get(1));
        frames.answered(handle, 1);
      }
    }
  }

  @Test // MUX-LIMIT-005
  void anAnswerThatTheProxyDoesNotTake() throws Exception {
    try (Served served = served()) {
      Frames frames = new Frames(served).start();
      frames.open(1);
      var request = GetCartRequest.newBuilder().setUserId("a".repeat(4 << 20)).build();
      frames.say(
          1, EventSourced.command("e", 1, ShoppingCartServiceGrpc.getGetCartMethod(), request));
      frames.failed(1, Status.Code.RESOURCE_EXHAUSTED);
    }
  }

  @Test // MUX-MSG-006, MUX-USE-003
  void plainStreamsBeside() throws Exception {
    try (Served served = served()) {
      Frames frames = new Frames(served).start();
      var plain = served.open(EventSourcedServiceGrpc.getHandleMethod());
      plain.say(EventSourced.init(ShoppingCartServiceGrpc.SERVICE_NAME, "e"));
      plain.say(get(1));
      assertTrue(plain.hear().hasReply());
      frames.open(1);
      UnknownFieldSet unknown =
          UnknownFieldSet.newBuilder()
              .addField(999, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
              .build();
      frames.stream.say(
          Frames.frame(1).setMessage(get(1).toByteString()).setUnknownFields(unknown).build());
      frames.answered(1, 1);
    }
  }

  @Test // MUX-END-004
  void aBrokenStreamIsReleased() throws Exception {
    try (Served served = served()) {
      Frames broken = new Frames(served).start();
      broken.open(1);
      broken.say(1, get(1));
      broken.answered(1, 1);
      broken.stream.breakOff();
      Frames frames = new Frames(served).start();
      frames.open(1);
      frames.say(1, get(1));
      frames.answered(1, 1);
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
