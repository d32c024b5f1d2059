package scenario_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	profilev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/profile/v1"
)

// useProfile writes, changes and deletes a profile, and kills each side between.
func useProfile(t *testing.T, office *site) {
	t.Helper()
	clerk := &clerk{t: t, office: office, customer: "anna"}
	clerk.has(nil)
	clerk.refuses(codes.NotFound, clerk.email("anna@example.com"))
	clerk.refuses(codes.InvalidArgument, clerk.put(&profilev1.Profile{}))
	clerk.does(clerk.put(&profilev1.Profile{Name: "Anna"}))
	office.restart(t, office.proxy)
	clerk.has(&profilev1.Profile{Name: "Anna"})
	clerk.does(clerk.email("anna@example.com"))
	office.restart(t, office.function)
	clerk.has(&profilev1.Profile{Name: "Anna", Email: "anna@example.com"})
	clerk.does(clerk.put(&profilev1.Profile{Name: "Ann", Guest: true}))
	clerk.has(&profilev1.Profile{Name: "Ann", Guest: true})
	clerk.does(clerk.forget())
	clerk.has(nil)
	office.restart(t, office.proxy)
	clerk.has(nil)
	clerk.does(clerk.put(&profilev1.Profile{Name: "Anna again"}))
	clerk.has(&profilev1.Profile{Name: "Anna again"})
}

// clerk looks after the profile of one customer.
type clerk struct {
	t        *testing.T
	office   *site
	customer string
}

func (c *clerk) put(profile *profilev1.Profile) call {
	return func(ctx context.Context) error {
		_, err := c.office.conn.profile().PutProfile(ctx, &profilev1.PutProfileRequest{CustomerId: c.customer, Profile: profile})
		return err
	}
}

func (c *clerk) email(address string) call {
	return func(ctx context.Context) error {
		_, err := c.office.conn.profile().ChangeEmail(ctx, &profilev1.ChangeEmailRequest{CustomerId: c.customer, Email: address})
		return err
	}
}

func (c *clerk) forget() call {
	return func(ctx context.Context) error {
		_, err := c.office.conn.profile().DeleteProfile(ctx, &profilev1.DeleteProfileRequest{CustomerId: c.customer})
		return err
	}
}

// read returns the profile, nil where there is none.
func (c *clerk) read(ctx context.Context) (*profilev1.Profile, error) {
	var profile *profilev1.Profile
	err := eventually(ctx, func(ctx context.Context) error {
		answer, err := c.office.conn.profile().GetProfile(ctx, &profilev1.GetProfileRequest{CustomerId: c.customer})
		profile = answer.GetProfile()
		return err
	})
	if status.Code(err) == c.office.refusal(codes.NotFound) {
		return nil, nil
	}
	return profile, err
}

func (c *clerk) does(do call) {
	c.t.Helper()
	if err := eventually(c.t.Context(), do); err != nil {
		c.t.Fatal(err)
	}
}

func (c *clerk) refuses(code codes.Code, do call) {
	c.t.Helper()
	if err := eventually(c.t.Context(), do); status.Code(err) != c.office.refusal(code) {
		c.t.Fatalf("not %v: %v", code, err)
	}
}

func (c *clerk) has(want *profilev1.Profile) {
	c.t.Helper()
	got, err := c.read(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		c.t.Fatalf("the profile (-want +got):\n%s", diff)
	}
}
