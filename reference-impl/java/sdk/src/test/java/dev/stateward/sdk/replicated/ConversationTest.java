package dev.stateward.sdk.replicated;

import static dev.stateward.sdk.replicated.Room.SERVICE;
import static dev.stateward.sdk.replicated.Room.added;
import static dev.stateward.sdk.replicated.Room.enters;
import static dev.stateward.sdk.replicated.Room.getPeople;
import static dev.stateward.sdk.replicated.Room.join;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import dev.stateward.discovery.v1.Capability;
import dev.stateward.entity.v1.Passivate;
import dev.stateward.replicated.v1.HandleRequest;
import dev.stateward.replicated.v1.HandleResponse;
import dev.stateward.replicated.v1.ReplicatedReply;
import dev.stateward.samples.presence.v1.CloseRoomRequest;
import dev.stateward.samples.presence.v1.GetPeopleRequest;
import dev.stateward.samples.presence.v1.GetPeopleResponse;
import dev.stateward.samples.presence.v1.JoinResponse;
import dev.stateward.samples.presence.v1.PresenceServiceGrpc;
import dev.stateward.sdk.Call;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.replicated.crdt.Codec;
import dev.stateward.sdk.replicated.crdt.Flag;
import dev.stateward.sdk.replicated.crdt.LWWRegister;
import dev.stateward.sdk.replicated.crdt.ORSet;
import dev.stateward.sdk.replicated.crdt.PNCounterMap;
import dev.stateward.sdk.replicated.crdt.Value;
import dev.stateward.sdk.sdktest.Replicated;
import io.grpc.Status;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/** What is said on a stream, and what is answered. */
class ConversationTest {
  private static final Call CALL =
      Call.of(PresenceServiceGrpc.getGetPeopleMethod(), GetPeopleRequest.getDefaultInstance());

  private static final HandleRequest CLOSE =
      Replicated.command(
          "e", 7, PresenceServiceGrpc.getCloseRoomMethod(), CloseRoomRequest.getDefaultInstance());

  private static final HandleRequest ANOTHER_TYPE = Replicated.delta(new Flag().delta());

  /** A watch that has nothing to say. */
  private static JoinResponse silent(News news) {
    return null;
  }

  private static Room opened() {
    return Room.open(enters(ConversationTest::silent));
  }

  private static HandleRequest with(HandleRequest command, String entityId, String name) {
    var other = command.toBuilder();
    other.getCommandBuilder().setEntityId(entityId).setName(name);
    return other.build();
  }

  private static ReplicatedReply reply(List<HandleResponse> answers) {
    assertTrue(answers.get(0).hasReply(), () -> "" + answers);
    return answers.get(0).getReply();
  }

  /** Checks that the answer is this refusal, and that nothing has happened (REP-FAIL-004). */
  private static void refused(Status.Code code, List<HandleResponse> answers) {
    var reply = reply(answers);
    assertEquals(1, answers.size(), () -> "" + answers);
    assertEquals(code.value(), reply.getClientAction().getFailure().getCode(), () -> "" + reply);
    assertFalse(reply.hasStateAction(), () -> "" + reply);
    assertEquals(0, reply.getSideEffectsCount());
    assertFalse(reply.getStreamed(), "REP-STREAM-002");
  }

  /** What is out of order ends the stream (REP-INIT-005 to REP-INIT-009, REP-DELTA-004). */
  @Test
  void outOfOrder() {
    var definition = Room.definition(null);
    var flag = new Flag().delta();
    new Room(definition).breaks(99, getPeople(99));
    new Room(definition).breaks(0, added("anna"));
    new Room(definition).breaks(0, HandleRequest.getDefaultInstance());
    new Room(definition).breaks(0, Replicated.init("nobody", "e"));
    new Room(definition).breaks(0, Replicated.init(SERVICE, ""));
    new Room(definition).breaks(0, Replicated.init(SERVICE, "e", flag));
    opened().breaks(0, Replicated.init(SERVICE, "e"));
    opened().breaks(0, HandleRequest.getDefaultInstance());
    opened().breaks(0, ANOTHER_TYPE);
    opened().breaks(3, with(getPeople(3), "f", "GetPeople"));
    opened().breaks(0, Replicated.streamCancelled("f", 1)); // REP-CMD-001
  }

  /**
   * Passivation ends the stream without a word, whatever its reason (LIFE-PASS-004, LIFE-PASS-005).
   */
  @Test
  void passivate() {
    var message = HandleRequest.newBuilder().setPassivate(Passivate.getDefaultInstance()).build();
    var said = opened().step(message);
    assertFalse(said.more().getAsBoolean());
    assertFalse(said.answers().hasNext());
  }

