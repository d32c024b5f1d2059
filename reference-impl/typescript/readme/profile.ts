// The value entity of README.md.
import { CustomerProfileService } from "../gen/stateward/samples/profile/v1/profile_pb.js";
import { ProfileSchema } from "../gen/stateward/samples/profile/v1/stored_pb.js";
import { Code, Refusal, value } from "../sdk/index.js";

export const profile = value(CustomerProfileService, "customer-profile", ProfileSchema);

profile.command("changeEmail", (context, request) => {
  const profile = context.current; // a copy; undefined where there is no value
  if (profile === undefined) throw new Refusal(Code.NOT_FOUND, "no profile");
  context.update({ ...profile, email: request.email }); // or updateFor(…, 30 * day), or delete()
  return {};
});

profile
  .command("putProfile", (context, { profile = {} }) => {
    context.update(profile);
    return {};
  })
  .command("getProfile", ({ current }) => (current === undefined ? {} : { profile: current }))
  .command("deleteProfile", (context) => {
    context.delete();
    return {};
  });
