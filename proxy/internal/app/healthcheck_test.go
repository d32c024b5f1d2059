package app

import (
	"strings"
	"testing"

	"github.com/stateward/stateward/proxy/internal/function/functiontest"
)

// TestHealthcheck asks a proxy that waits for its function, one that serves, and nobody.
func TestHealthcheck(t *testing.T) {
	t.Parallel()
	absent := runProxy(t, quick("127.0.0.1:1"))
	if out, err := command(t, "healthcheck", "--admin", absent.admin); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("without a function: %q, %v", out, err)
	}
	if out, err := command(t, "healthcheck", "--alive", "--admin", absent.admin); err != nil || out != "alive\n" {
		t.Errorf("without a function it is alive: %q, %v", out, err)
	}
	served := runProxy(t, quick(functiontest.Start(t, loopback, functiontest.Script{}).Target))
	served.dial(t)
	if out, err := command(t, "healthcheck", "--admin", served.admin); err != nil || out != "ready\n" {
		t.Errorf("with a function: %q, %v", out, err)
	}
	if _, err := command(t, "healthcheck", "--admin", "127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "is it running?") {
		t.Errorf("nobody is there: %v", err)
	}
}

// TestReachable covers that a port which is open on every address is asked on this machine.
func TestReachable(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"0.0.0.0:9001": "127.0.0.1:9001", "[::]:9001": "127.0.0.1:9001", ":9001": "127.0.0.1:9001",
		"127.0.0.1:9001": "127.0.0.1:9001", "[fd00::1]:9001": "[fd00::1]:9001", "admin:9001": "admin:9001",
	} {
		if got, err := reachable(address); err != nil || got != want {
			t.Errorf("reachable(%q) = %q, %v; want %q", address, got, err, want)
		}
	}
	if _, err := reachable("9001"); err == nil {
		t.Error("a port alone is no address")
	}
}
