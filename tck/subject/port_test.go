package subject_test

import (
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stateward/stateward/tck/subject"
)

// The system gives ports of its own range to whoever asks for any: one of those
// would be somebody else's by the time that a process wants it.
func TestFreePortIsNotOneThatTheSystemGivesAway(t *testing.T) {
	first := 32768
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if first, err = strconv.Atoi(strings.Fields(string(text))[0]); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[int]bool{}
	for range 50 {
		port, err := subject.FreePort(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if port >= first || port < 1024 {
			t.Errorf("port %d; the system gives away those from %d", port, first)
		}
		listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			t.Fatalf("port %d is not free: %v", port, err)
		}
		defer listener.Close()
		if seen[port] {
			t.Errorf("port %d twice while it was listened on", port)
		}
		seen[port] = true
	}
}

// A process that has not begun to listen keeps its port.
func TestFreePortComesOnce(t *testing.T) {
	seen := map[int]bool{}
	for range 500 {
		port, err := subject.FreePort(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if seen[port] {
			t.Fatalf("port %d twice", port)
		}
		seen[port] = true
	}
}
