package runtime_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
)

// DIA-LIFE-001: after a restart the next stream to a Cloudstate 0.2 function opens at
// once, though no command waits; it is passivated like any other.
func TestCloudstateRestartsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, nil)
		w.function.Terms.Cloudstate = true
		wantAnswer(t, w.call("7", "Add", "a"), "a")
		wantAnswer(t, w.call("7", "Restart", "no"), "Unknown: no")
		synctest.Wait()
		if n := w.function.Opened(); n != 2 {
			t.Errorf("%d streams were opened, want the second one at once", n)
		}
		wantAnswer(t, w.call("7", "Get", ""), "a")
		w.function.Wait()
		if n := w.function.Opened(); n != 2 {
			t.Errorf("%d streams were opened, want 2", n)
		}
	})
}

// DIA-LIFE-005: a Cloudstate 0.2 function that does not end a half-closed stream is reset
// after the time of grace, and is not told.
func TestCloudstateLingers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := runtimetest.Model{}
		w := start(t, func(s *runtimetest.Stream) error {
			err := model.Serve(s)
			<-s.Context().Done()
			return err
		}, nil)
		w.function.Terms.Cloudstate = true
		w.target.Passivation = time.Second
		wantAnswer(t, w.call("7", "Get", ""), "")
		begin := time.Now()
		w.function.Wait()
		if took := time.Since(begin); took != 6*time.Second {
			t.Errorf("reset after %v, want 1 s and the 5 s of grace", took)
		}
		wantReports(t, w)
	})
}

// DIA-LIFE-003: an entity of a Cloudstate 0.2 function that names no time is passivated 30 s
// after its stream's last message.
func TestCloudstatePassivatesByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, nil)
		w.function.Terms.Cloudstate = true
		wantAnswer(t, w.call("7", "Add", "a"), "a")
		time.Sleep(30*time.Second - 1) // Fake time: the bubble's clock.
		wantAnswer(t, w.call("7", "Get", ""), "a")
		begin := time.Now()
		w.function.Wait()
		if took := time.Since(begin); took != 30*time.Second {
			t.Errorf("passivated after %v", took)
		}
		if n := w.function.Opened(); n != 1 {
			t.Errorf("%d streams, want the first to have lived on", n)
		}
	})
}
