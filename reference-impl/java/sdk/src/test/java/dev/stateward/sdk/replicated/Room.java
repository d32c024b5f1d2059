package dev.stateward.sdk.replicated;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.stateward.discovery.v1.Capability;
import dev.stateward.replicated.v1.HandleRequest;
import dev.stateward.replicated.v1.HandleResponse;
import dev.stateward.samples.presence.v1.CloseRoomResponse;
import dev.stateward.samples.presence.v1.GetPeopleRequest;
import dev.stateward.samples.presence.v1.GetPeopleResponse;
import dev.stateward.samples.presence.v1.JoinRequest;
import dev.stateward.samples.presence.v1.JoinResponse;
import dev.stateward.samples.presence.v1.PresenceServiceGrpc;
import dev.stateward.sdk.Conversation;
import dev.stateward.sdk.Step;
import dev.stateward.sdk.TestStream;
import dev.stateward.sdk.replicated.crdt.Codec;
import dev.stateward.sdk.replicated.crdt.ORSet;
import dev.stateward.sdk.sdktest.Replicated;
import java.util.ArrayList;
import java.util.List;

/** The stream of one room, whose value is the set of the people in it. */
final class Room {
  static final String SERVICE = PresenceServiceGrpc.SERVICE_NAME;

  /** What a test's handler of Join does. */
  interface OnJoin extends Handler<ORSet<String>, JoinRequest, Streamed<JoinResponse>> {}

  final TestStream stream;
  private final Conversation<HandleRequest, HandleResponse> conversation;

  /** A room of this definition, before init. */
  Room(ReplicatedEntity<?> definition, Capability... announced) {
    stream = new TestStream(announced);
    conversation = stream.converse(definition);
  }

  /** Returns the stream of a room whose Join does this, behind init. */
  static Room open(OnJoin join) {
    return open(definition(join));
  }

  /** Returns the stream of a room, behind init. */
  static Room open(ReplicatedEntity<?> definition, Capability... announced) {
    var room = new Room(definition, announced);
    assertEquals(List.of(), room.says(Replicated.init(SERVICE, "e")));
    return room;
  }

  static ReplicatedEntity<ORSet<String>> definition(OnJoin join) {
    return ReplicatedEntity.of(
            PresenceServiceGrpc.getServiceDescriptor(), "room", id -> new ORSet<>(Codec.STRING))
        .handleStreamed(PresenceServiceGrpc.getJoinMethod(), join)
        .handle(
            PresenceServiceGrpc.getGetPeopleMethod(),
            (context, people, request) ->
                GetPeopleResponse.newBuilder()
                    .addAllPeople(people.stream().sorted().toList())
                    .build())
        .handle(
            PresenceServiceGrpc.getCloseRoomMethod(),
            (context, people, request) -> {
              context.delete();
              return CloseRoomResponse.getDefaultInstance();
            });
  }

  /** Returns the handler that adds the person, and keeps the call open. */
  static OnJoin enters(Watch<JoinResponse> watch) {
    return (context, people, request) -> {
      people.add(request.getPerson());
      return Streamed.open(JoinResponse.getDefaultInstance(), watch);
    };
  }

  static HandleRequest join(long id, String person) {
    return Replicated.command(
        "e",
        id,
        PresenceServiceGrpc.getJoinMethod(),
        JoinRequest.newBuilder().setRoomId("e").setPerson(person).build());
  }

  static HandleRequest getPeople(long id) {
    return Replicated.command(
        "e",
        id,
        PresenceServiceGrpc.getGetPeopleMethod(),
        GetPeopleRequest.newBuilder().setRoomId("e").build());
  }

  /** Returns the change from elsewhere that adds a person. */
  static HandleRequest added(String person) {
    var set = new ORSet<>(Codec.STRING);
    set.add(person);
    return Replicated.delta(set.delta());
  }

  Step<HandleResponse> step(HandleRequest message) {
    return conversation.step(message);
  }

  /** Returns what the message is answered with; the stream goes on. */
  List<HandleResponse> says(HandleRequest message) {
    var said = step(message);
    assertTrue(said.more().getAsBoolean(), () -> "ended: " + all(said) + stream.log());
    return all(said);
  }

  /** Checks that the message ends the stream, by one failure of the command with this id. */
  void breaks(long commandId, HandleRequest message) {
    var said = step(message);
    var answers = all(said);
    assertEquals(
        List.of(false, 1), List.of(said.more().getAsBoolean(), answers.size()), () -> "" + answers);
    assertEquals(commandId, answers.get(0).getFailure().getCommandId());
    assertTrue(!answers.get(0).getFailure().getDescription().isEmpty(), () -> "" + answers);
  }

  static List<HandleResponse> all(Step<HandleResponse> said) {
    List<HandleResponse> answers = new ArrayList<>();
    said.answers().forEachRemaining(answers::add);
    return answers;
  }

  /** Checks what the next command sees of the value. */
  void sees(String... people) {
    var payload = says(getPeople(99)).get(0).getReply().getClientAction().getReply().getPayload();
    try {
      assertEquals(List.of(people), payload.unpack(GetPeopleResponse.class).getPeopleList());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
