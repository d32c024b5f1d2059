package app_test

import (
	"strings"
	"testing"

	"github.com/stateward/stateward/tck/app"
)

func TestDoctor(t *testing.T) {
	sound := model(t, "")
	got := run(t, "doctor", sound)
	got.expect(t, app.ExitPassed, "subject       "+sound+" at ", "stateward.discovery.v1.DiscoveryService answers, protocol 1.0",
		"cloudstate.EntityDiscovery does not answer: Unimplemented", "a model of the kit", "mistakes      none in ",
		"next          tck function "+sound+" --profile ")

	run(t, "doctor", model(t, "is-nameless")).expect(t, app.ExitFailed, "mistake       DISC-INFO-002 (SHOULD): expected ")
	got = run(t, "doctor", "cmd:"+function+" serve")
	got.expect(t, app.ExitFailed, "models        none: only discovery can be measured", "not checked: discovery/call/answers did not pass")
	if told := strings.Count(got.out, "did not pass"); told != 1 {
		t.Errorf("one cause is told %d times", told)
	}
	run(t, "doctor", "cmd:"+function+" die").expect(t, app.ExitNeverReady, "exited with status 7 before it was ready", "no database")
	run(t, "doctor", "./sdk").expect(t, app.ExitUsage, "needs a prefix")
	run(t, "doctor", "a", "b").expect(t, app.ExitUsage, "accepts at most 1")
}
