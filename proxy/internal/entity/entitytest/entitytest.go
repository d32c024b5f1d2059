// Package entitytest plays transcripts: what goes into the machine of one kind, a
// line for each input, and the effects that come out.
package entitytest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
)

// Kind is what the transcripts of one kind have for themselves.
type Kind struct {
	// New returns a machine.
	New func(entity.ID, entity.Terms) entity.Machine
	// Opened adds to the input what the kind has in the store.
	Opened func(Line, *entity.Opened)
	// Said reads a message of the function.
	Said func(Line) (proto.Message, error)
	// Sent writes a message to the function.
	Sent func(proto.Message) string
	// Persist writes what goes to the store besides what all kinds store.
	Persist func(entity.Persist) string
	// Merged reads what has changed elsewhere, and Apply writes a change; of a kind
	// that several proxies write at once.
	Merged func(Line) (entity.Merged, error)
	Apply  func(entity.Apply) string
}

// Play plays each file of testdata: a block is one input, a line of four dashes,
// and the effects that it must have. Comments start with "#". The input "new" begins
// with a fresh machine, as each file does; words behind it are its terms. With rewrite
// the effects that the machine really has are written into the files.
func (k Kind) Play(t *testing.T, rewrite bool) {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got, err := k.play(string(want))
			if err != nil {
				t.Fatal(err)
			}
			if rewrite {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("the trace differs (-want +got):\n%s", diff)
			}
		})
	}
}

// play steps machines through the inputs of a transcript, and returns the
// transcript with the effects that they really have.
func (k Kind) play(transcript string) (string, error) {
	var out strings.Builder
	machine := k.fresh(Line{})
	for block := range strings.SplitSeq(strings.TrimRight(transcript, "\n"), "\n\n") {
		head, _, _ := strings.Cut(block, "\n----")
		out.WriteString(head + "\n")
		text := head[strings.LastIndexByte("\n"+head, '\n'):]
		if strings.HasPrefix(text, "#") {
			out.WriteString("\n")
			continue
		}
		out.WriteString("----\n")
		line := Parse(text)
		if line.Word(0) == "new" {
			machine = k.fresh(line)
		} else {
			in, err := k.Input(line)
			if err != nil {
				return "", fmt.Errorf("%q: %w", text, err)
			}
			for _, effect := range machine.Step(in, nil) {
				out.WriteString(k.Effect(effect) + "\n")
			}
		}
		out.WriteString(state(machine) + "\n")
	}
	return strings.TrimRight(out.String(), "\n") + "\n", nil
}

func state(machine entity.Machine) string {
	switch {
	case machine.Idle():
		return "idle\n"
	case machine.Ready():
		return "ready\n"
	default:
		return ""
	}
}

// fresh returns a machine under small limits, so that a transcript can pass them,
// and under the terms that the line names.
func (k Kind) fresh(l Line) entity.Machine {
	terms := entity.Terms{Persistence: "cart", MaxMessage: 160, MaxMetadata: 12, Cloudstate: l.Has("cloudstate-0.2")}
	terms.Capabilities = entity.CapabilitiesOf(capabilities(l)...)
	return k.New(entity.ID{Service: "shop.Cart", Entity: "7"}, terms)
}

// capabilities returns those whose names, in small letters with dashes, stand in the
// line.
func capabilities(l Line) []discoveryv1.Capability {
	var named []discoveryv1.Capability
	for name, number := range discoveryv1.Capability_value {
		if l.Has(strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, "CAPABILITY_")), "_", "-")) {
			named = append(named, discoveryv1.Capability(number))
		}
	}
	return named
}
