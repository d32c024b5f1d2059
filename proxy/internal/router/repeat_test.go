package router_test

import (
	"testing"
	"testing/synctest"
	"time"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

// IDEM-REPEAT-004, IDEM-REPEAT-003: the forward of a recorded answer is sent again, with
// the key that it had, so that its target answers from its own record; the side effects are
// not. FX-EFF-004: a repeat waits for those of the first call.
func TestRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startWith(t, map[string]script{
			"Do": func(string) *eventsourcedv1.EventSourcedReply {
				return effects(forward("Get", "8 done"), "!Wait:9")
			},
			"Wait": slow(10 * time.Second),
			"Get":  say,
		}, nil, func(c *runtime.Config, recorded *memory.Store) { c.Records = recorded })
		begin := time.Now()
		answered := make(chan time.Duration)
		ask := func() {
			reply, err := w.Call(t.Context(), "shop.Cart", "Do", []byte("7"), keyed("k"))
			if err != nil || string(reply.GetPayload().GetValue()) != "done" {
				t.Errorf("%v, %v", reply, err)
			}
			answered <- time.Since(begin)
		}
		go ask()
		time.Sleep(time.Second)
		go ask()
		for range 2 {
			if took := <-answered; took != 10*time.Second {
				t.Errorf("answered after %v", took)
			}
		}
		go ask()
		if took := <-answered; took != 10*time.Second {
			t.Errorf("what is recorded came after %v", took)
		}
		var names []string
		for _, command := range w.commands {
			names = append(names, command.GetName())
		}
		if len(names) != 3 || names[0] != "Do" || names[1] != "Wait" || names[2] != "Get" {
			t.Errorf("the function got %v", names)
		}
	})
}
