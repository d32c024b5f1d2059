package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// A replay goes as fast as the function reads, however much there is: the whole comes, in
// order, and nobody else waits for it (ES-REPLAY-002).
func TestRulingOnALongReplay(t *testing.T) {
	t.Parallel()
	const events = 600
	pause := make(chan struct{})
	o := observe(t, cloudstate.Behaviour{Pause: pause}, nil)
	large := strings.Repeat("x", 4<<10) // many times what may be on its way to who does not read
	var steps []string
	for n := range events {
		steps = append(steps, fmt.Sprintf("emit %d-%s", n, large))
	}
	for batch := 0; batch < events; batch += 100 {
		if _, err := o.Do(cloudstate.Ledger, "a", strings.Join(steps[batch:batch+100], "; ")+"; reply stored"); err != nil {
			t.Fatal(err)
		}
	}
	o.fails(cloudstate.Ledger, "a", "restart again", codes.Unknown, "again")
	replayed := o.later(cloudstate.Ledger, "a", "")
	take(t, o.f.Paused)
	o.Must(cloudstate.Profile, "b", "set y", "y")
	o.Must(cloudstate.Ledger, "b", "emit y", "y")
	if n := len(o.relay.Of(cloudstate.EventSourced)[1].Sent()); n >= events {
		t.Errorf("%d messages were sent to who does not read", n)
	}
	close(pause)
	got := take(t, replayed)
	words := strings.Fields(got.text)
	if got.err != nil || len(words) != events {
		t.Fatalf("the state is %d words, %v", len(words), got.err)
	}
	for n, word := range words {
		if word != fmt.Sprintf("%d-%s", n, large) {
			t.Fatalf("word %d is %.20q", n, word)
		}
	}
}

// Passivation comes after 30 s by default, which TestCloudstatePassivatesByDefault of
// runtime waits for; here it shows that an entity without a time of its own is given what
// the proxy is configured with (DIA-LIFE-003).
func TestRulingOnPassivation(t *testing.T) {
	t.Parallel()
	if idle := Defaults().IdleTimeout; idle != 30*time.Second {
		t.Errorf("by default an entity is idle for %v", idle)
	}
	const idle = 150 * time.Millisecond
	o := observe(t, cloudstate.Behaviour{}, func(c *Config) { c.IdleTimeout = idle })
	for _, kind := range stateful {
		if _, err := o.Do(kind.service, "a", kind.change); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range stateful {
		stream := o.awaitStreams(kind.path, 1, 0)[0]
		last, half := stream.Events[len(stream.Events)-3], stream.Events[len(stream.Events)-2]
		if rest := half.At.Sub(last.At); last.FromProxy || half.What != cloudstate.HalfClose || rest < idle || rest > idle+2*time.Second {
			t.Errorf("%s: half-closed after %v: %v", kind.service, rest, stream)
		}
	}
}
