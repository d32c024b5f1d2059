package runtime

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
)

// Phase says how far an entity in memory is.
type Phase uint8

// The phases. The zero Phase is any, where standings are asked for.
const (
	// Recovering entities have a command, and get their stream and their state.
	Recovering Phase = iota + 1
	// Working entities have commands under way.
	Working
	// Resting entities have nothing to do.
	Resting
	// Leaving entities are passivated.
	Leaving
)

// Standing is how an entity in memory stood at one moment.
type Standing struct {
	ID    entity.ID
	Kind  string // Target.Kind
	Phase Phase
	// Since is when the activation began; zero where there is none yet.
	Since time.Time
	// Waiting is how many commands wait, and Outstanding how many were sent and have no
	// outcome.
	Waiting, Outstanding int
	// Last is the name of the newest command that was sent, and LastCame when it came;
	// empty before the first.
	Last     string
	LastCame time.Time
}

// Query says which standings are asked for. What is empty in it is no condition.
type Query struct {
	Service, Prefix string
	Kinds           []string
	Phase           Phase
	// After is the entity behind which the list begins.
	After entity.ID
}

// wants reports whether the query may ask for the entity.
func (q Query) wants(id entity.ID) bool {
	return (q.Service == "" || id.Service == q.Service) && strings.HasPrefix(id.Entity, q.Prefix) && order(id, q.After) > 0
}

// fits reports whether the query asks for what stands so.
func (q Query) fits(s Standing) bool {
	return (q.Phase == 0 || s.Phase == q.Phase) && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, s.Kind))
}

// order orders entities by service and key.
func order(a, b entity.ID) int {
	return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Entity, b.Entity))
}

// view is what others may see of an activation; guarded by instance.mu. The goroutine
// that serves the instance writes it whenever it holds the lock anyway.
type view struct {
	// served says that the entity is recovered, rests that it had nothing to do when its
	// goroutine left it.
	served, rests bool
	outstanding   int32
	last          string
	came          int64 // in nanoseconds of Unix
	// parting is for those who wait for the end of the activation; nil when nobody does.
	parting *parting
}

// show shows the command that is sent next; nil when the activation closes. The caller
// holds mu.
func (a *activation) show(c *call) {
	if c != nil {
		a.view.outstanding++
		a.view.last, a.view.came = c.command.Name, c.submitted.UnixNano()
	}
}

// standing returns how the entity stands; false when nothing of it is in memory any more.
func (i *instance) standing() (Standing, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	s := Standing{ID: i.id, Phase: Recovering, Waiting: len(i.mailbox) + i.repeating}
	a := i.active
	switch {
	case i.over || a == nil && len(i.mailbox) == 0:
		return s, false
	case a == nil:
		s.Kind = i.mailbox[0].target.Kind
		return s, true
	}
	s.Kind, s.Since = a.target.Kind, a.began
	s.Outstanding = int(a.view.outstanding)
	if a.view.last != "" {
		s.Last, s.LastCame = a.view.last, time.Unix(0, a.view.came)
	}
	switch {
	case a.evicted:
		s.Phase = Leaving
	case a.view.rests && !i.running:
		s.Phase = Resting
	case a.view.served:
		s.Phase = Working
	}
	return s, true
}

// Standing returns how the entity stands; false when it is not in memory.
func (r *Runtime) Standing(id entity.ID) (Standing, bool) {
	i := r.directory.find(id)
	if i == nil {
		return Standing{}, false
	}
	return i.standing()
}

// Standings returns how the first entities stand that the query asks for, at most so
// many, in the order of service and key. It looks at each entity that the query may ask
// for, at one after the other, and holds up none for longer than that.
func (r *Runtime) Standings(query Query, most int) []Standing {
	var first []Standing
	keep := func() {
		slices.SortFunc(first, func(a, b Standing) int { return order(a.ID, b.ID) })
		first = first[:min(len(first), most)]
	}
	r.directory.each(query.wants, func(i *instance) {
		if s, is := i.standing(); is && query.fits(s) {
			first = append(first, s)
		}
		if len(first) >= 2*max(most, 64) {
			keep()
		}
	})
	keep()
	return first
}

// Active returns how many entities are in memory.
func (r *Runtime) Active() int {
	r.resting.mu.Lock()
	defer r.resting.mu.Unlock()
	return r.resting.active + r.resting.leaving
}
