package simulation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/shard"
	"github.com/stateward/stateward/proxy/internal/store"
)

// errHeld says that the lease of another proxy is not over.
var errHeld = errors.New("another proxy has it")

// rivalry cuts the proxy off from its lease, and lets another proxy try to take an entity
// over. That one needs no time, and works on the disk as it is: what the first one has
// under way may come to the disk later. Callers look at the entity before and after.
func (d *driver) rivalry() {
	d.proxy.gate.cut(true)
	o := order{Service: []string{journaled, valued}[d.roll(2)], Key: string(rune('a' + d.roll(d.profile.keys)))}
	o.Key = d.living(o)
	for range 2 {
		d.submit(o.looking(), "Get", 0)
		if d.roll(2) == 0 {
			d.calmDown()
		}
		d.wait(1 + time.Duration(d.random.Int64N(int64(idleTimeout))))
	}
	d.step++
	d.rival(o)
	d.step++
	d.submit(o.looking(), "Get", 0)
	if d.roll(2) == 0 {
		d.proxy.gate.cut(false)
		d.settlef("no longer cut off")
	}
}

// rival lets another proxy try to take the entity over. It may come to write nothing
// before it ends.
func (d *driver) rival(o order) {
	writes := d.roll(2) == 0
	o.Token = fmt.Sprintf("c%d;", d.given)
	c := &caller{number: d.given, order: o, method: "Add", aside: true, submitted: d.step, asked: time.Now(), process: d.process}
	d.given++
	if writes {
		d.ledger.know(c, time.Now())
	}
	state, fence, err := d.disk.takeOver(o, writes)
	if err == nil && writes {
		c.answered, c.heard, c.reply = d.step, time.Now(), state
		d.ledger.answer(c, time.Now())
	}
	d.settlef("rival %s for %s: %v %v %q", o.Token, o.id(), fence, err, state)
}

// takeOver claims the entity of the order as another proxy, and carries it out where that
// one writes. It returns what the entity then holds.
func (d *disk) takeOver(o order, writes bool) (state string, fence store.Fence, err error) {
	node, number := "rival "+o.Token, shard.Of(o.Service, o.Key)
	var claim store.Claim
	err = d.write(true, func(s store.Store) (err error) {
		if err := s.Join(context.Background(), store.Node{ID: node}, time.Second); err != nil {
			return err
		}
		claim, err = s.Claim(context.Background(), node, number)
		return err
	})
	fence = store.Fence{Shard: number, Epoch: claim.Epoch}
	switch {
	case err != nil:
		return "", fence, err
	case claim.Owner.ID != node:
		return "", fence, fmt.Errorf("%w: %q", errHeld, claim.Owner.Name)
	}
	d.claimed(fence)
	if !writes {
		return "", fence, nil
	}
	id := store.ID{Persistence: o.Service, Entity: o.Key}
	if o.Service == valued {
		value, err := d.live.Read(context.Background(), id)
		if err != nil {
			return "", fence, err
		}
		state = string(value.Value.GetValue()) + o.Token
		change := store.Change{Fence: fence, Expected: value.Revision, Actions: 1, Update: text(state)}
		return state, fence, d.write(true, func(s store.Store) error { return s.Write(context.Background(), id, change) })
	}
	batch := store.Batch{Fence: fence, Events: []entity.Event{{Payload: text(o.Token)}}}
	err = d.live.Load(context.Background(), id, func(head store.Head) error {
		batch.Expected = head.Last
		if head.Snapshot != nil {
			state = string(head.Snapshot.State.GetValue())
		}
		return nil
	}, func(event entity.Event) error {
		state += string(event.Payload.GetValue())
		return nil
	})
	if err != nil {
		return "", fence, err
	}
	return state + o.Token, fence, d.write(true, func(s store.Store) error { return s.Append(context.Background(), id, batch) })
}

// claimed notes that another proxy has got the right to write.
func (d *disk) claimed(fence store.Fence) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.claims[fence.Shard] = fence.Epoch
}

// newest returns the newest right to write that another proxy has got; 0 for none.
func (d *disk) newest(number int32) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.claims[number]
}
