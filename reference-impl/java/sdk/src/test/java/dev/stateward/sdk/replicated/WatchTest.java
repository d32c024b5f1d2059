package dev.stateward.sdk.replicated;

import static dev.stateward.sdk.replicated.Room.added;
import static dev.stateward.sdk.replicated.Room.enters;
import static dev.stateward.sdk.replicated.Room.join;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.stateward.replicated.v1.HandleResponse;
import dev.stateward.replicated.v1.StreamCancelledResponse;
import dev.stateward.replicated.v1.StreamedMessage;
import dev.stateward.samples.presence.v1.GetPeopleRequest;
import dev.stateward.samples.presence.v1.JoinResponse;
import dev.stateward.samples.presence.v1.PresenceServiceGrpc;
import dev.stateward.sdk.Call;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.replicated.crdt.ORSet;
import dev.stateward.sdk.sdktest.Replicated;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/** Streamed calls, from their reply to their end. */
class WatchTest {
  private static final Call CALL =
      Call.of(PresenceServiceGrpc.getGetPeopleMethod(), GetPeopleRequest.getDefaultInstance());

  /** Who joins as this is told the number of people, and the call of the second ends with that. */
  private static Room counting() {
    return Room.open(
        (context, people, request) -> {
          people.add(request.getPerson());
          return Streamed.open(
              news -> {
                if (news.entityId().equals("e") && people.size() == 3) {
                  news.end();
                }
                return JoinResponse.newBuilder().addPeople("" + people.size()).build();
              });
        });
  }

  private static StreamedMessage message(HandleResponse answer) {
    assertTrue(answer.hasStreamedMessage(), () -> "" + answer);
    return answer.getStreamedMessage();
  }

  /**
   * News come behind the reply that caused them (REP-STREAM-001), of commands and of deltas, to
   * those whose calls are open (REP-STREAM-002), until they end (REP-STREAM-004).
   */
  @Test
  void news() {
    var room = counting();
    var first = room.says(join(1, "anna"));
    assertEquals(1, first.size(), "news of its own command");
    assertTrue(first.get(0).getReply().getStreamed());
    assertEquals(1, room.says(join(2, "anna")).size(), "news of nothing");
    var told = room.says(added("ben"));
    assertEquals(List.of(1L, 2L), told.stream().map(a -> message(a).getCommandId()).toList());
    assertFalse(message(told.get(0)).getEndStream());
    assertEquals(List.of(), room.says(added("ben")), "news of nothing from elsewhere");
    var last = room.says(join(3, "cleo"));
    assertTrue(last.get(0).hasReply());
    assertEquals(
        List.of(1L, 2L), last.stream().skip(1).map(a -> message(a).getCommandId()).toList());
    assertTrue(message(last.get(1)).getEndStream());
    var others = room.says(added("dan"));
    assertEquals(List.of(3L), others.stream().map(a -> message(a).getCommandId()).toList());
  }

  /**
   * A command without streamed keeps no call open, whatever its handler returns (REP-STREAM-003).
   */
  @Test
  void once() {
    var room = counting();
    var command = join(1, "anna").toBuilder();
    command.getCommandBuilder().setStreamed(false);
    assertFalse(room.says(command.build()).get(0).getReply().getStreamed());
    assertEquals(List.of(), room.says(added("ben")));
  }

  /** A watch may have nothing to say, only effects, or only its end. */
  @Test
  void withoutResponse() {
    var room =
        Room.open(
            enters(
                news -> {
                  news.effect(CALL, true);
                  return null;
                }));
    room.says(join(1, "anna"));
    var effects = message(room.says(added("ben")).get(0));
    assertFalse(effects.hasClientAction());
    assertEquals(1, effects.getSideEffectsCount());

    var ends =
        Room.open(
            enters(
                news -> {
                  news.end();
                  return null;
                }));
    ends.says(join(1, "anna"));
    assertTrue(message(ends.says(added("ben")).get(0)).getEndStream());
    assertEquals(List.of(), ends.says(added("cleo")));
  }

  /** A watch that refuses ends its call with that, without effects (REP-STREAM-004). */
  @Test
  void refuses() {
    var room =
        Room.open(
            enters(
                news -> {
                  news.effect(CALL, true);
                  throw new Refusal("no more");
                }));
    room.says(join(1, "anna"));
    var message = message(room.says(added("ben")).get(0));
    assertEquals("no more", message.getClientAction().getFailure().getDescription());
    assertEquals(0, message.getSideEffectsCount());
    assertFalse(message.getEndStream()); // stream_cancelled is to come
    assertEquals(List.of(), room.says(added("cleo")));
    assertEquals(1, cancel(room, 1).getCommandId());
  }

