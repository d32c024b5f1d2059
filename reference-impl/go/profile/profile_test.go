package main

import (
	"errors"
	"testing"

	profilev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/profile/v1"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		profile *profilev1.Profile
		want    error
	}{
		"whole":           {&profilev1.Profile{Name: "Anna", Email: "anna@example.org"}, nil},
		"without address": {&profilev1.Profile{Name: "Anna"}, nil},
		"without name":    {&profilev1.Profile{Email: "anna@example.org"}, errNoName},
		"nothing":         {nil, errNoName},
		"no @":            {&profilev1.Profile{Name: "Anna", Email: "anna"}, errEmail},
		"nobody":          {&profilev1.Profile{Name: "Anna", Email: "@example.org"}, errEmail},
		"nowhere":         {&profilev1.Profile{Name: "Anna", Email: "anna@"}, errEmail},
	} {
		if err := check(c.profile); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, not %v", name, err, c.want)
		}
	}
}
