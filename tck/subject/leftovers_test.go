package subject_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/client"

	"github.com/stateward/stateward/tck/subject"
)

// deadOwner is a process of this machine that has ended.
func deadOwner(t *testing.T) string {
	t.Helper()
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s/%d", host(t), ended.Process.Pid)
}

func host(t *testing.T) string {
	t.Helper()
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// engineWith is a Docker engine that knows these owners' containers, and one
// network of the first.
func engineWith(t *testing.T, owners ...string) *httptest.Server {
	t.Helper()
	var containers []map[string]any
	for i, owner := range owners {
		containers = append(containers, map[string]any{
			"Names": []string{fmt.Sprintf("/stateward-tck-%d", i)}, "Image": "acme/sdk:1",
			"Labels": map[string]string{"dev.stateward.tck.owner": owner},
		})
	}
	answers := map[string]any{
		"/containers/json": containers,
		"/networks":        []map[string]any{{"Name": "stateward-tck-n", "Labels": map[string]string{"dev.stateward.tck.owner": owners[0]}}},
		"/volumes":         map[string]any{"Volumes": []any{}},
		"/version":         map[string]any{"Version": "29.0", "ApiVersion": "1.47"},
		"/info":            map[string]any{"ServerVersion": "29.0"},
		"/_ping":           "OK",
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, path, versioned := strings.Cut(r.URL.Path, "/v1.")
		if _, rest, found := strings.Cut(path, "/"); versioned && found {
			path = "/" + rest
		} else {
			path = r.URL.Path
		}
		answer, known := answers[path]
		if !known {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Api-Version", "1.47")
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return server
}

// What a run that goes on has made is its own; what one elsewhere has made, nobody
// here can tell, and so it is named.
func TestEngineTellsLeftovers(t *testing.T) {
	dead := deadOwner(t)
	alive := fmt.Sprintf("%s/%d", host(t), os.Getpid())
	server := engineWith(t, dead, alive, "elsewhere/1", "")
	engine, err := client.New(client.WithHost("tcp://" + server.Listener.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	version, left, err := subject.LeftOn(t.Context(), engine)
	if err != nil || version != "29.0" {
		t.Fatalf("got version %q and %v", version, err)
	}
	want := []subject.Leftover{
		{Kind: "container", Name: "stateward-tck-0", About: "acme/sdk:1", Owner: dead},
		{Kind: "container", Name: "stateward-tck-2", About: "acme/sdk:1", Owner: "elsewhere/1"},
		{Kind: "container", Name: "stateward-tck-3", About: "acme/sdk:1"},
		{Kind: "network", Name: "stateward-tck-n", Owner: dead},
	}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Error(diff)
	}
	var removals []string
	for _, l := range left {
		removals = append(removals, l.Removal())
	}
	if diff := cmp.Diff([]string{"docker rm --force --volumes stateward-tck-0", "docker network rm stateward-tck-n"},
		[]string{removals[0], removals[3]}); diff != "" {
		t.Error(diff)
	}
}

// A process whose run of the kit is gone is named, and one whose run goes on is not.
func TestProcessesThatAreLeftBehind(t *testing.T) {
	ours := start(t, command("serve"))
	orphan := exec.Command(function, "stubborn")
	orphan.Env = append(os.Environ(), "STATEWARD_TCK_OWNER="+deadOwner(t))
	heard, err := orphan.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := orphan.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = orphan.Process.Signal(syscall.SIGKILL)
		_ = orphan.Wait()
	})
	if _, err := heard.Read(make([]byte, 1)); err != nil { // it runs, and has its environment
		t.Fatal(err)
	}
	left := subject.Processes()
	at := slices.IndexFunc(left, func(l subject.Leftover) bool { return l.Name == strconv.Itoa(orphan.Process.Pid) })
	if at < 0 || left[at].About != function+" stubborn" || left[at].Removal() != fmt.Sprintf("kill -9 %d", orphan.Process.Pid) {
		t.Errorf("the orphan is not among %v", left)
	}
	if slices.ContainsFunc(left, func(l subject.Leftover) bool { return l.Name == strconv.Itoa(ours.PID()) }) {
		t.Error("a process of a run that goes on is called left behind")
	}
}
