package scenario_test

import (
	"context"
	"flag"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

var images = flag.String("images", "", "images of functions that TestImages starts, separated by commas (containers)")

// TestImages holds each image to what runs it: it needs no file that it may write and
// no rights, says by its own check that it is well, and stops when it is asked to.
func TestImages(t *testing.T) {
	if *images == "" {
		t.Skip("-images names none")
	}
	for image := range strings.SplitSeq(*images, ",") {
		t.Run(strings.NewReplacer("/", "-", ":", "-").Replace(image), func(t *testing.T) {
			t.Parallel()
			runImage(t, image)
		})
	}
}

func runImage(t *testing.T, image string) {
	t.Helper()
	const user, stop = "65532:65532", 5 * time.Second
	if got := docker(t, "image", "inspect", "--format", "{{.Config.User}}", image); got != user {
		t.Errorf("it runs as %q, want %s", got, user)
	}
	id := docker(t, "run", "--detach", "--read-only", "--network=none", "--cap-drop=ALL",
		"--health-interval=1s", "--health-timeout=10s", "--label=stateward.test=images", image)
	t.Cleanup(func() { docker(t, "rm", "--force", id) })
	if err := healthy(t.Context(), id); err != nil {
		t.Fatalf("%v\n%s\n%s", err, docker(t, "inspect", "--format", "{{json .State.Health}}", id), docker(t, "logs", id))
	}
	begun := time.Now()
	docker(t, "stop", "-t", "20", id)
	if took := time.Since(begun); took > stop {
		t.Errorf("it took %v to stop, and may take %v", took, stop)
	}
	if code := docker(t, "inspect", "--format", "{{.State.ExitCode}}", id); code != "0" {
		t.Errorf("asked to stop, it ended with %s\n%s", code, docker(t, "logs", id))
	}
}

// healthy waits until the engine says that the container is well. It may say before
// that it is not: on a busy machine a program starts later than three checks.
func healthy(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	for {
		health, err := exec.CommandContext(ctx, "docker", "inspect", "--format", "{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}without a check{{end}}", id).CombinedOutput()
		state := strings.TrimSpace(string(health))
		switch {
		case state == "running healthy":
			return nil
		case err != nil || state != "running starting" && state != "running unhealthy":
			return fmt.Errorf("the container is %s", state)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the container is %s after %v", state, 2*patience)
		case <-time.After(pause):
		}
	}
}

func docker(t *testing.T, args ...string) string {
	t.Helper()
	output, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return strings.TrimSpace(string(output))
}
