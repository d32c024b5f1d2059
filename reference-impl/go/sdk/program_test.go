package sdk_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
)

func environment(pairs ...string) func(string) string {
	return func(key string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == key {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args           []string
		fails          bool
		stdout, stderr string
	}{
		"help":     {[]string{"--help"}, false, "SOCKET", ""},
		"version":  {[]string{"--version"}, false, "), stateward-go " + sdk.Version() + "\n", ""},
		"unknown":  {[]string{"--port=1"}, true, "", "port"},
		"argument": {[]string{"serve", "it"}, true, "", `was given "serve it"`},
		"more":     {[]string{"healthcheck", "it"}, true, "", `was given "healthcheck it"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			err := sdk.Run(context.Background(), one(another("x")), c.args, environment(), &stdout, &stderr)
			if (err != nil) != c.fails || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
				t.Errorf("%v\nstdout: %s\nstderr: %s", err, &stdout, &stderr)
			}
		})
	}
}

func TestRunSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	busy := filepath.Join(t.TempDir(), "busy")
	listener, err := net.Listen("unix", busy)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		config sdk.Config
		env    []string
		want   string
	}{
		"no entity":            {one(), []string{"PORT", "0"}, "DISC-ENT-003"},
		"a port that is none":  {one(another("x")), []string{"PORT", "seven"}, "seven"},
		"a socket in use":      {one(another("x")), []string{"SOCKET", busy}, "another process listens on " + busy},
		"a file in the way":    {one(another("x")), []string{"SOCKET", file}, "not a socket; it stays"},
		"a directory too deep": {one(another("x")), []string{"SOCKET", file + "/socket"}, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			err := sdk.Run(context.Background(), c.config, nil, environment(c.env...), io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v does not say %q", err, c.want)
			}
		})
	}
}

// DISC-LISTEN-001.
func TestAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ env, want []string }{
		"nothing":         {nil, []string{"tcp", "127.0.0.1:8080"}},
		"a host":          {[]string{"HOST", "0.0.0.0"}, []string{"tcp", "0.0.0.0:8080"}},
		"a port":          {[]string{"PORT", "9"}, []string{"tcp", "127.0.0.1:9"}},
		"both":            {[]string{"HOST", "::1", "PORT", "0"}, []string{"tcp", "[::1]:0"}},
		"unix, as a host": {[]string{"HOST", "unix:/run/f", "PORT", "1"}, []string{"unix", "/run/f"}}, // DISC-LISTEN-003
		"a socket, too":   {[]string{"HOST", "h", "PORT", "1", "SOCKET", "/run/f"}, []string{"unix", "/run/f"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			network, address := sdk.AddressOf(environment(c.env...))
			if !slices.Equal(c.want, []string{network, address}) {
				t.Errorf("listens on %s %s", network, address)
			}
		})
	}
}

// The function listens where the environment says, logs where that is, and
// stops with its context.
func TestRunListens(t *testing.T) {
	t.Parallel()
	for name, env := range map[string][]string{
		"a free port":          {"PORT", "0"},
		"a host and free port": {"HOST", "localhost", "PORT", "0"},
		"a socket":             {"SOCKET", filepath.Join(t.TempDir(), "socket")},
		"a stale socket":       {"SOCKET", staleSocket(t)},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), sdktest.Patience)
			defer cancel()
			logs, stderr := io.Pipe()
			ended := make(chan error, 1)
			go func() {
				err := sdk.Run(ctx, one(another("x")), nil, environment(env...), io.Discard, stderr)
				stderr.Close()
				ended <- err
			}()
			log := bufio.NewReader(logs)
			checkHealth(t, listening(t, log))
			cancel()
			rest, err := io.ReadAll(log)
			if err := errors.Join(err, <-ended); err != nil || !strings.Contains(string(rest), "msg=stopped") {
				t.Errorf("%v\n%s", err, rest)
			}
		})
	}
}

// listening waits for the function to log where it listens, and returns that
// as a gRPC target.
func listening(t *testing.T, log *bufio.Reader) string {
	t.Helper()
	record, err := log.ReadString('\n')
	found := regexp.MustCompile(`msg=listening network=(\w+) address=(\S+)`).FindStringSubmatch(record)
	if err != nil || found == nil {
		t.Fatalf("%q, %v", record, err)
	}
	if found[1] == "unix" {
		return "unix:" + found[2]
	}
	return found[2]
}

func checkHealth(t *testing.T, target string) {
	t.Helper()
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), sdktest.Patience)
	defer cancel()
	if _, err := healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{}); err != nil {
		t.Errorf("%s: %v", target, err)
	}
}

// staleSocket leaves a socket as a process does that is killed.
func staleSocket(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stale")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	listener.Close()
	return path
}
