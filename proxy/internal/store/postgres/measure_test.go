package postgres_test

import (
	"testing"

	"github.com/stateward/stateward/proxy/internal/store/postgres"
)

// A store tells of both its pools, and is silent once it is closed.
func TestMeasures(t *testing.T) {
	t.Parallel()
	s := open(t, postgres.Config{DSN: database(t)})
	values := map[string]float64{}
	for _, m := range s.Measures() {
		key := m.Name + " " + m.Pool
		if _, twice := values[key]; twice || m.Help == "" {
			t.Errorf("measure %+v", m)
		}
		values[key] = m.Value
	}
	if len(values) != 11 || values["pool_connections_max reads"] <= 0 || values["pool_connections reads"] <= 0 || values["pool_connections_max writes"] <= 0 {
		t.Errorf("the store says %v", values)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if m := s.Measures(); m != nil {
		t.Errorf("a closed store says %v", m)
	}
}