  /**
   * A command sees init, each delta and each update before it (REP-INIT-008, REP-DELTA-001,
   * REP-DELTA-002), and its update is its own change alone (REP-UPD-001, REP-DELTA-003).
   */
  @Test
  void values() {
    var room = new Room(Room.definition(enters(ConversationTest::silent)));
    assertEquals(List.of(), room.says(Replicated.init(SERVICE, "e", added("anna").getDelta())));
    room.sees("anna");
    var update = reply(room.says(join(1, "ben"))).getStateAction().getUpdate();
    assertEquals(added("ben").getDelta(), update);
    assertEquals(List.of(), room.says(added("cleo")));
    room.sees("anna", "ben", "cleo");
    assertFalse(reply(room.says(join(2, "cleo"))).hasStateAction(), "REP-UPD-002");
  }

  /** The state action has the write consistency that was asked for last (REP-WRITE-001). */
  @Test
  void writeConsistency() {
    var room =
        Room.open(
            (context, people, request) -> {
              people.add(request.getPerson());
              if (!request.getPerson().equals("anna")) {
                context.writeConsistency(WriteConsistency.ALL);
                context.writeConsistency(WriteConsistency.MAJORITY);
              }
              return Streamed.last(JoinResponse.getDefaultInstance());
            });
    assertEquals(
        WriteConsistency.LOCAL.wire,
        reply(room.says(join(1, "anna"))).getStateAction().getWriteConsistency());
    assertEquals(
        WriteConsistency.MAJORITY.wire,
        reply(room.says(join(2, "ben"))).getStateAction().getWriteConsistency());
  }

  /** A command that fails has done nothing (REP-FAIL-003), and neither has one without answer. */
  @Test
  void failures() {
    var unavailable = Status.UNAVAILABLE.withDescription("another service").asRuntimeException();
    fails(Status.Code.NOT_FOUND, new Refusal(Status.Code.NOT_FOUND, "nobody"));
    fails(Status.Code.UNKNOWN, new Refusal("wrong of the domain"));
    fails(Status.Code.UNAVAILABLE, unavailable);
  }

  private static void fails(Status.Code code, RuntimeException thrown) {
    var room =
        Room.open(
            (context, people, request) -> {
              if (request.getPerson().equals("anna")) {
                people.add("anna");
                return Streamed.last(null);
              }
              people.clear();
              people.add("ben");
              context.delete();
              context.effect(CALL, true);
              throw thrown;
            });
    room.says(join(1, "anna"));
    refused(code, room.says(join(2, "ben")));
    room.sees("anna");
  }

  /** What no method takes is refused (CORE-CMD-003, CORE-CMD-005). */
  @Test
  void commandsThatCannotBe() {
    var room = opened();
    refused(Status.Code.UNIMPLEMENTED, room.says(with(getPeople(1), "e", "Dance")));
    refused(Status.Code.INVALID_ARGUMENT, room.says(with(getPeople(2), "e", "Join")));
    var empty = getPeople(3).toBuilder();
    empty.getCommandBuilder().setPayload(Any.getDefaultInstance());
    refused(Status.Code.INVALID_ARGUMENT, room.says(empty.build()));
    room.sees();
  }

  /** A caller that takes one answer gets none where there is none. */
  @Test
  void noResponse() {
    var room = Room.open((context, people, request) -> Streamed.last(null));
    var reply = reply(room.says(join(1, "anna")));
    assertFalse(reply.hasClientAction(), "a streamed call may get nothing yet");
    assertFalse(reply.getStreamed());
    var once = join(2, "anna").toBuilder();
    once.getCommandBuilder().setStreamed(false);
    refused(Status.Code.INTERNAL, room.says(once.build()));
  }

  /** A forward takes the place of the response; the update stands beside it (REP-UPD-004). */
  @Test
  void forwards() {
    var room =
        Room.open(
            (context, people, request) -> {
              people.add("anna");
              context.forward(CALL);
              context.effect(CALL, true);
              return Streamed.last(null);
            });
    var reply = reply(room.says(join(1, "anna")));
    assertEquals("GetPeople", reply.getClientAction().getForward().getCommandName());
    assertEquals(1, reply.getSideEffectsCount());
    assertTrue(reply.getStateAction().hasUpdate());
  }

  /** A command of a read_only method changes nothing (CORE-READ-001). */
  @Test
  void readOnly() {
    for (BiConsumer<ReplicatedContext, ORSet<String>> act :
        List.<BiConsumer<ReplicatedContext, ORSet<String>>>of(
            (context, people) -> people.add("x"), (context, people) -> context.delete())) {
      var room =
          Room.open(
              reads(
                  new ORSet<>(Codec.STRING),
                  (context, people) -> {
                    act.accept(context, people);
                    return "";
                  }));
      refused(Status.Code.INTERNAL, room.says(getPeople(1)));
      refused(Status.Code.INTERNAL, room.says(getPeople(2))); // and not NOT_FOUND
    }
  }

