package mutant

import (
	"slices"

	"github.com/stateward/stateward/tck/mutant/defect"
	"github.com/stateward/stateward/tck/mutant/multiplex"
)

// Mutant is the model with one defect, and what the kit has to say of it.
type Mutant struct {
	defect.Mutant

	// Kind is the profile of the kind whose model is bent, or of multiplexed streams; empty
	// for a defect of the function as a whole.
	Kind string
}

// Mutants returns every mutant: those of the function as a whole, then those of its
// kinds.
func Mutants() []Mutant {
	var all []Mutant
	for _, m := range slices.Concat(discoveryMutants(), capabilityMutants(), ruleMutants(), watchMutants()) {
		all = append(all, Mutant{Mutant: m})
	}
	for _, m := range multiplex.Mutants() {
		all = append(all, Mutant{m, multiplex.Profile})
	}
	for _, model := range models() {
		for _, m := range model.Mutants {
			all = append(all, Mutant{m, model.Profile})
		}
	}
	return all
}
