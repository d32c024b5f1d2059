//go:build docker

package subject_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/tck/subject"
)

// image builds an image whose program is testdata/function with one behaviour,
// and removes it after the test.
func image(t *testing.T, behaviour string) string {
	t.Helper()
	if err := subject.OwnContainers(); err != nil {
		t.Fatal(err)
	}

	name := "stateward-test/" + behaviour + ":" + strings.ReplaceAll(strings.ToLower(t.Name()), "/", "-")
	dockerfile := "FROM scratch\nCOPY function /function\nENTRYPOINT [\"/function\"]\nCMD [\"" + behaviour + "\"]\n"
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o600); err != nil {
		t.Fatal(err)
	}

	if err := os.Link(function, filepath.Join(dir, "function")); err != nil {
		t.Fatal(err)
	}

	docker(t, "build", "--quiet", "--tag", name, dir)
	t.Cleanup(func() { docker(t, "image", "rm", name) })
	return name
}

func docker(t *testing.T, args ...string) string {
	t.Helper()

	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}

	return strings.TrimSpace(string(out))
}

// containersOf lists what is left of an image's containers, ended ones too.
func containersOf(t *testing.T, image string) string {
	t.Helper()
	return docker(t, "ps", "--all", "--quiet", "--filter", "ancestor="+image)
}

func TestContainerServes(t *testing.T) {
	image := image(t, "serve")
	s := start(t, subject.Spec{Kind: subject.Image, Value: image})
	discover(t, s)
	if !strings.HasPrefix(s.Address(), "127.0.0.1:") {
		t.Errorf("it listens on %s: every network reaches it", s.Address())
	}

	if got := docker(t, "port", docker(t, "ps", "--quiet", "--filter", "ancestor="+image)); strings.Contains(got, "0.0.0.0") {
		t.Errorf("it is published as %s", got)
	}

	if want := docker(t, "image", "inspect", "--format", "{{.Id}}", image); s.ImageDigest() != want {
		t.Errorf("got digest %s, want %s", s.ImageDigest(), want)
	}

	if diff := cmp.Diff([]string{"about to serve"}, s.Tail(t.Context(), 5)); diff != "" {
		t.Error(diff)
	}

	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	if got := containersOf(t, image); got != "" {
		t.Errorf("left behind: %s", got)
	}
}

func TestContainerIsKilledAndRestarted(t *testing.T) {
	s := start(t, subject.Spec{Kind: subject.Image, Value: image(t, "serve")})
	if err := s.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}

	exit, ok := errors.AsType[*subject.ExitError](s.Wait(t.Context()))
	if !ok || exit.How != "exited with status 137" {
		t.Fatalf("got %v", exit)
	}

	if err := s.Kill(t.Context()); err != nil {
		t.Errorf("killing what has ended: %v", err)
	}

	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}

	discover(t, s)
}

func TestContainerNeverReady(t *testing.T) {
	for behaviour, want := range map[string][]string{
		"die":      {"exited with status 7 before it was ready", "no database"},
		"bare":     {"does not serve stateward.discovery.v1.DiscoveryService"},
		"stubborn": {"not ready within 3s", "about to stubborn"},
	} {
		t.Run(behaviour, func(t *testing.T) {
			image := image(t, behaviour)
			_, err := subject.Start(t.Context(), subject.Spec{Kind: subject.Image, Value: image}, subject.Config{Within: 3 * time.Second})
			if _, ok := errors.AsType[*subject.NotReadyError](err); !ok {
				t.Fatalf("got %v, want a NotReadyError", err)
			}

			for _, part := range want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, want it to contain %q", err, part)
				}
			}

			if got := containersOf(t, image); got != "" {
				t.Errorf("left behind: %s", got)
			}
		})
	}
}

func TestImageThatIsNowhere(t *testing.T) {
	if err := subject.OwnContainers(); err != nil {
		t.Fatal(err)
	}

	_, err := subject.Start(t.Context(), subject.Spec{Kind: subject.Image, Value: "127.0.0.1:1/nobody/nothing:1"}, subject.Config{})
	if _, ok := errors.AsType[*subject.NotReadyError](err); !ok || !strings.Contains(err.Error(), "nobody/nothing") {
		t.Errorf("got %v", err)
	}
}

func TestCancelledStartLeavesNoContainer(t *testing.T) {
	image := image(t, "stubborn")

	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := subject.Start(ctx, subject.Spec{Kind: subject.Image, Value: image}, subject.Config{}); err == nil {
		t.Fatal("it cannot have been ready")
	}

	if got := containersOf(t, image); got != "" {
		t.Errorf("left behind: %s", got)
	}
}

func TestContainersMeetOnTheirNetwork(t *testing.T) {
	image := image(t, "serve")

	network, err := subject.CreateNetwork(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	closeAfter(t, network.Close)

	server, err := subject.StartContainer(t.Context(), subject.ContainerConfig{
		Image: image, Env: map[string]string{"HOST": "0.0.0.0", "PORT": "8080"},
		Network: network.Name, Aliases: []string{"server"},
	})
	if err != nil {
		t.Fatal(err)
	}

	closeAfter(t, server.Close)
	if got, err := server.Address(t.Context(), 8080); err == nil {
		t.Errorf("nothing was published, and yet it is at %s", got)
	}

	runsWell(t, subject.ContainerConfig{Image: image, Args: []string{"call", "server:8080"}, Network: network.Name}, "about to call server:8080")
}

func TestVolumeOutlivesItsContainers(t *testing.T) {
	image := image(t, "remember")

	volume, err := subject.CreateVolume(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	closeAfter(t, volume.Close)

	config := subject.ContainerConfig{Image: image, Args: []string{"remember", "/data/x"}, Volumes: map[string]string{volume.Name: "/data"}}
	runsWell(t, config, "length 1")
	runsWell(t, config, "length 2")
}

// runsWell expects the container to end with status 0 and this last line.
func runsWell(t *testing.T, config subject.ContainerConfig, want string) {
	t.Helper()

	c, err := subject.StartContainer(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}

	exit, ok := errors.AsType[*subject.ExitError](c.Wait(t.Context()))
	if !ok || exit.How != "exited with status 0" || exit.Lines[len(exit.Lines)-1] != want {
		t.Errorf("it %s with output %q, want last %q", exit.How, exit.Lines, want)
	}

	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}

	if err := c.Close(t.Context()); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func closeAfter(t *testing.T, end func(context.Context) error) {
	t.Helper()
	t.Cleanup(func() {
		if err := end(context.Background()); err != nil {
			t.Error(err)
		}
	})
}
