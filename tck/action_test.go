// Package tck_test holds what surrounds the kit to what it promises.
package tck_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/stateward/stateward/tck/mutant"
)

// action is a composite action, as far as its steps are run here.
type action struct {
	Inputs map[string]struct {
		Default  string
		Required bool
	}
	Runs struct {
		Using string
		Steps []struct {
			Uses, Run, Shell string
			Env              map[string]string
		}
	}
}

func readAction(t *testing.T) action {
	t.Helper()
	text, err := os.ReadFile("action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var read action
	if err := yaml.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// run runs the steps of the action that are scripts, as a runner does, and returns what
// they wrote and how the first that failed ended.
func (a action) run(t *testing.T, inputs map[string]string) (string, error) {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"github.action_path": here}
	for name, input := range a.Inputs {
		values["inputs."+name] = input.Default
	}
	for name, value := range inputs {
		values["inputs."+name] = value
	}
	expression := regexp.MustCompile(`\$\{\{ *([a-z_.-]+) *\}\}`)
	var said strings.Builder
	temp, work := t.TempDir(), t.TempDir()
	for _, step := range a.Runs.Steps {
		if step.Run == "" {
			continue
		}
		command := exec.CommandContext(t.Context(), step.Shell, "-e", "-o", "pipefail", "-c", step.Run)
		command.Dir = work
		command.Env = append(os.Environ(), "RUNNER_TEMP="+temp, "GITHUB_ACTIONS=true")
		for name, value := range step.Env {
			command.Env = append(command.Env, name+"="+expression.ReplaceAllStringFunc(value, func(found string) string {
				value, known := values[expression.FindStringSubmatch(found)[1]]
				if !known {
					t.Errorf("%s is no value of an action", found)
				}
				return value
			}))
		}
		output, err := command.CombinedOutput()
		said.Write(output)
		if err != nil {
			return said.String(), err
		}
	}
	if _, err := os.Stat(filepath.Join(work, "conformance", "report.yaml")); err != nil {
		t.Error(err)
	}
	return said.String(), nil
}

// serve serves the kit's model, or a mutant of it, and returns the subject.
func serve(t *testing.T, name string) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- mutant.Listen(ctx, listener, name) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return "addr:" + listener.Addr().String()
}

// The action passes a function that conforms, and fails one that does not, with a note
// where the workflow's reader looks.
func TestAction(t *testing.T) {
	t.Parallel()
	a := readAction(t)
	if a.Runs.Using != "composite" {
		t.Errorf("it runs by %s", a.Runs.Using)
	}
	profiles := strings.Join(mutant.Profiles(), ",")
	if said, err := a.run(t, map[string]string{"subject": serve(t, ""), "profiles": profiles, "args": "--level must --seed 7"}); err != nil {
		t.Errorf("a function that conforms: %v\n%s", err, said)
	}
	said, err := a.run(t, map[string]string{"subject": serve(t, "ignores-the-snapshot"), "profiles": profiles})
	if err == nil || !strings.Contains(said, "::error") || !strings.Contains(said, "ES-REPLAY-003") {
		t.Errorf("a function that does not: %v\n%s", err, said)
	}
}
