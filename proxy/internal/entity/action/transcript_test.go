package action_test

import (
	"flag"
	"strings"
	"testing"

	"github.com/stateward/stateward/proxy/internal/entity/action"
	"github.com/stateward/stateward/proxy/internal/entity/entitytest"
)

var rewrite = flag.Bool("rewrite", false, "write the traces that the machine gives into testdata")

// After a change, run with -rewrite and review the difference.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	entitytest.Play(t, *rewrite, script)
}

// script steps machines through the inputs of one transcript. The input "new" begins
// with a fresh machine.
func script() entitytest.Script {
	var machine *action.Machine
	return func(l entitytest.Line) (string, error) {
		if l.Word(0) == "new" {
			machine = fresh(l)
			return room(machine), l.Known(keys)
		}
		in, err := parseInput(l)
		if err != nil {
			return "", err
		}
		var out strings.Builder
		for _, effect := range machine.Step(in, nil) {
			out.WriteString(printEffect(effect) + "\n")
		}
		return out.String() + room(machine), nil
	}
}

func room(machine *action.Machine) string {
	if machine.Room() {
		return ""
	}
	return "no room\n"
}
