package dev.stateward.sdk.readme;

import dev.stateward.samples.presence.v1.JoinRequest;
import dev.stateward.samples.presence.v1.JoinResponse;
import dev.stateward.samples.presence.v1.PresenceServiceGrpc;
import dev.stateward.sdk.replicated.ReplicatedContext;
import dev.stateward.sdk.replicated.ReplicatedEntity;
import dev.stateward.sdk.replicated.Streamed;
import dev.stateward.sdk.replicated.crdt.Codec;
import dev.stateward.sdk.replicated.crdt.ORSet;

/** A room, and who is in it. */
final class Presence {
  private Presence() {}

  static ReplicatedEntity<ORSet<String>> definition() {
    return ReplicatedEntity.of(
            PresenceServiceGrpc.getServiceDescriptor(), "room", id -> new ORSet<>(Codec.STRING))
        .handleStreamed(PresenceServiceGrpc.getJoinMethod(), Presence::join);
  }

  private static Streamed<JoinResponse> join(
      ReplicatedContext context, ORSet<String> people, JoinRequest request) {
    people.add(request.getPerson());
    return Streamed.open(present(people), news -> present(people));
  }

  private static JoinResponse present(ORSet<String> people) {
    return JoinResponse.newBuilder().addAllPeople(people).build();
  }
}
