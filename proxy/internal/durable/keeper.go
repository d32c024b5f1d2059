// Package durable tries the side effects that are stored with their entity's state,
// until their target has answered or somebody has to look at them.
//
// The schedule decides, and is pure. The keeper has the clock, the store and the
// goroutines: one that waits for the next pause to end, and one for each attempt.
package durable

import (
	"context"
	"sync"
	"time"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/header"
	"github.com/stateward/stateward/proxy/internal/store"
)

// Keeper keeps the effects that are on their way. Its methods may be called from any
// goroutine.
type Keeper struct {
	config Config
	// ctx ends when what is under way is given up.
	ctx   context.Context
	abort context.CancelFunc
	// slots holds a token for each attempt that is under way.
	slots chan struct{}
	// wake holds a token when a pause may end earlier than the loop knows.
	wake chan struct{}
	// working counts the attempts, and what is said to the store about them.
	working sync.WaitGroup

	mu       sync.Mutex
	schedule *schedule
	stopped  bool // no further attempt begins by itself
	// doubts are the effects of which it is unknown whether they are stored, with their
	// sources; asking says that a goroutine asks the store.
	doubts map[string]store.ID
	asking bool
	// stopping is closed with stopped.
	stopping chan struct{}
}

// New returns a keeper without effects, or says what is wrong with the config. Drain
// ends it.
func New(config Config) (*Keeper, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	ctx, abort := context.WithCancel(context.Background())
	return &Keeper{
		config: config, ctx: ctx, abort: abort,
		slots: make(chan struct{}, config.Attempts), wake: make(chan struct{}, 1),
		schedule: newSchedule(config.Patience),
		doubts:   map[string]store.ID{}, stopping: make(chan struct{}),
	}, nil
}

// Effects makes of the durable side effects of one reply what the store keeps of them,
// one for each and in their order. The command is the one that the reply answers.
func (k *Keeper) Effects(source entity.ID, command entity.Command, effects []*entityv1.SideEffect) []store.Effect {
	now, unique := time.Now(), k.config.Unique()
	stored := make([]store.Effect, len(effects))
	for n, effect := range effects {
		id := newID(now, unique, n)
		body := NewBody(source, command.Key, header.Trace(command.Metadata), header.OfPrincipal(command.Metadata), command.Depth, effect, id)
		stored[n] = store.Effect{ID: id, Body: body.Encode(), Stored: now}
	}
	return stored
}

// Load reads the effects that the store keeps. Those that are not parked are tried as
// soon as Run is called (FX-DUR-020). Call it before the first Began.
func (k *Keeper) Load(ctx context.Context) error {
	return k.config.Store.Effects(ctx, k.adopt)
}

// adopt takes an effect up that the store keeps, unless the keeper has it. It fails where
// the store is newer, or damaged: nothing of it is lost by not starting.
func (k *Keeper) adopt(effect store.Effect) error {
	body, err := DecodeBody(effect.Body)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.schedule.jobs[effect.ID] != nil {
		return nil
	}
	j := &job{id: effect.ID, source: effect.Source, body: body, stored: effect.Stored}
	k.schedule.jobs[j.id] = j
	if effect.Parked != nil {
		j.phase, j.parked = parked, effect.Parked
		k.config.Metrics.Kept(0, +1)
		return nil
	}
	k.schedule.wait(j, effect.Stored)
	k.config.Metrics.Kept(+1, 0)
	return nil
}

// Run tries the effects that pause, each in its time, by the sender, until ctx ends.
// Attempts that are under way then go on. Call it once.
func (k *Keeper) Run(ctx context.Context, sender Sender) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		case <-timer.C:
		}
		due, later := k.due()
		for _, j := range due {
			if !k.again(ctx, sender, j) {
				return
			}
		}
		timer.Stop()
		if !later.IsZero() {
			timer.Reset(time.Until(later))
		}
	}
}

// due takes the effects whose pause is over.
func (k *Keeper) due() ([]*job, time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.schedule.next(time.Now())
}

// again makes the next attempt at an effect, or parks it when its time is up. It waits
// while as many attempts as may be are under way, and reports whether it could do
// either before the keeper has stopped.
func (k *Keeper) again(ctx context.Context, sender Sender, j *job) bool {
	select {
	case k.slots <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	if !k.enter() {
		<-k.slots
		return false
	}
	work := k.next(sender, j)
	go func() { // Counted by enter.
		defer k.working.Done()
		defer func() { <-k.slots }()
		work()
	}()
	return true
}

// next begins what comes next for an effect whose pause is over, and returns the rest
// of it, which takes time. Attempts begin in the order in which they are due.
func (k *Keeper) next(sender Sender, j *job) func() {
	k.mu.Lock()
	switch {
	case j.last.Delivered: // The store was not told.
		k.mu.Unlock()
		return func() { k.delivered(j) }
	case k.schedule.isOver(j, time.Now()):
		k.mu.Unlock()
		return func() { k.park(j) }
	}
	k.schedule.begin(j)
	k.mu.Unlock()
	ctx, cancel := context.WithTimeout(k.ctx, k.config.AttemptTimeout)
	result := sender.Send(ctx, j.body)
	return func() {
		defer cancel()
		k.wait(j, result)
	}
}

// enter counts an attempt in, unless the keeper has stopped.
func (k *Keeper) enter() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.stopped {
		k.working.Add(1)
	}
	return !k.stopped
}

// Drain begins no further attempt at an effect that pauses, and returns when those
// under way have ended. When ctx ends first it gives them up, and returns the reason.
// Nobody calls Began after Drain.
func (k *Keeper) Drain(ctx context.Context) error {
	k.Stop()
	defer k.abort()
	quiet := make(chan struct{})
	go func() { // Ends with the attempts; joined below.
		k.working.Wait()
		close(quiet)
	}()
	select {
	case <-quiet:
		return nil
	case <-ctx.Done():
		k.abort()
		<-quiet
		return context.Cause(ctx)
	}
}

// Stop begins no further attempt at an effect that pauses. First attempts may still
// begin.
func (k *Keeper) Stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.stopped {
		k.stopped = true
		close(k.stopping)
	}
}

// report tells the function, and the operator, of an effect that is parked
// (FX-DUR-012).
func (k *Keeper) report(j *job) {
	requirement := j.last.Never
	if requirement == "" {
		requirement = "FX-DUR-010"
	}
	text := "the durable side effect to " + j.target() + " is parked: " + j.last.Text
	k.config.Log.Error("a durable side effect is parked", "id", j.id, "entity", j.body.Source, "target", j.target(),
		"attempts", j.attempts, "code", j.last.Code.String(), "error", j.last.Text)
	k.config.Reporter.Report(k.ctx, j.body.Source, entity.Report{
		Requirement: requirement, Severity: discoveryv1.Severity_SEVERITY_ERROR, Text: text, CommandID: j.command,
	})
}

// target names the effect's target, for people.
func (j *job) target() string {
	return j.body.Errand.GetServiceName() + "/" + j.body.Errand.GetCommandName()
}