  private static StreamCancelledResponse cancel(Room room, long id) {
    var answers = room.says(Replicated.streamCancelled("e", id));
    assertEquals(1, answers.size(), () -> "" + answers);
    assertTrue(answers.get(0).hasStreamCancelledResponse());
    return answers.get(0).getStreamCancelledResponse();
  }

  /** Returns a room in which every call does this at its end. */
  private static Room leaving(BiConsumer<ReplicatedContext, ORSet<String>> leave) {
    return Room.open(
        (context, people, request) -> {
          people.add(request.getPerson());
          return Streamed.open(
              JoinResponse.getDefaultInstance(),
              new Watch<>() {
                @Override
                public JoinResponse changed(News news) {
                  return request.getPerson().equals("anna")
                      ? null
                      : JoinResponse.getDefaultInstance();
                }

                @Override
                public void cancelled(ReplicatedContext left) {
                  people.remove(request.getPerson());
                  leave.accept(left, people);
                }
              });
        });
  }

  /**
   * The end of a call may change the value, in its response alone (REP-CANCEL-005); those who watch
   * are told behind it. It says no more (REP-CANCEL-004).
   */
  @Test
  void cancelled() {
    var room =
        leaving(
            (left, people) -> {
              left.writeConsistency(WriteConsistency.ALL);
              left.effect(CALL, false);
            });
    room.says(join(1, "anna"));
    room.says(join(2, "ben"));
    var answers = room.says(Replicated.streamCancelled("e", 1));
    var response = answers.get(0).getStreamCancelledResponse();
    assertEquals(1, response.getCommandId());
    assertEquals(1, response.getSideEffectsCount());
    assertEquals(
        1, response.getStateAction().getUpdate().getOrset().getRemovedCount(), "who has left");
    assertEquals(WriteConsistency.ALL.wire, response.getStateAction().getWriteConsistency());
    assertEquals(2, answers.size());
    assertEquals(2, message(answers.get(1)).getCommandId());
    room.sees("ben");
    assertEquals(nothing(1), cancel(room, 1), "it had ended already (REP-CANCEL-003)");
    assertEquals(nothing(77), cancel(room, 77), "it never was");
    room.sees("ben");
  }

  private static StreamCancelledResponse nothing(long id) {
    return StreamCancelledResponse.newBuilder().setCommandId(id).build();
  }

  /** A call of an entity that is deleted has ended with it. */
  @Test
  void cancelledOfWhatIsDeleted() {
    var room = leaving((left, people) -> left.effect(CALL, false));
    room.says(join(1, "anna"));
    room.says(Replicated.delete());
    assertEquals(nothing(1), cancel(room, 1));
  }

  /** A watch can tell that the proxy has given up the stream. */
  @Test
  void givenUp() {
    List<Boolean> cancelled = new ArrayList<>();
    var room =
        Room.open(
            enters(
                news -> {
                  cancelled.add(news.isCancelled());
                  return null;
                }));
    room.says(join(1, "anna"));
    room.says(added("ben"));
    room.stream.giveUp();
    room.says(added("cleo"));
    assertEquals(List.of(false, true), cancelled);
  }

  /** An end that is refused has done nothing, and only the log hears of it. */
  @Test
  void cancelledInVain() {
    var room =
        leaving(
            (left, people) -> {
              left.effect(CALL, false);
              throw new Refusal("may not leave");
            });
    room.says(join(1, "anna"));
    var response = cancel(room, 1);
    assertFalse(response.hasStateAction());
    assertEquals(0, response.getSideEffectsCount());
    assertTrue(room.stream.log().contains("may not leave"), room.stream::log);
    room.sees("anna");
  }

  /** The end of a call may delete the entity. */
  @Test
  void cancelledAndDeleted() {
    var room = leaving((left, people) -> left.delete());
    room.says(join(1, "anna"));
    assertTrue(cancel(room, 1).getStateAction().hasDelete());
  }

  /** A mistake there ends the stream. */
  @Test
  void cancelledByMistake() {
    var room =
        leaving(
            (left, people) -> {
              throw new IllegalStateException("a bug at the end");
            });
    room.says(join(1, "anna"));
    room.breaks(0, Replicated.streamCancelled("e", 1));
    assertTrue(room.stream.log().contains("a bug at the end"), room.stream::log);
  }
}
