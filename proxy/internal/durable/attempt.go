package durable

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/proxy/internal/store"
)

// Began says that the first attempt at an effect has begun, which was stored under the
// id just now, with the persistence id of its source. The result comes on the channel.
// The command is the id that the source's command had on its stream. The channel that
// Began returns is closed when the attempt has ended or the effect is parked.
//
// Whoever calls it is counted by somebody who drains before the keeper does.
func (k *Keeper) Began(id, persistence string, body Body, command int64, result <-chan Result) <-chan struct{} {
	j := &job{
		id: id, source: store.ID{Persistence: persistence, Entity: body.Source.Entity}, body: body,
		command: command, stored: storedAt(id), ended: make(chan struct{}),
	}
	ended := j.ended
	k.mu.Lock()
	k.schedule.jobs[id] = j
	k.schedule.begin(j)
	k.mu.Unlock()
	k.config.Metrics.Kept(+1, 0)
	k.working.Go(func() { k.wait(j, result) })
	return ended
}

// wait waits for the result of the attempt, and goes on from there.
func (k *Keeper) wait(j *job, results <-chan Result) {
	limit := time.NewTimer(k.config.AttemptTimeout)
	defer limit.Stop()
	var result Result
	select {
	case result = <-results:
	case <-limit.C: // FX-DUR-019
		result = Result{Code: codes.DeadlineExceeded, Text: "the target did not answer in " + k.config.AttemptTimeout.String()}
	case <-k.ctx.Done(): // The proxy stops: the store has it.
		k.ended(j)
		return
	}
	k.config.Metrics.Attempted(result.Delivered)
	if result.Delivered {
		k.mu.Lock()
		j.last = result
		k.mu.Unlock()
		k.delivered(j)
		return
	}
	k.mu.Lock()
	park := k.schedule.fail(j, result, time.Now(), k.config.Random())
	k.mu.Unlock()
	if park {
		k.park(j)
		return
	}
	k.ended(j)
	k.hurry()
}

// delivered has the store forget an effect. Where the store does not take that now, it
// is told again after a pause.
func (k *Keeper) delivered(j *job) {
	k.ended(j)
	ctx, cancel := context.WithTimeout(k.ctx, k.config.StoreTimeout)
	defer cancel()
	err := k.config.Store.Delivered(ctx, j.source, j.id)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.untold(j, err)
		return
	}
	delete(k.schedule.jobs, j.id)
	k.config.Metrics.Kept(-1, 0)
}

// park has the store keep an effect that is not tried any more.
func (k *Keeper) park(j *job) {
	k.mu.Lock()
	parking := k.schedule.park(j, time.Now())
	k.mu.Unlock()
	ctx, cancel := context.WithTimeout(k.ctx, k.config.StoreTimeout)
	defer cancel()
	err := k.config.Store.Park(ctx, j.source, j.id, parking)
	k.mu.Lock()
	if err != nil {
		j.parked = nil
		k.untold(j, err)
		k.mu.Unlock()
		k.ended(j)
		return
	}
	j.phase = parked
	k.config.Metrics.Kept(-1, +1)
	k.mu.Unlock()
	k.report(j)
	k.ended(j)
}

// untold lets an effect pause of whose end the store does not know. The caller holds mu.
func (k *Keeper) untold(j *job, err error) {
	k.config.Log.Error("the store does not take what has become of a durable side effect", "id", j.id, "error", err)
	k.schedule.wait(j, time.Now().Add(pause(j.attempts, k.config.Random())))
	k.hurry()
}

// ended lets whoever waits for the first attempt go on.
func (k *Keeper) ended(j *job) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if j.ended != nil {
		close(j.ended)
		j.ended = nil
	}
}

// hurry has the loop look again: a pause may end earlier than it knows.
func (k *Keeper) hurry() {
	select {
	case k.wake <- struct{}{}:
	default: // The token is there already.
	}
}
