package dev.stateward.sdk.replicated;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.stateward.samples.presence.v1.GetPeopleResponse;
import dev.stateward.samples.presence.v1.JoinResponse;
import dev.stateward.samples.presence.v1.PresenceServiceGrpc;
import dev.stateward.sdk.replicated.crdt.Flag;
import io.grpc.ServiceDescriptor;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every mistake of an author is named before the function serves. */
class DefinitionTest {
  private static final ServiceDescriptor SERVICE = PresenceServiceGrpc.getServiceDescriptor();

  @Test
  void valid() {
    assertEquals(List.of(), Room.definition(null).mistakes());
  }

  private static ReplicatedEntity<Flag> bare(ServiceDescriptor service, String persistenceId) {
    return ReplicatedEntity.of(service, persistenceId, id -> new Flag());
  }

  private static void says(String mistake, ReplicatedEntity<?> definition) {
    var mistakes = definition.mistakes();
    assertTrue(mistakes.stream().anyMatch(m -> m.contains(mistake)), () -> "not of " + mistakes);
  }

  @Test // DISC-METHOD-001
  void mistakes() {
    says("PresenceService.Join: no handler", bare(SERVICE, "x"));
    says("DISC-ENT-002", bare(SERVICE, ""));
    says("DISC-ENT-004", bare(SERVICE, "x").passivateAfter(Duration.ZERO));
    says("DISC-KEY-001", bare(HealthGrpc.getServiceDescriptor(), "x"));
    says(
        "GetPeople has two handlers",
        Room.definition(null)
            .handle(
                PresenceServiceGrpc.getGetPeopleMethod(),
                (context, value, request) -> GetPeopleResponse.getDefaultInstance()));
    says(
        "Join is streamed out",
        bare(SERVICE, "x")
            .handle(
                PresenceServiceGrpc.getJoinMethod(),
                (context, value, request) -> JoinResponse.getDefaultInstance()));
    says(
        "a method of another service",
        bare(SERVICE, "x").handle(HealthGrpc.getCheckMethod(), (context, value, request) -> null));
  }
}
