package durable

import (
	"cmp"
	"container/heap"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/proxy/internal/store"
)

// schedule decides when which effect is tried again, and when it is parked. It is
// pure: the time and the randomness come with each call. It is the keeper's, and
// guarded by its lock.
type schedule struct {
	// patience is how long an effect is tried.
	patience time.Duration
	jobs     map[string]*job
	// pauses has those of them that pause.
	pauses pauses
}

func newSchedule(patience time.Duration) *schedule {
	return &schedule{patience: patience, jobs: map[string]*job{}}
}

// job is one effect that the store keeps.
type job struct {
	id     string
	source store.ID
	body   Body
	// command is the id that the command of the source had on its stream; 0 where
	// nobody knows it any more.
	command int64
	// stored is when the effect was stored, or when somebody wanted it tried anew.
	stored time.Time
	phase  phase
	// due is when a job that pauses goes on.
	due time.Time
	// attempts counts those since the proxy was started (FX-DUR-020).
	attempts int
	// last is the result of the last one.
	last Result
	// parked is set while the effect is parked.
	parked *store.Parking
	// ended is closed when the first attempt has ended, or the effect is parked
	// (FX-DUR-007); nil where nobody waits for that.
	ended chan struct{}
}

// phase is where a job stands.
type phase uint8

const (
	trying  phase = iota // an attempt is under way
	pausing              // until due
	noting               // the store is told what has become of it
	parked               // nothing is under way
)

// The pauses between two attempts (FX-DUR-008).
const (
	firstPause   = time.Second
	longestPause = time.Minute
	spread       = 0.2 // how much more or less each may be
)

// pause returns how long to wait after so many attempts: after none, of an effect that can
// never be sent and whose parking the store did not take, as long as after one. The random
// number is from 0 up to 1.
func pause(attempts int, random float64) time.Duration {
	length := longestPause
	if shift := max(attempts, 1) - 1; shift < 6 {
		length = firstPause << shift
	}
	return time.Duration(float64(length) * (1 - spread + 2*spread*random))
}

// wait makes a job pause until then.
func (s *schedule) wait(j *job, due time.Time) {
	j.phase, j.due = pausing, due
	heap.Push(&s.pauses, j)
}

// begin makes the next attempt of a job begin.
func (s *schedule) begin(j *job) {
	j.phase = trying
	j.attempts++
}

// fail notes an attempt that has not delivered the effect, and reports whether that is
// to be parked: it can never be sent, or its time is up (FX-DUR-010, FX-DUR-011).
// Otherwise it pauses (FX-DUR-009).
func (s *schedule) fail(j *job, result Result, now time.Time, random float64) (park bool) {
	j.last = result
	if result.Never != "" {
		j.attempts-- // It was none: the effect has not been sent.
		return true
	}
	end := j.stored.Add(s.patience)
	if !now.Before(end) {
		return true
	}
	due := now.Add(max(pause(j.attempts, random), result.RetryAfter))
	if due.After(end) {
		due = end // It is parked then.
	}
	s.wait(j, due)
	return false
}

// park makes a job one that is parked, and returns what the store is to keep of that.
func (s *schedule) park(j *job, now time.Time) *store.Parking {
	if j.attempts == 0 && j.last == (Result{}) {
		j.last = Result{Code: codes.DeadlineExceeded, Text: "the time was up before it could be tried"}
	}
	j.phase = noting
	j.parked = &store.Parking{At: now, Attempts: j.attempts, Code: int32(j.last.Code), Text: j.last.Text}
	return j.parked
}

// retry makes a parked job as good as one that was stored just now (FX-DUR-014).
func (s *schedule) retry(j *job, now time.Time) {
	j.stored, j.parked, j.attempts, j.last = now, nil, 0, Result{}
	s.wait(j, now)
}

// isOver reports whether the time in which the effect is tried is up.
func (s *schedule) isOver(j *job, now time.Time) bool { return !now.Before(j.stored.Add(s.patience)) }

// next returns the jobs that are due, the oldest first, and when the next one after
// them is; the zero time when there is none. They do not pause any more.
func (s *schedule) next(now time.Time) (due []*job, later time.Time) {
	for len(s.pauses) > 0 {
		if first := s.pauses[0]; first.due.After(now) {
			return due, first.due
		}
		due = append(due, heap.Pop(&s.pauses).(*job)) //nolint:forcetypeassert // there is nothing else in it
	}
	return due, time.Time{}
}

// pauses is a heap of the jobs that pause: the one that is due first is the first, and
// of those that are due at once the one with the smallest id.
type pauses []*job

var _ heap.Interface = (*pauses)(nil)

func (p *pauses) Len() int { return len(*p) }

func (p *pauses) Less(a, b int) bool {
	one, other := (*p)[a], (*p)[b]
	return cmp.Or(one.due.Compare(other.due), cmp.Compare(one.id, other.id)) < 0
}

func (p *pauses) Swap(a, b int) { (*p)[a], (*p)[b] = (*p)[b], (*p)[a] }

// Push adds a job; heap calls it.
func (p *pauses) Push(j any) { *p = append(*p, j.(*job)) } //nolint:forcetypeassert // there is nothing else in it

// Pop takes the last job away; heap calls it.
func (p *pauses) Pop() any {
	last := len(*p) - 1
	j := (*p)[last]
	(*p)[last] = nil
	*p = (*p)[:last]
	return j
}
