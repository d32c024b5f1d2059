// Package cases is the catalogue: every case that the kit has, by the role of
// the subject.
package cases

import (
	"slices"

	"github.com/stateward/stateward/tck/cases/action"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/cases/eventsourced"
	"github.com/stateward/stateward/tck/cases/httprule"
	"github.com/stateward/stateward/tck/cases/lifecycle"
	"github.com/stateward/stateward/tck/cases/value"
	"github.com/stateward/stateward/tck/engine"
)

// Function returns the cases for a user function, in the order of the
// specification's chapters. Ids are unique.
func Function() []engine.Case {
	return slices.Concat(
		discovery.Cases(), httprule.Cases(), lifecycle.Cases(), eventsourced.Cases(), value.Cases(), action.Cases(),
	)
}
