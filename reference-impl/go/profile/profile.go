package main

import (
	"errors"
	"strings"
	"time"

	profilev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/profile/v1"
)

// guestLife is how long a guest's profile is kept after its last change.
const guestLife = 30 * 24 * time.Hour

// What a profile refuses.
var (
	errNoName = errors.New("a customer has a name")
	errEmail  = errors.New("an address has an @ between two other parts")
)

// check returns what is wrong with the profile, nil where nothing is.
func check(profile *profilev1.Profile) error {
	if profile.GetName() == "" {
		return errNoName
	}
	return checkEmail(profile.GetEmail())
}

// checkEmail leaves to a letter what only a letter can find out. No address is
// no mistake.
func checkEmail(email string) error {
	if user, host, _ := strings.Cut(email, "@"); email != "" && (user == "" || host == "") {
		return errEmail
	}
	return nil
}
