package app

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stateward/stateward/proxy/internal/function/functiontest"
)

// TestMultiplexed covers MUX-USE-001 and MUX-USE-005 through the whole proxy: many
// entities share a stream, are passivated on it, and come back.
func TestMultiplexed(t *testing.T) {
	f := functiontest.Start(t, loopback, functiontest.Script{Multiplexed: true})
	c := quick(f.Target)
	c.IdleTimeout = 10 * time.Millisecond
	proxy := runProxy(t, c)
	caller := proxy.dial(t)
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			for total := range int64(10) {
				caller.mustAdd(t, strconv.Itoa(i), 1, total+1)
				if total == 4 {
					<-time.After(20 * time.Millisecond) // some are passivated meanwhile
				}
			}
		})
	}
	all.Wait()
	if err := proxy.halt(t); err != nil {
		t.Fatal(err)
	}
	for range len(f.Calls) {
		if call := <-f.Calls; call == "/stateward.eventsourced.v1.EventSourcedService/Handle" {
			t.Error("an entity has a plain stream")
		}
	}
}
