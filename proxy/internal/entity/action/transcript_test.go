package action_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/proxy/internal/entity/action"
)

var rewrite = flag.Bool("rewrite", false, "write the traces that the machine gives into testdata")

// TestTranscripts plays each file of testdata: a block is one input, a line of
// four dashes, and the effects that it must have. Comments start with "#". The
// input "new" begins with a fresh machine.
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
	var machine *action.Machine
	for block := range strings.SplitSeq(strings.TrimRight(transcript, "\n"), "\n\n") {
		head, _, _ := strings.Cut(block, "\n----")
		out.WriteString(head + "\n")
		text := head[strings.LastIndexByte("\n"+head, '\n'):]
		if strings.HasPrefix(text, "#") {
			out.WriteString("\n")
			continue
		}
		out.WriteString("----\n")
		l := parseLine(text)
		if l.word(0) == "new" {
			machine = fresh(l)
		} else {
			in, err := parseInput(l)
			if err != nil {
				return "", fmt.Errorf("%q: %w", text, err)
			}
			for _, effect := range machine.Step(in, nil) {
				out.WriteString(printEffect(effect) + "\n")
			}
		}
		if !machine.Room() {
			out.WriteString("no room\n")
		}
		out.WriteString("\n")
	}
	return strings.TrimRight(out.String(), "\n") + "\n", nil
}
