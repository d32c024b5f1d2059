package app

import (
	"strings"
	"testing"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/function/functiontest/cloudstate"
)

// What is refused at discovery, and named: one persistence id for two (DISC-ENT-002), none
// (DISC-ENT-002), a service twice (DISC-ENT-003), descriptors that cannot be read
// (DISC-DESC-001), no key (DIA-KEY-002), another version (DIA-VERSION-002). The reports
// are one text (DIA-REPORT-001).
func TestRulingsAtDiscovery(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*discoveryv1.DiscoverResponse)
		want   []string
	}{
		"one persistence id for two": {func(a *discoveryv1.DiscoverResponse) { a.Entities[1].PersistenceId = "ledger" }, []string{"DISC-ENT-002", cloudstate.Profile, cloudstate.Ledger}},
		"no persistence id":          {func(a *discoveryv1.DiscoverResponse) { a.Entities[0].PersistenceId = "" }, []string{"DISC-ENT-002", cloudstate.Ledger}},
		"a service twice":            {func(a *discoveryv1.DiscoverResponse) { a.Entities = append(a.Entities, a.GetEntities()[0]) }, []string{"DISC-ENT-003", cloudstate.Ledger}},
		"unreadable descriptors":     {func(a *discoveryv1.DiscoverResponse) { a.Proto = []byte("garbage") }, []string{"DISC-DESC-001"}},
		"no key":                     {func(a *discoveryv1.DiscoverResponse) { a.Proto = cloudstate.Answer(cloudstate.Files(99)).GetProto() }, []string{"DIA-KEY-002", cloudstate.Ledger}},
		"another version":            {func(a *discoveryv1.DiscoverResponse) { a.ServiceInfo.ProtocolMinorVersion = 3 }, []string{"DIA-VERSION-002", "0.3"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reports := refused(t, test.change, nil)
			for _, text := range test.want {
				if !strings.Contains(reports[0], text) {
					t.Errorf("the function is told %q, without %q", reports[0], text)
				}
			}
		})
	}
}

// A persistence id whose kind has changed is refused, and both kinds are named
// (DISC-KIND-001).
func TestRulingOnAChangedKind(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	durable := func(c *Config) { c.Store, c.Data = StorePebble, data }
	o := observe(t, cloudstate.Behaviour{}, durable)
	o.Must(cloudstate.Profile, "a", "set x", "x")
	if err := o.halt(t); err != nil {
		t.Fatal(err)
	}
	reports := refused(t, func(a *discoveryv1.DiscoverResponse) {
		a.Entities[0].PersistenceId, a.Entities[1].PersistenceId = "profile", "another"
	}, durable)
	for _, text := range []string{"DISC-KIND-001", cloudstate.Ledger, "event sourced", "value"} {
		if len(reports) != 1 || !strings.Contains(reports[0], text) {
			t.Errorf("the function is told %q, without %q", reports, text)
		}
	}
}
