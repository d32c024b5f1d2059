package app

import (
	"strings"
	"testing"

	"github.com/stateward/stateward/proxy/internal/function/functiontest"
)

// durably is a config for tests that keeps state in the directory.
func durably(target, dir string) Config {
	c := quick(target)
	c.Store, c.Data = StorePebble, dir
	return c
}

// TestProxyRestarts starts a second proxy on the directory of the first.
func TestProxyRestarts(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	dir := t.TempDir()
	total := int64(0)
	for range 3 {
		proxy := runProxy(t, durably(f.Target, dir))
		caller := proxy.dial(t)
		for range 4 { // a snapshot after every third event, and one event more
			total++
			caller.mustAdd(t, "a", 1, total)
		}
		if err := proxy.halt(t); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSecondProxy shows that a directory belongs to one proxy at a time.
func TestSecondProxy(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{})
	dir := t.TempDir()
	first := runProxy(t, durably(f.Target, dir))
	caller := first.dial(t)
	caller.mustAdd(t, "a", 1, 1)
	err := Serve(t.Context(), durably(f.Target, dir))
	if err == nil || !strings.Contains(err.Error(), "--data: ") || !strings.Contains(err.Error(), dir) {
		t.Errorf("the second proxy: %v", err)
	}
	caller.mustAdd(t, "a", 1, 2)
}
