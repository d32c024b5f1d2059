package runtime

import "github.com/stateward/stateward/proxy/internal/entity"

// Witness is told which entities come into memory, and leave it. Its methods may be
// called from any goroutine, and return at once.
type Witness interface {
	// Came says that an entity of the kind was recovered.
	Came(id entity.ID, kind string)
	// Left says that its activation has ended, recovered or not; reason is that of
	// Metrics.Closed.
	Left(id entity.ID, kind, reason string)
}

// unwitnessed is the Witness of a runtime at which nobody looks.
type unwitnessed struct{}

var _ Witness = unwitnessed{}

func (unwitnessed) Came(entity.ID, string)         {}
func (unwitnessed) Left(entity.ID, string, string) {}
