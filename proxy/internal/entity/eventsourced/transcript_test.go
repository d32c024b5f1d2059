package eventsourced_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/eventsourced"
)

var rewrite = flag.Bool("rewrite", false, "write the traces that the machine gives into testdata")

// TestTranscripts plays each file of testdata: a block is one input, a line of
// four dashes, and the effects that it must have. Comments start with "#". The
// input "new" begins with a fresh machine, as each file does.
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

// limits are small, so that a transcript can pass them.
var limits = eventsourced.Limits{Message: 160, Metadata: 12}

// play steps machines through the inputs of a transcript, and returns the
// transcript with the effects that they really have.
func play(transcript string) (string, error) {
	var out strings.Builder
	machine := fresh()
	for block := range strings.SplitSeq(strings.TrimRight(transcript, "\n"), "\n\n") {
		head, _, _ := strings.Cut(block, "\n----")
		out.WriteString(head + "\n")
		line := head[strings.LastIndexByte("\n"+head, '\n'):]
		if strings.HasPrefix(line, "#") {
			out.WriteString("\n")
			continue
		}
		out.WriteString("----\n")
		if line == "new" {
			machine = fresh()
		} else {
			in, err := parseInput(line)
			if err != nil {
				return "", fmt.Errorf("%q: %w", line, err)
			}
			for _, effect := range machine.Step(in, nil) {
				out.WriteString(printEffect(effect) + "\n")
			}
		}
		if machine.Ready() {
			out.WriteString("ready\n")
		}
		out.WriteString("\n")
	}
	return strings.TrimRight(out.String(), "\n") + "\n", nil
}

func fresh() *eventsourced.Machine {
	return eventsourced.New(entity.ID{Service: "shop.Cart", Entity: "7"}, limits)
}
