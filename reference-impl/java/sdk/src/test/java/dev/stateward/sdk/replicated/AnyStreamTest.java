package dev.stateward.sdk.replicated;

import static dev.stateward.sdk.replicated.Room.SERVICE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.stateward.entity.v1.Passivate;
import dev.stateward.replicated.v1.HandleRequest;
import dev.stateward.replicated.v1.HandleResponse;
import dev.stateward.samples.presence.v1.CloseRoomRequest;
import dev.stateward.samples.presence.v1.JoinRequest;
import dev.stateward.samples.presence.v1.JoinResponse;
import dev.stateward.samples.presence.v1.PresenceServiceGrpc;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.replicated.crdt.Codec;
import dev.stateward.sdk.replicated.crdt.Flag;
import dev.stateward.sdk.replicated.crdt.ORSet;
import dev.stateward.sdk.sdktest.Replicated;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Whatever comes: nothing is thrown, a command and the end of a call get exactly one answer, news
 * come behind it, and anything else gets news or ends the stream by a failure (REP-TURN-001,
 * REP-STREAM-001, REP-CANCEL-011).
 */
class AnyStreamTest {
  private static final String[] PEOPLE = {"anna", "ben", "end", "fail"};

  /** Messages that stand somewhere in some stream. */
  @Provide
  Arbitrary<HandleRequest> messages() {
    var ids = Arbitraries.longs().between(0, 4);
    var people = Arbitraries.of(PEOPLE);
    return Arbitraries.oneOf(
        Combinators.combine(ids, people).as(Room::join),
        ids.map(Room::getPeople),
        people.map(Room::added),
        ids.map(id -> Replicated.streamCancelled("e", id)),
        Arbitraries.of(
            HandleRequest.getDefaultInstance(),
            HandleRequest.newBuilder().setPassivate(Passivate.getDefaultInstance()).build(),
            Replicated.init(SERVICE, "e"),
            Replicated.init("nobody", "e"),
            Replicated.delete(),
            Replicated.delta(new Flag().delta()),
            Replicated.delta(new ORSet<>(Codec.STRING).delta()),
            Replicated.streamCancelled("f", 1),
            Replicated.command(
                "e",
                5,
                PresenceServiceGrpc.getCloseRoomMethod(),
                CloseRoomRequest.getDefaultInstance())));
  }

  @Property
  void anyMessages(@ForAll List<@From("messages") HandleRequest> messages) {
    hold(Room.open(AnyStreamTest::enter), messages);
  }

  @Property
  void anyBeginning(@ForAll List<@From("messages") HandleRequest> messages) {
    hold(new Room(Room.definition(AnyStreamTest::enter)), messages);
  }

  /** Messages some of whose bytes are others; gRPC lets through those that can still be read. */
  @Property
  void anyBytes(
      @ForAll List<@From("messages") HandleRequest> messages,
      @ForAll List<Integer> places,
      @ForAll byte[] values) {
    hold(
        Room.open(AnyStreamTest::enter),
        messages.stream().flatMap(message -> spoilt(message, places, values).stream()).toList());
  }

  private static Optional<HandleRequest> spoilt(
      HandleRequest message, List<Integer> places, byte[] values) {
    var bytes = message.toByteArray();
    for (var i = 0; bytes.length > 0 && i < Math.min(places.size(), values.length); i++) {
      bytes[Math.floorMod(places.get(i), bytes.length)] = values[i];
    }
    try {
      return Optional.of(HandleRequest.parseFrom(bytes));
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }

  /** Enters, and fails or ends its call where the name says so. */
  private static Streamed<JoinResponse> enter(
      ReplicatedContext context, ORSet<String> people, JoinRequest request) {
    people.add(request.getPerson());
    if (request.getPerson().equals("fail")) {
      throw new Refusal("asked to fail");
    }
    return Streamed.open(
        JoinResponse.getDefaultInstance(),
        new Watch<>() {
          @Override
          public JoinResponse changed(News news) {
            if (request.getPerson().equals("end")) {
              news.end();
            }
            return JoinResponse.getDefaultInstance();
          }

          @Override
          public void cancelled(ReplicatedContext left) {
            people.remove(request.getPerson());
          }
        });
  }

  private static void hold(Room room, List<HandleRequest> messages) {
    for (var message : messages) {
      if (message.hasCancel()) {
        continue; // the stream hears it
      }
      var said = room.step(message);
      judge(message, Room.all(said), said.more().getAsBoolean());
      assertFalse(room.stream.log().contains("exception"), room.stream::log);
      if (!said.more().getAsBoolean()) {
        return;
      }
    }
  }

  /** Checks what must hold of the answers to any message. */
  private static void judge(HandleRequest message, List<HandleResponse> answers, boolean more) {
    var owed = message.hasCommand() || message.hasStreamCancelled();
    assertTrue(
        !answers.isEmpty() || !owed && (more || message.hasPassivate()),
        () -> "nothing answers " + message);
    for (var i = 0; i < answers.size(); i++) {
      var answer = answers.get(i);
      assertNotNull(answer.toByteString());
      switch (answer.getMessageCase()) {
        case FAILURE -> {
          assertEquals(1, answers.size());
          assertFalse(more, () -> "goes on after " + answer);
          var id = answer.getFailure().getCommandId();
          assertTrue(id == 0 || id == message.getCommand().getId(), () -> "" + answer);
        }
        case STREAMED_MESSAGE -> assertTrue(i > 0 || message.hasDelta(), "news come first");
        case REPLY -> {
          assertEquals(0, i);
          assertTrue(message.hasCommand());
          assertEquals(message.getCommand().getId(), answer.getReply().getCommandId());
        }
        case STREAM_CANCELLED_RESPONSE -> {
          assertEquals(0, i);
          assertTrue(message.hasStreamCancelled());
          assertEquals(
              message.getStreamCancelled().getId(),
              answer.getStreamCancelledResponse().getCommandId());
        }
        default -> throw new AssertionError("an answer without case to " + message);
      }
    }
  }
}
