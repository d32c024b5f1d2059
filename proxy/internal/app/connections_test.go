package app

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stateward/stateward/proxy/internal/port"
)

// TestConnections has each bound reach the port, and wrong ones refused by name.
func TestConnections(t *testing.T) {
	t.Parallel()
	var got, want port.Config
	(&Connections{Most: 1, PerAddress: 2, Streams: 3, Cancels: 4}).bound(&got)
	want.MaxConnections, want.MaxPerAddress, want.MaxStreams, want.MaxResets = 1, 2, 3, 4
	if diff := cmp.Diff(want, got, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".TLS" }, cmp.Ignore())); diff != "" {
		t.Error(diff)
	}
	defaults := defaultConnections()
	if wrong := defaults.wrong(); wrong != nil {
		t.Error(wrong)
	}
	wrong := (&Connections{PerAddress: -1, Streams: 1 << 40}).wrong()
	for i, name := range []string{"max-connections", "max-connections-per-address", "max-streams", "max-cancels"} {
		if len(wrong) != 4 || !strings.Contains(wrong[i].Error(), name) {
			t.Errorf("%s is not refused in %v", name, wrong)
		}
	}
}