  /** A register that nobody has created is not created by a reader. */
  @Test
  void readOnlyRegister() {
    var register = new LWWRegister<>(Codec.STRING, "new");
    var reply = reply(Room.open(reads(register, (context, r) -> r.get())).says(getPeople(1)));
    assertTrue(reply.getClientAction().hasReply(), () -> "" + reply);
    assertFalse(reply.hasStateAction(), () -> "" + reply);
  }

  private interface Reader<V> {
    String read(ReplicatedContext context, V value);
  }

  /** Returns a definition that can only read a room, whose value is this. */
  private static <V extends Value> ReplicatedEntity<V> reads(V value, Reader<V> reader) {
    return ReplicatedEntity.of(PresenceServiceGrpc.getServiceDescriptor(), "room", id -> value)
        .handle(
            PresenceServiceGrpc.getGetPeopleMethod(),
            (context, it, request) ->
                GetPeopleResponse.newBuilder().addPeople(reader.read(context, it)).build());
  }

  /** What belongs to a capability that is not in force is never sent (DISC-CAP-006). */
  @Test
  void mapsOfOneType() {
    var definition =
        ReplicatedEntity.of(
                PresenceServiceGrpc.getServiceDescriptor(),
                "room",
                id -> new PNCounterMap<>(Codec.STRING))
            .handleStreamed(
                PresenceServiceGrpc.getJoinMethod(),
                (context, people, request) -> {
                  people.increment(request.getPerson(), 1);
                  return Streamed.last(null);
                });
    refused(Status.Code.FAILED_PRECONDITION, Room.open(definition).says(join(1, "anna")));
    var able = Room.open(definition, Capability.CAPABILITY_REPLICATED_MAPS);
    var update = reply(able.says(join(1, "anna"))).getStateAction().getUpdate();
    assertEquals(1, update.getPncounterMap().getAddedCount());
  }

  /** A reply that deletes carries no update (REP-DEL-001), and nothing happens afterwards. */
  @Test
  void deletes() {
    var room =
        Room.open(
            (context, people, request) -> {
              people.add(request.getPerson());
              if (request.getPerson().equals("anna")) {
                return Streamed.open(news -> JoinResponse.getDefaultInstance());
              }
              context.writeConsistency(WriteConsistency.ALL);
              context.delete();
              return Streamed.open(ConversationTest::silent);
            });
    room.says(join(1, "anna"));
    var answers = room.says(join(2, "ben"));
    assertEquals(1, answers.size(), "news of a deleted entity");
    assertTrue(reply(answers).getStateAction().hasDelete());
    assertEquals(WriteConsistency.ALL.wire, reply(answers).getStateAction().getWriteConsistency());
    assertFalse(reply(answers).getStreamed());
    refused(Status.Code.NOT_FOUND, room.says(getPeople(3)));
    assertTrue(room.says(Replicated.streamCancelled("e", 1)).get(0).hasStreamCancelledResponse());
    room.breaks(0, added("cleo"));
  }

  /**
   * The same where the entity was deleted elsewhere, and where a unary method deletes it; a later
   * stream knows nothing of that (REP-DEL-002).
   */
  @Test
  void deleted() {
    var elsewhere = opened();
    assertEquals(List.of(), elsewhere.says(Replicated.delete()));
    refused(Status.Code.NOT_FOUND, elsewhere.says(join(1, "anna")));
    var here = opened();
    assertTrue(reply(here.says(CLOSE)).getStateAction().hasDelete());
    refused(Status.Code.NOT_FOUND, here.says(CLOSE));
    opened().sees();
  }

  /** A mistake of the author ends the stream, and its stack is in the log alone. */
  @Test
  void mistakes() {
    mistake(
        "a bug of the author",
        (context, people, request) -> {
          throw new IllegalStateException("a bug of the author");
        });
    mistake(
        "half of a surrogate pair",
        (context, people, request) -> {
          people.add("\ud800");
          return Streamed.last(null);
        });
    mistake(
        "a bug in a watch",
        enters(
            news -> {
              throw new IllegalStateException("a bug in a watch");
            }));
    mistake(
        "a watch has changed the value",
        (context, people, request) -> {
          people.add(request.getPerson());
          return Streamed.open(
              news -> {
                people.clear();
                return null;
              });
        });
  }

  private static void mistake(String log, Room.OnJoin join) {
    var room = Room.open(join);
    if (log.contains("watch")) { // which is asked about the second command
      room.says(join(1, "anna"));
    }
    room.breaks(2, join(2, "ben"));
    assertTrue(room.stream.log().contains(log), room.stream::log);
    assertTrue(room.stream.log().contains("ConversationTest"), room.stream::log);
  }
}
