package protocol_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/protocol/internal/extract"
)

func TestRequirementsAreThoseOfTheProse(t *testing.T) {
	t.Parallel()
	want, err := extract.Read(os.DirFS("spec"))
	if err != nil {
		t.Fatal(err)
	}
	if len(want) < 419 {
		t.Errorf("the prose has %d requirements, and it had 419 once: none may go", len(want))
	}
	if got := protocol.Requirements(); !slices.Equal(got, want) {
		t.Error("requirements.json is stale: run `go run ./protocol/cmd/requirements`")
	}
}

func TestRequirementsBelongToTheCaller(t *testing.T) {
	t.Parallel()
	first := protocol.Requirements()
	first[0].ID = "spoilt"
	if again := protocol.Requirements(); again[0].ID == "spoilt" {
		t.Error("a caller's write shows in the next caller's slice")
	}
}

func TestDigestNamesTheFile(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("requirements.json")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := protocol.Digest(), fmt.Sprintf("sha256:%x", sha256.Sum256(file)); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}
