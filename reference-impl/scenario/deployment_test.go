package scenario_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stateward/stateward/tck/subject"
)

// startProcesses starts both sides as processes that listen on loopback and
// keep their ports through a restart.
func startProcesses(t *testing.T, s *site) {
	t.Helper()
	folder := *binaries
	if folder == "" {
		var err error
		if folder, err = build(); err != nil {
			t.Fatal(err)
		}
	}
	function := freePort(t)
	s.service, s.admin = freePort(t), freePort(t)
	s.function = process(t, "function",
		s.command(folder),
		"HOST=127.0.0.1", "PORT="+strconv.Itoa(function), "DIALECT="+s.dialect)
	words := []string{
		filepath.Join(folder, "stateward-proxy"),
		"--function=" + loopback(function),
		"--listen=" + loopback(s.service),
		"--admin=" + loopback(s.admin),
		"--data=" + filepath.Join(t.TempDir(), "data"),
	}
	if s.database != "" {
		words = append(words, "--store=postgres", "--database="+s.database, "--node="+s.sample)
	}
	s.proxy = process(t, "proxy", words)
}

func process(t *testing.T, name string, words []string, env ...string) *side {
	t.Helper()
	instance, err := subject.StartProcess(t.Context(), subject.ProcessConfig{Words: words, Env: env})
	if err != nil {
		t.Fatalf("start the %s: %v", name, err)
	}
	end(t, name, instance.Close)
	return &side{name: name, instance: instance}
}

// startContainers starts both sides in containers on a network of their own,
// the proxy's data on a volume.
func startContainers(t *testing.T, s *site) {
	t.Helper()
	network, err := subject.CreateNetwork(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	end(t, "network", network.Close)
	volume, err := subject.CreateVolume(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	end(t, "volume", volume.Close)
	s.service, s.admin = 9000, 9001
	s.function = container(t, "function", subject.ContainerConfig{
		Image: s.program, Env: map[string]string{"DIALECT": s.dialect},
		Network: network.Name, Aliases: []string{"function"}, ReadOnly: true,
	})
	s.proxy = container(t, "proxy", subject.ContainerConfig{
		Image:   *proxyImage,
		Args:    []string{"--function=function:8080", "--listen=0.0.0.0:9000", "--admin=0.0.0.0:9001", "--data=/data"},
		Network: network.Name,
		Ports:   []int{s.service, s.admin},
		Volumes: map[string]string{volume.Name: "/data"}, ReadOnly: true,
	})
}

func container(t *testing.T, name string, config subject.ContainerConfig) *side {
	t.Helper()
	if config.Image == "" {
		t.Fatalf("-deploy containers needs -proxy-image and -functions")
	}
	instance, err := subject.StartContainer(t.Context(), config)
	if err != nil {
		t.Fatalf("start the %s: %v", name, err)
	}
	end(t, name, instance.Close)
	return &side{name: name, instance: instance}
}

// end has the test close something after everything that was made later.
func end(t *testing.T, name string, closer func(context.Context) error) {
	t.Helper()
	t.Cleanup(func() {
		if err := closer(context.Background()); err != nil {
			t.Errorf("end the %s: %v", name, err)
		}
	})
}

// built is the folder with the programs; empty until somebody has asked for them.
var built string

// build builds the proxy and the samples, once, into a folder that TestMain
// removes.
var build = sync.OnceValues(func() (_ string, err error) {
	if built, err = os.MkdirTemp("", "scenario"); err != nil {
		return "", err
	}
	command := exec.Command("go", "build", "-o", built+string(os.PathSeparator),
		"../../proxy/cmd/stateward-proxy", "../go/cart", "../go/profile", "../go/presence", "../go/temperature")
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the programs: %w\n%s", err, output)
	}
	return built, nil
})

func freePort(t *testing.T) int {
	t.Helper()
	port, err := subject.FreePort(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
