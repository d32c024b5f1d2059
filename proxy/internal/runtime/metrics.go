package runtime

import (
	"time"

	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// Metrics is told what happens in the runtime. Its methods may be called from
// any goroutine, with locks held: they return at once and call nothing of the
// runtime.
type Metrics interface {
	// Active says that so many more, or fewer, entities are active.
	Active(kind string, change int)
	// Activated says that an entity was recovered: how long the opening and the
	// replay took, and how many events were replayed after the snapshot.
	Activated(kind string, took time.Duration, events int)
	// Closed says that an activation has ended, whether it was recovered or
	// not; reason is that of entity.Close, or "open" or "load" when it failed before
	// its machine had a say.
	Closed(kind, reason string)
	// Waiting says that so many more, or fewer, commands wait in mailboxes.
	Waiting(kind string, change int)
	// Waited says that a command was sent to the function, and how long it waited for
	// that in its mailbox.
	Waited(kind string, took time.Duration)
	// Answered says that the function has answered a command, and how long after it
	// was sent.
	Answered(kind string, took time.Duration)
	// Streamed says that so many more, or fewer, commands are open whose responses are
	// streamed.
	Streamed(kind string, change int)
	// Commanded says that a command was answered, with what code, and how long
	// after it was submitted.
	Commanded(kind string, code codes.Code, took time.Duration)
	// Persisted says that a write of so many changes has ended, which bring so many
	// events, and bytes of events and values. With an error, nothing of it is known to
	// be stored.
	Persisted(kind string, took time.Duration, changes, events, bytes int, err error)
	// Snapshots says that so many snapshots were stored, of so many bytes together.
	Snapshots(kind string, n, bytes int)
}

// load is what one write stores.
type load struct{ changes, events, bytes, snapshots, snapshotBytes int }

// add adds a change.
func (l *load) add(c entity.Persist) {
	l.changes++
	l.events += len(c.Events)
	snapshot := 0
	if c.Snapshot != nil {
		l.snapshots++
		snapshot = len(c.Snapshot.State.GetValue())
	}
	l.snapshotBytes += snapshot
	l.bytes += size(c) - snapshot
}

// persisted tells the metrics what became of a write.
func (a *activation) persisted(of load, took time.Duration, err error) {
	metrics := a.runtime.config.Metrics
	metrics.Persisted(a.target.Kind, took, of.changes, of.events, of.bytes, err)
	if err == nil && of.snapshots > 0 {
		metrics.Snapshots(a.target.Kind, of.snapshots, of.snapshotBytes)
	}
}

// unmeasured is the Metrics of a runtime that nobody watches.
type unmeasured struct{}

var _ Metrics = unmeasured{}

func (unmeasured) Active(string, int)                                    {}
func (unmeasured) Activated(string, time.Duration, int)                  {}
func (unmeasured) Closed(string, string)                                 {}
func (unmeasured) Waiting(string, int)                                   {}
func (unmeasured) Waited(string, time.Duration)                          {}
func (unmeasured) Answered(string, time.Duration)                        {}
func (unmeasured) Streamed(string, int)                                  {}
func (unmeasured) Commanded(string, codes.Code, time.Duration)           {}
func (unmeasured) Persisted(string, time.Duration, int, int, int, error) {}
func (unmeasured) Snapshots(string, int, int)                            {}
