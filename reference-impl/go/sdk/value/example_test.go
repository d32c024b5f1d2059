package value_test

import (
	"fmt"

	"google.golang.org/grpc/codes"

	profilev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/profile/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/value"
)

// A customer's profile: commands read the value, and set or remove it.
func Example() {
	type context = *value.Context[*profilev1.Profile]
	service := profilev1.File_stateward_samples_profile_v1_profile_proto.Services().ByName("CustomerProfileService")
	profiles := value.New[*profilev1.Profile](service, "customer-profile")
	value.Handle(profiles, "PutProfile",
		func(ctx context, request *profilev1.PutProfileRequest) (*profilev1.PutProfileResponse, error) {
			ctx.Update(request.GetProfile())
			return &profilev1.PutProfileResponse{}, nil
		})
	value.Handle(profiles, "ChangeEmail",
		func(ctx context, request *profilev1.ChangeEmailRequest) (*profilev1.ChangeEmailResponse, error) {
			profile := ctx.Current() // a copy
			if profile == nil {
				return nil, sdk.Errorf(codes.NotFound, "no customer %q", ctx.EntityID()) // nothing has happened
			}
			profile.Email = request.GetEmail()
			ctx.Update(profile)
			return &profilev1.ChangeEmailResponse{}, nil
		})
	value.Handle(profiles, "GetProfile",
		func(ctx context, _ *profilev1.GetProfileRequest) (*profilev1.GetProfileResponse, error) {
			return &profilev1.GetProfileResponse{Profile: ctx.Current()}, nil
		})
	value.Handle(profiles, "DeleteProfile",
		func(ctx context, _ *profilev1.DeleteProfileRequest) (*profilev1.DeleteProfileResponse, error) {
			ctx.Delete()
			return &profilev1.DeleteProfileResponse{}, nil
		})

	_, err := sdk.New(sdk.Config{Name: "customers", Version: "1.0.0", Entities: []sdk.Entity{profiles}})
	fmt.Println("mistakes:", err)
	// Output: mistakes: <nil>
}
