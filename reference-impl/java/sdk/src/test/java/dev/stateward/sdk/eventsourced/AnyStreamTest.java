package dev.stateward.sdk.eventsourced;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.stateward.entity.v1.Passivate;
import dev.stateward.eventsourced.v1.HandleRequest;
import dev.stateward.eventsourced.v1.HandleResponse;
import dev.stateward.sdk.sdktest.EventSourced;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Whatever comes: nothing is thrown, a command is answered once, and what is no command is answered
 * by nothing, by the state, or by the failure that ends the stream.
 */
class AnyStreamTest {
  /** Messages that stand somewhere in some stream. */
  @Provide
  Arbitrary<HandleRequest> messages() {
    var numbers = Arbitraries.longs().between(0, 4);
    var products =
        Arbitraries.of(
            "a", "refuse", "throw", "unknown", "apply", "null", "forward", "metadata", "delete");
    return Arbitraries.oneOf(
        Combinators.combine(numbers, products).as(Carts::add),
        numbers.map(Carts::get),
        numbers.map(Carts::remove),
        Combinators.combine(numbers, products)
            .as((sequence, product) -> EventSourced.event(sequence, Carts.added(product))),
        Arbitraries.of(
            HandleRequest.getDefaultInstance(),
            HandleRequest.newBuilder().setPassivate(Passivate.getDefaultInstance()).build(),
            EventSourced.snapshotRequest(),
            EventSourced.init(Carts.SERVICE, Carts.ID),
            EventSourced.init("nobody", Carts.ID)));
  }

  @Property
  void anyMessages(@ForAll List<@From("messages") HandleRequest> messages) {
    hold(new Carts(), messages);
    hold(Carts.opened(), messages);
  }

  /** Messages some of whose bytes are others; gRPC lets through those that can still be read. */
  @Property
  void anyBytes(@ForAll("messages") HandleRequest message, @ForAll int place, @ForAll byte other) {
    byte[] bytes = message.toByteArray();
    if (bytes.length > 0) {
      bytes[Math.floorMod(place, bytes.length)] = other;
    }
    try {
      hold(Carts.opened(), List.of(HandleRequest.parseFrom(ByteString.copyFrom(bytes))));
    } catch (InvalidProtocolBufferException e) {
      // gRPC ends the call
    }
  }

  private static void hold(Carts carts, List<HandleRequest> messages) {
    for (HandleRequest message : messages) {
      var said = carts.says(message);
      List<HandleResponse> answers = new ArrayList<>();
      said.answers().forEachRemaining(answers::add);
      if (message.hasCommand()) {
        assertEquals(1, answers.size(), "a command is answered once (CORE-CMD-002)");
        HandleResponse answer = answers.get(0);
        long id =
            answer.hasReply()
                ? answer.getReply().getCommandId()
                : answer.getFailure().getCommandId();
        assertEquals(message.getCommand().getId(), id);
      } else {
        assertTrue(answers.stream().noneMatch(HandleResponse::hasReply), "nobody has asked");
      }
      boolean failed = answers.stream().anyMatch(HandleResponse::hasFailure);
      assertFalse(failed && said.more().getAsBoolean(), "a failure ends the stream");
      if (!said.more().getAsBoolean()) {
        return;
      }
    }
  }
}
