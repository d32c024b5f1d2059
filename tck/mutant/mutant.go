package mutant

import (
	"slices"

	"github.com/stateward/stateward/tck/mutant/defect"
	"github.com/stateward/stateward/tck/mutant/multiplex"
)

// Mutant is the model with one defect, and what the kit has to say of it.
type Mutant struct {
	defect.Mutant

	// Kind is the profile of the kind whose model is bent; empty for a defect of the
	// function as a whole.
	Kind string
}

// Mutants returns every mutant: those of the function as a whole, then those of its
// kinds.
func Mutants() []Mutant {
	var all []Mutant
	for _, m := range slices.Concat(discoveryMutants(), capabilityMutants(), ruleMutants(), watchMutants(), multiplex.Mutants()) {
		all = append(all, Mutant{Mutant: m})
	}
	for _, model := range models() {
		for _, m := range model.Mutants {
			all = append(all, Mutant{m, model.Profile})
		}
	}
	return all
}
