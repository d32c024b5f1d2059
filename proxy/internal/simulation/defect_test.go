package simulation

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/router"
	"github.com/stateward/stateward/proxy/internal/runtime"
)

// defects are what may be wrong with a proxy, so that the simulation shows that it
// finds it. The zero value is the proxy as it is.
type defects struct {
	// hasty acknowledges a write before it is synced.
	hasty bool
	// eager answers before the store has.
	eager bool
	// forgetful is not nil where the newest command of a requeue is dropped, and has
	// those that were: their callers wait for ever.
	forgetful *sync.Map
	// disorderly turns a requeue round.
	disorderly bool
	// insistent sends a command again whose outcome is unknown.
	insistent bool
	// skipping feeds all events but the last.
	skipping bool
	// lazy stores a replicated entity once an hour.
	lazy bool
	// bare stores an entity's state without the answer and the effects that belong to it.
	bare bool
	// immortal stores what a deleting command changes, and not that the entity has ended.
	immortal bool
	// reviving lets an entity that has ended begin anew.
	reviving bool
	// careless lets the events of a deleted entity go at once.
	careless bool
	// amnesic finds no recorded answer of an entity that has ended.
	amnesic bool
	// unfenced writes under whatever right there is, and trusting believes that it has
	// the right for ever.
	unfenced, trusting bool
	// gullible takes half of a journal for the whole.
	gullible bool
	// oblivious forgets recorded answers too soon.
	oblivious bool
	// lasting lets no value expire, and overlooking lets one that is active outlast its
	// end; hasting lets a value expire when an earlier one would have, and keeping keeps
	// what is deleted.
	lasting, overlooking, hasting, keeping bool
}

// keep spoils how long answers are kept.
func (d defects) keep(long time.Duration) time.Duration {
	if d.oblivious {
		return 1
	}
	return long
}

func (d defects) interval() time.Duration {
	if d.lazy {
		return time.Hour
	}
	return flushInterval
}

// machine spoils the machines of a kind.
func (d defects) machine(of func(entity.ID, entity.Terms) entity.Machine) func(entity.ID, entity.Terms) entity.Machine {
	return func(id entity.ID, terms entity.Terms) entity.Machine {
		switch m := of(id, terms); {
		case d.eager:
			return &eager{Machine: m}
		case d.overlooking:
			return overlooking{m}
		case d.forgetful != nil || d.disorderly:
			return &requeuer{Machine: m, defects: d}
		default:
			return m
		}
	}
}

// eager tells the machine that everything is durable at once.
type eager struct {
	entity.Machine

	early int
}

func (e *eager) Step(in entity.Input, out []entity.Effect) []entity.Effect {
	if _, is := in.(entity.Persisted); is && e.early > 0 {
		e.early--
		return out
	}
	from := len(out)
	out = e.Machine.Step(in, out)
	for n := from; n < len(out); n++ {
		if persist, is := out[n].(entity.Persist); is && persist.Command != 0 {
			e.early++
			out = e.Machine.Step(entity.Persisted{}, out)
		}
	}
	return out
}

// requeuer spoils what goes back to the mailbox.
type requeuer struct {
	entity.Machine
	defects

	arrived []string // the payloads, by the ids of their commands from 1
}

func (r *requeuer) Step(in entity.Input, out []entity.Effect) []entity.Effect {
	if arrived, is := in.(entity.Arrived); is {
		r.arrived = append(r.arrived, string(arrived.Command.Payload.GetValue()))
	}
	out = r.Machine.Step(in, out)
	for n := range out {
		requeue, is := out[n].(entity.Requeue)
		switch {
		case !is:
		case r.forgetful != nil:
			last := len(requeue.Commands) - 1
			r.forgetful.Store(r.arrived[requeue.Commands[last]-1], true)
			out[n] = entity.Requeue{Commands: requeue.Commands[:last]}
		default:
			slices.Reverse(requeue.Commands)
		}
	}
	return out
}

// runtime spoils what the router stands on. Released ends what would wait for ever.
func (d defects) runtime(of router.Runtime, released <-chan struct{}) router.Runtime {
	if d.insistent || d.forgetful != nil {
		return again{of, d, released}
	}
	return of
}

// again submits once more what has failed, and lets those wait who are forgotten.
type again struct {
	router.Runtime

	defects  defects
	released <-chan struct{}
}

func (a again) Submit(ctx context.Context, target runtime.Target, id entity.ID, command entity.Command) (<-chan entity.Outcome, error) {
	first, err := a.Runtime.Submit(ctx, target, id, command)
	if err != nil {
		return nil, err
	}
	result := make(chan entity.Outcome, 1)
	go func() { // Ends with the outcome, or with the process.
		outcome := <-first
		if a.defects.insistent && fault.KindOf(outcome.Err) == fault.Unavailable && ctx.Err() == nil {
			if second, err := a.Runtime.Submit(ctx, target, id, command); err == nil {
				outcome = <-second
			}
		}
		if a.defects.forgetful != nil {
			if _, forgotten := a.defects.forgetful.Load(string(command.Payload.GetValue())); forgotten {
				<-a.released
			}
		}
		result <- outcome
	}()
	return result, nil
}
