package main

import (
	"google.golang.org/grpc/codes"

	profilev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/profile/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/value"
)

// profileContext is what a command of the profile sees.
type profileContext = *value.Context[*profilev1.Profile]

// profileEntity binds the domain to the protos: which command does what to the
// value.
func profileEntity() sdk.Entity {
	service := profilev1.File_stateward_samples_profile_v1_profile_proto.Services().ByName("CustomerProfileService")
	profile := value.New[*profilev1.Profile](service, "customer-profile")
	value.Handle(profile, "PutProfile", putProfile)
	value.Handle(profile, "ChangeEmail", changeEmail)
	value.Handle(profile, "GetProfile", getProfile)
	value.Handle(profile, "DeleteProfile", deleteProfile)
	return profile
}

func putProfile(ctx profileContext, request *profilev1.PutProfileRequest) (*profilev1.PutProfileResponse, error) {
	if err := check(request.GetProfile()); err != nil {
		return nil, sdk.Errorf(codes.InvalidArgument, "%v", err)
	}
	keep(ctx, request.GetProfile())
	return &profilev1.PutProfileResponse{}, nil
}

func changeEmail(ctx profileContext, request *profilev1.ChangeEmailRequest) (*profilev1.ChangeEmailResponse, error) {
	profile := ctx.Current() // a copy: what is not given to keep changes nothing
	if profile == nil {
		return nil, missing(ctx)
	}
	if err := checkEmail(request.GetEmail()); err != nil {
		return nil, sdk.Errorf(codes.InvalidArgument, "%v", err)
	}
	profile.Email = request.GetEmail()
	keep(ctx, profile)
	return &profilev1.ChangeEmailResponse{}, nil
}

func getProfile(ctx profileContext, _ *profilev1.GetProfileRequest) (*profilev1.GetProfileResponse, error) {
	profile := ctx.Current()
	if profile == nil {
		return nil, missing(ctx)
	}
	return &profilev1.GetProfileResponse{Profile: profile}, nil
}

func deleteProfile(ctx profileContext, _ *profilev1.DeleteProfileRequest) (*profilev1.DeleteProfileResponse, error) {
	ctx.Delete()
	return &profilev1.DeleteProfileResponse{}, nil
}

// keep stores the profile: a guest's for a while, any other for ever.
func keep(ctx profileContext, profile *profilev1.Profile) {
	if profile.GetGuest() {
		ctx.UpdateFor(profile, guestLife)
	} else {
		ctx.Update(profile)
	}
}

func missing(ctx profileContext) error {
	return sdk.Errorf(codes.NotFound, "nothing is known of customer %q", ctx.EntityID())
}
