package peer_test

import (
	"strings"
	"testing"

	"github.com/stateward/stateward/tck/peer"
)

// The kit compares notations: two texts that differ may not look alike.
func TestLongTextsAreToldApart(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<20)
	if peer.Quote(long+"a") == peer.Quote(long+"b") {
		t.Error("two texts have one notation")
	}
	if got := peer.Quote(long); len(got) > 100 || got != peer.Quote(long) {
		t.Errorf("notation %s", got)
	}
}
