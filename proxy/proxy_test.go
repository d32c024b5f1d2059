package proxy_test

import (
	"context"
	"net"
	"testing"

	"github.com/stateward/stateward/proxy"
)

// TestRun runs a proxy inside this program, and stops it.
func TestRun(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	config := proxy.Defaults()
	config.Function = "127.0.0.1:1" // where nobody listens
	config.Listen, config.Admin = "127.0.0.1:0", "127.0.0.1:0"
	config.Store = proxy.StoreMemory
	var opened []string
	config.Opened = func(port string, address net.Addr) {
		opened = append(opened, port)
		stop()
	}
	if err := proxy.Run(ctx, config); err != nil {
		t.Error(err)
	}
	if len(opened) != 1 || opened[0] != proxy.PortAdmin {
		t.Errorf("opened %q, want the admin port alone", opened)
	}
}
