// Package cases is the catalogue: every case that the kit has, by the role of
// the subject.
package cases

import (
	"slices"
	"sync"

	"github.com/stateward/stateward/tck/cases/action"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/cases/eventsourced"
	"github.com/stateward/stateward/tck/cases/httprule"
	"github.com/stateward/stateward/tck/cases/lifecycle"
	"github.com/stateward/stateward/tck/cases/multiplex"
	"github.com/stateward/stateward/tck/cases/replicated"
	"github.com/stateward/stateward/tck/cases/value"
	"github.com/stateward/stateward/tck/engine"
)

// Function returns the cases for a user function, in the order of the
// specification's chapters. Ids are unique. The caller owns the slice.
func Function() []engine.Case { return slices.Clone(function()) }

// function writes the cases down, once.
var function = sync.OnceValue(func() []engine.Case {
	return slices.Concat(
		discovery.Cases(), httprule.Cases(), lifecycle.Cases(),
		eventsourced.Cases(), value.Cases(), replicated.Cases(), action.Cases(),
		multiplex.Cases(),
	)
})
