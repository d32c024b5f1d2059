package kind_test

import (
	"slices"
	"testing"

	"github.com/stateward/stateward/tck/kind"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	var profiles []string
	for _, k := range kind.All() {
		profiles = append(profiles, k.Profile)
		if found, known := kind.Of(k.Type); !known || found != k {
			t.Errorf("%s is found as %v", k.Type, found)
		}
	}
	if !slices.IsSorted(profiles) || len(slices.Compact(slices.Clone(profiles))) != len(profiles) {
		t.Errorf("the profiles are %v: not in order, each once", profiles)
	}
	if len(kind.Types()) != len(profiles) {
		t.Errorf("there are %d types for %d kinds", len(kind.Types()), len(profiles))
	}
	if k, known := kind.Of("nowhere.Kind"); known {
		t.Errorf("nowhere.Kind is found as %v", k)
	}
}
