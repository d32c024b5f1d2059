// Package gotest_test shows how a support library runs the kit in its own go test. Copy
// it; what is yours is the subject and its profiles.
package gotest_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/subject"
	"github.com/stateward/stateward/tck/suite"
)

func TestConformance(t *testing.T) {
	started := start(t, build(t, "../../../reference-impl/go/model")) // yours
	suite.Test(t, suite.Config{
		Profiles: []string{"core", "http", "forwarding", "event-sourced"},
		Target:   func() engine.Target { return started },
	})
}

// build builds the function that serves the model.
func build(t *testing.T, program string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "model")
	if output, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, program).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return binary
}

// start starts the function; it ends with the test.
func start(t *testing.T, binary string) *subject.Subject {
	t.Helper()
	spec, err := subject.Parse("cmd:'" + binary + "'")
	if err != nil {
		t.Fatal(err)
	}
	started, err := subject.Start(t.Context(), spec, subject.Config{Within: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // t's own context has ended by now
		if err := started.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return started
}
