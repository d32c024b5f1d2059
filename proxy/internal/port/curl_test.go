package port_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stateward/stateward/proxy/internal/port"
)

// TestCurl has a client of another making take turns on one connection, and in parallel:
// its library checks tables and windows (HTTP-PORT-004).
func TestCurl(t *testing.T) {
	t.Parallel()
	curl, err := exec.LookPath("curl")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("there is no curl")
	}
	if err != nil {
		t.Fatal(err)
	}
	server, _ := certificates(t)
	for _, parallel := range []bool{false, true} {
		// By TLS: the curl of Debian 12 cannot use a connection twice otherwise.
		s := open(t, func(c *port.Config) { c.TLS = server })
		dir := t.TempDir()
		var config strings.Builder
		want := map[string][]byte{}
		for i := range 20 {
			body := content(1 << i)
			contentType := "application/json"
			if i%3 == 0 {
				contentType, body = "application/grpc", append([]byte{0, byte(len(body) >> 24), byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
			}
			in, out := filepath.Join(dir, fmt.Sprint(i, ".in")), filepath.Join(dir, fmt.Sprint(i, ".out"))
			if err := os.WriteFile(in, body, 0o600); err != nil {
				t.Fatal(err)
			}
			want[out] = body
			if i > 0 {
				config.WriteString("next\n")
			}
			fmt.Fprintf(&config, "url = https://%s/echo.Echo/Echo\nhttp2\ninsecure\nsilent\nshow-error\nheader = \"Content-Type: %s\"\nheader = \"TE: trailers\"\nheader = \"Expect:\"\ndata-binary = \"@%s\"\noutput = \"%s\"\nwrite-out = \"%%{num_connects} %%{http_code}\\n\"\n",
				s.addr, contentType, in, out)
		}
		list := filepath.Join(dir, "list")
		if err := os.WriteFile(list, []byte(config.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		arguments := []string{"--disable", "--max-time", "60", "--config", list}
		if parallel {
			arguments = append([]string{"--parallel", "--parallel-max", "20"}, arguments...)
		}
		said, err := exec.CommandContext(t.Context(), curl, arguments...).CombinedOutput()
		if err != nil {
			t.Fatalf("curl: %v\n%s", err, said)
		}
		if !parallel && strings.Count(string(said), "1 200\n") != 1 || strings.Count(string(said), " 200\n") != 20 {
			t.Errorf("connections and statuses:\n%s", said)
		}
		for out, body := range want {
			if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, body) {
				t.Errorf("%s: %d bytes of %d, %v", filepath.Base(out), len(got), len(body), err)
			}
		}
	}
}
