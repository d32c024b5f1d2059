package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	profilev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/profile/v1"
	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	profileService = "stateward.samples.profile.v1.CustomerProfileService"
	customer       = "anna"
)

// clerk speaks to one profile as the proxy does, and keeps count.
type clerk struct {
	t      *testing.T
	stream *sdktest.ValueStream
	id     int64
}

// open activates the customer's profile with what is stored of it.
func open(t *testing.T, stored *profilev1.Profile) *clerk {
	t.Helper()
	proxy := sdktest.Start(t, sdk.Config{Name: "profile", Version: "1", Entities: []sdk.Entity{profileEntity()}})
	return &clerk{t: t, stream: proxy.OpenValue(sdktest.ValueInit(profileService, customer, stored))}
}

// ask sends a command and returns the reply.
func (c *clerk) ask(name string, request proto.Message) *valuev1.ValueEntityReply {
	c.t.Helper()
	c.id++
	return c.stream.Ask(sdktest.ValueCommand(customer, c.id, name, request)).GetReply()
}

func (c *clerk) put(profile *profilev1.Profile) *valuev1.ValueEntityReply {
	c.t.Helper()
	return c.ask("PutProfile", &profilev1.PutProfileRequest{CustomerId: customer, Profile: profile})
}

func (c *clerk) changeEmail(email string) *valuev1.ValueEntityReply {
	c.t.Helper()
	return c.ask("ChangeEmail", &profilev1.ChangeEmailRequest{CustomerId: customer, Email: email})
}

// knows checks what GetProfile answers; nil is NOT_FOUND.
func (c *clerk) knows(want *profilev1.Profile) {
	c.t.Helper()
	reply := c.ask("GetProfile", &profilev1.GetProfileRequest{CustomerId: customer})
	if want == nil {
		c.refused(reply, codes.NotFound)
		return
	}
	got := &profilev1.GetProfileResponse{}
	if err := reply.GetClientAction().GetReply().GetPayload().UnmarshalTo(got); err != nil {
		c.t.Fatalf("%v: %v", err, reply)
	}
	if diff := cmp.Diff(want, got.GetProfile(), protocmp.Transform()); diff != "" {
		c.t.Errorf("the profile (-want +got):\n%s", diff)
	}
	if reply.GetStateAction() != nil {
		c.t.Errorf("reading it does %v", reply)
	}
}

// stores checks what a command keeps, and for how many milliseconds.
func (c *clerk) stores(reply *valuev1.ValueEntityReply, want *profilev1.Profile, expireAfter int64) {
	c.t.Helper()
	update := &valuev1.Update{Value: sdktest.Any(want), ExpireAfter: expireAfter}
	if diff := cmp.Diff(update, reply.GetStateAction().GetUpdate(), protocmp.Transform()); diff != "" {
		c.t.Errorf("stored (-want +got):\n%s", diff)
	}
}

// refused checks that the command has failed with this code, and kept nothing.
func (c *clerk) refused(reply *valuev1.ValueEntityReply, code codes.Code) {
	c.t.Helper()
	failure := reply.GetClientAction().GetFailure()
	if codes.Code(failure.GetCode()) != code || failure.GetDescription() == "" || reply.GetStateAction() != nil {
		c.t.Errorf("not %v, but %v", code, reply)
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	c := open(t, nil)
	c.knows(nil)
	anna := &profilev1.Profile{Name: "Anna", Email: "anna@example.org"}
	c.stores(c.put(anna), anna, 0)
	c.knows(anna)

	moved := &profilev1.Profile{Name: "Anna", Email: "anna@example.net"}
	c.stores(c.changeEmail("anna@example.net"), moved, 0)
	c.knows(moved)

	if got := c.ask("DeleteProfile", &profilev1.DeleteProfileRequest{CustomerId: customer}); got.GetStateAction().GetDelete() == nil {
		t.Errorf("forgetting does %v", got)
	}
	c.knows(nil)
	c.stream.Passivate()
}

// A guest's profile expires, and each change gives it its time anew; an account
// ends that.
func TestGuests(t *testing.T) {
	t.Parallel()
	const thirtyDays = 30 * 24 * 60 * 60 * 1000
	guest := &profilev1.Profile{Name: "Anna", Guest: true}
	c := open(t, guest)
	c.knows(guest)
	c.stores(c.put(guest), guest, thirtyDays)
	c.stores(c.changeEmail("anna@example.org"), &profilev1.Profile{Name: "Anna", Email: "anna@example.org", Guest: true}, thirtyDays)
	account := &profilev1.Profile{Name: "Anna"}
	c.stores(c.put(account), account, 0)
}

// What is refused keeps nothing, and the profile is as it was.
func TestRefusals(t *testing.T) {
	t.Parallel()
	c := open(t, nil)
	c.refused(c.changeEmail("anna@example.org"), codes.NotFound)
	c.refused(c.put(&profilev1.Profile{}), codes.InvalidArgument)
	anna := &profilev1.Profile{Name: "Anna"}
	c.put(anna)
	c.refused(c.changeEmail("anna"), codes.InvalidArgument)
	c.refused(c.put(&profilev1.Profile{Name: "Anna", Email: "@"}), codes.InvalidArgument)
	c.knows(anna)
}
