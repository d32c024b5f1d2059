package dev.stateward.sdk.readme;

import dev.stateward.samples.profile.v1.ChangeEmailRequest;
import dev.stateward.samples.profile.v1.ChangeEmailResponse;
import dev.stateward.samples.profile.v1.CustomerProfileServiceGrpc;
import dev.stateward.samples.profile.v1.Profile;
import dev.stateward.sdk.Refusal;
import dev.stateward.sdk.value.ValueContext;
import dev.stateward.sdk.value.ValueEntity;
import io.grpc.Status;

/** A customer, and the address to write to. */
final class Profiles {
  private Profiles() {}

  static ValueEntity<Profile> definition() {
    return ValueEntity.of(
            CustomerProfileServiceGrpc.getServiceDescriptor(), "profile", Profile.class)
        .handle(CustomerProfileServiceGrpc.getChangeEmailMethod(), Profiles::changeEmail);
  }

  private static ChangeEmailResponse changeEmail(
      ValueContext<Profile> context, ChangeEmailRequest request) {
    Profile profile =
        context.current().orElseThrow(() -> new Refusal(Status.Code.NOT_FOUND, "no profile"));
    context.update(profile.toBuilder().setEmail(request.getEmail()).build());
    return ChangeEmailResponse.getDefaultInstance();
  }
}
