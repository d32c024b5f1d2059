package entitytest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Script takes one input of a transcript and returns what comes out, a line for each
// effect.
type Script func(Line) (string, error)

// Play plays each file of testdata with a script of its own: a block is one input, a
// line of four dashes, and the effects that it must have. Comments start with "#". With
// rewrite the effects that it really has are written into the files.
func Play(t *testing.T, rewrite bool, begin func() Script) {
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
			got, err := play(string(want), begin())
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

// play returns the transcript with the effects that its inputs really have.
func play(transcript string, script Script) (string, error) {
	var out strings.Builder
	for block := range strings.SplitSeq(strings.TrimRight(transcript, "\n"), "\n\n") {
		head, _, _ := strings.Cut(block, "\n----")
		out.WriteString(head + "\n")
		input := head[strings.LastIndexByte("\n"+head, '\n'):]
		if !strings.HasPrefix(input, "#") {
			effects, err := script(Parse(input))
			if err != nil {
				return "", fmt.Errorf("%q: %w", input, err)
			}
			out.WriteString("----\n" + effects)
		}
		out.WriteString("\n")
	}
	return strings.TrimRight(out.String(), "\n") + "\n", nil
}
