package runtime

import (
	"time"

	"google.golang.org/grpc/codes"
)

// Metrics is told what happens in the runtime. Its methods may be called from
// any goroutine, with locks held: they return at once and call nothing of the
// runtime.
type Metrics interface {
	// Activated says that an entity was recovered: how long the opening and the
	// replay took, and how many events were replayed after the snapshot.
	Activated(kind string, took time.Duration, events int)
	// Closed says that an activation has ended, whether it was recovered or
	// not; reason is that of entity.Close, or "open" or "load" when it failed before
	// its machine had a say.
	Closed(kind, reason string)
	// Waiting says that so many more, or fewer, commands wait in mailboxes.
	Waiting(kind string, change int)
	// Commanded says that a command was answered, with what code, and how long
	// after it was submitted.
	Commanded(kind string, code codes.Code, took time.Duration)
	// Persisted says that a write of so many events has ended.
	Persisted(kind string, took time.Duration, events int, err error)
}

// unmeasured is the Metrics of a runtime that nobody watches.
type unmeasured struct{}

var _ Metrics = unmeasured{}

func (unmeasured) Activated(string, time.Duration, int)        {}
func (unmeasured) Closed(string, string)                       {}
func (unmeasured) Waiting(string, int)                         {}
func (unmeasured) Commanded(string, codes.Code, time.Duration) {}
func (unmeasured) Persisted(string, time.Duration, int, error) {}
