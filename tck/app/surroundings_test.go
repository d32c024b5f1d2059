package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stateward/stateward/tck/subject"
)

// The surroundings are told in a line each, with a Docker engine or without.
func TestSurroundings(t *testing.T) {
	t.Parallel()
	orphan := subject.Leftover{Kind: "process", Name: "42", About: "./sdk", Owner: "here/41"}
	for name, test := range map[string]struct {
		left []subject.Leftover
		err  error
		want []string
		code int
	}{
		"clean": {nil, nil, []string{"docker        engine 29.0\n", "left behind   nothing\n"}, ExitPassed},
		"no engine": {
			nil, fmt.Errorf("%w: refused", subject.ErrNoEngine),
			[]string{"docker        no engine answers: ", "left behind   nothing\n"},
			ExitPassed,
		},
		"an engine that stops": {nil, errors.New("reset"), []string{"engine 29.0, which does not tell all: reset\n"}, ExitPassed},
		"left behind": {
			[]subject.Leftover{orphan},
			nil,
			[]string{"left behind   process 42 (./sdk) of here/41; remove it: kill -9 42\n"},
			ExitFailed,
		},
	} {
		var out bytes.Buffer
		err := surroundings(t.Context(), streams{out: &out}, surrounding{
			engine:    func(context.Context) (string, []subject.Leftover, error) { return "29.0", nil, test.err },
			processes: func() []subject.Leftover { return test.left },
		})
		code := ExitPassed
		if ended, ok := errors.AsType[*exit](err); ok {
			code = ended.code
		}
		if lines := strings.Count(out.String(), "\n"); code != test.code || lines != 3 {
			t.Errorf("%s: exit code %d in %d lines:\n%s", name, code, lines, &out)
		}
		for _, want := range test.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: %q is not in\n%s", name, want, &out)
			}
		}
	}
}
