package pebble_test

import (
	"testing"

	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/pebble"
)

// A store knows its size, tells it in names that no other measure has, and is silent once
// it is closed.
func TestMeasures(t *testing.T) {
	t.Parallel()
	s, err := pebble.Open(pebble.Config{Dir: t.TempDir(), Logger: discard()})
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, m := range s.Measures() {
		if _, twice := values[m.Name]; twice || m.Name == "" || m.Help == "" || m.Pool != "" {
			t.Errorf("measure %+v", m)
		}
		values[m.Name] = m.Value
	}
	if err := s.Kind(t.Context(), "carts", "value"); err != nil {
		t.Fatal(err)
	}
	after := map[string]float64{}
	for _, m := range s.Measures() {
		after[m.Name] = m.Value
	}
	if values["disk_bytes"] <= 0 || after["wal_written_bytes_total"] <= values["wal_written_bytes_total"] {
		t.Errorf("before a write the store says %v, after it %v", values, after)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if m := store.Meter(s).Measures(); m != nil {
		t.Errorf("a closed store says %v", m)
	}
}
