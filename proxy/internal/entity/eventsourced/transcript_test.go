package eventsourced_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/eventsourced"
)

var rewrite = flag.Bool("rewrite", false, "write the traces that the machine gives into testdata")

// TestTranscripts plays each file of testdata: a block is one input, a line of
// four dashes, and the effects that it must have. Comments start with "#". The
// input "new" begins with a fresh machine, as each file does, and names what is in
// force and configured for it.
//
// After a change, run with -rewrite and review the difference.
func TestTranscripts(t *testing.T) {
	t.Parallel()
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
			got, err := play(string(want))
			if err != nil {
				t.Fatal(err)
			}
			if *rewrite {
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
func play(transcript string) (string, error) {
	var out strings.Builder
	machine := fresh(line{})
	for block := range strings.SplitSeq(strings.TrimRight(transcript, "\n"), "\n\n") {
		head, _, _ := strings.Cut(block, "\n----")
		out.WriteString(head + "\n")
		input := head[strings.LastIndexByte("\n"+head, '\n'):]
		if strings.HasPrefix(input, "#") {
			out.WriteString("\n")
			continue
		}
		out.WriteString("----\n")
		if l := parseLine(input); l.word(0) == "new" {
			machine = fresh(l)
		} else {
			in, err := parseInput(input)
			if err != nil {
				return "", fmt.Errorf("%q: %w", input, err)
			}
			for _, effect := range machine.Step(in, nil) {
				out.WriteString(printEffect(effect) + "\n")
			}
		}
		if machine.Ready() {
			out.WriteString("ready\n")
		}
		if machine.Idle() != (machine.Ready() && machine.Idle()) {
			return "", fmt.Errorf("%q: idle and not ready", input)
		}
		out.WriteString("\n")
	}
	return strings.TrimRight(out.String(), "\n") + "\n", nil
}

// capabilities are those that "new" can name.
var capabilities = map[string]discoveryv1.Capability{
	"cancel":    discoveryv1.Capability_CAPABILITY_CANCEL,
	"notice":    discoveryv1.Capability_CAPABILITY_PASSIVATION_NOTICE,
	"snapshots": discoveryv1.Capability_CAPABILITY_SNAPSHOT_REQUEST,
	"metadata":  discoveryv1.Capability_CAPABILITY_EVENT_METADATA,
	"deletes":   discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE,
	"effects":   discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS,
}

// fresh returns the machine that the line asks for. Its limits are small, so that a
// transcript can pass them.
func fresh(l line) *eventsourced.Machine {
	terms := entity.Terms{Persistence: "cart", MaxMessage: 200, MaxMetadata: 12, Cloudstate: l.has("cloudstate")}
	var in []discoveryv1.Capability
	for name, capability := range capabilities {
		if l.has(name) {
			in = append(in, capability)
		}
	}
	terms.Capabilities = entity.CapabilitiesOf(in...)
	config := eventsourced.Config{Ask: l.count("ask"), Ahead: int(l.count("ahead"))}
	return eventsourced.New(entity.ID{Service: "shop.Cart", Entity: "7"}, terms, config)
}
