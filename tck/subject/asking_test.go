package subject_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stateward/stateward/tck/dialect"
	"github.com/stateward/stateward/tck/subject"
)

// A subject is asked in version 1 first, and in 0.2 where that has no answer, for whatever
// reason. Whoever answers both is one of version 1.
func TestTheDialectIsFound(t *testing.T) {
	for behaviour, want := range map[string]dialect.Dialect{
		"serve": dialect.V1, "both": dialect.V1, "old": dialect.Cloudstate, "strict": dialect.Cloudstate,
	} {
		t.Run(behaviour, func(t *testing.T) {
			s := start(t, command(behaviour))
			if s.Dialect() != want {
				t.Errorf("it speaks %s, want %s", s.Dialect(), want)
			}
			discover(t, s)
			own, err := s.Dial()
			if err != nil {
				t.Fatal(err)
			}
			if err := own.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Whoever runs the kit may say which dialect to ask in.
func TestTheDialectIsFixed(t *testing.T) {
	config := subject.Config{Within: 20 * time.Second, Dialect: dialect.Cloudstate}
	s, err := subject.Start(t.Context(), command("both"), config)
	if err != nil {
		t.Fatal(err)
	}
	if s.Dialect() != dialect.Cloudstate {
		t.Errorf("it was asked in %s", s.Dialect())
	}
	if err := errors.Join(s.Kill(t.Context()), s.Restart(t.Context())); err != nil {
		t.Error(err)
	}
	discover(t, s)
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	for want, lacking := range map[string]struct {
		behaviour string
		dialect   dialect.Dialect
	}{
		"it does not serve stateward.discovery.v1.DiscoveryService": {"old", dialect.V1},
		"it does not serve cloudstate.EntityDiscovery":              {"serve", dialect.Cloudstate},
	} {
		config.Dialect = lacking.dialect
		_, err := subject.Start(t.Context(), command(lacking.behaviour), config)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "nor") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
