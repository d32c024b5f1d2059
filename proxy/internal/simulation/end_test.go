package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing/synctest"
	"time"

	"github.com/stateward/stateward/proxy/internal/store"
)

// crash kills the proxy, and starts the next one on what is left. Writes that are open
// have reached the disk, or not.
func (d *driver) crash() error {
	keep := map[*operation]bool{}
	for _, op := range d.operations() {
		if op.write != nil && d.roll(2) == 0 {
			keep[op] = true
			d.saved(op, true)
		}
	}
	d.ledger.crash(d.process, time.Now())
	d.proxy.kill(keep)
	synctest.Wait()
	d.collect() // Nobody hears it.
	d.callers = nil
	d.disk.crash(d.roll)
	d.writef("crash, keeping %d", len(keep))
	return d.start()
}

// finish lets everything go well, and brings all that has begun to an end: also what a
// store remembers whose outcome was unknown, by another process.
func (d *driver) finish() error {
	d.calm = true
	d.proxy.function.back()
	d.proxy.gate.cut(false)
	for _, c := range slices.Clone(d.callers) {
		if c.method == "Watch" { // It would go on for ever.
			c.cancel()
			d.settlef("caller %d leaves", c.number)
		}
	}
	if err := d.rest(func() bool { return len(d.callers) == 0 }); err != nil {
		return err
	}
	if err := d.stop(); err != nil {
		return err
	}
	if err := d.start(); err != nil {
		return err
	}
	if err := d.rest(d.delivered); err != nil {
		return err
	}
	for _, o := range d.ledger.entities() {
		d.submit(o, "Get", 0)
	}
	if err := d.rest(func() bool { return len(d.callers) == 0 }); err != nil {
		return err
	}
	if err := d.stop(); err != nil {
		return err
	}
	if err := d.sweep(); err != nil {
		return err
	}
	time.Sleep(longest + time.Hour)
	return d.sweep()
}

// sweep lets the store forget what has had its time.
func (d *driver) sweep() error {
	before, err := d.disk.events(journaled)
	if err != nil {
		return err
	}
	d.ledger.remember(before)
	err = d.disk.write(true, func(s store.Store) error {
		_, err := s.Sweep(context.Background())
		return err
	})
	if err != nil {
		return err
	}
	after, err := d.disk.events(journaled)
	d.ledger.swept(after, time.Now())
	d.writef("sweep %d of %d", len(before)-len(after), len(before))
	return err
}

// delivered reports whether the store holds no side effect that is still tried.
func (d *driver) delivered() bool {
	tried := 0
	_ = d.disk.live.Effects(context.Background(), func(effect store.Effect) error {
		if effect.Parked == nil {
			tried++
		}
		return nil
	})
	return tried == 0
}

// rest lets everything go on until nothing is to be done and over holds.
func (d *driver) rest(over func() bool) error {
	for idle := 0; idle < 600; {
		d.step++
		switch {
		case d.function() || d.store():
			idle = 0
		case over():
			return nil
		default:
			idle++
			time.Sleep(time.Second)
			d.settlef("rest")
		}
	}
	return fmt.Errorf("%w: %d callers wait", errRestless, len(d.callers))
}

// stop stops the proxy as SIGTERM does.
func (d *driver) stop() error {
	var err error
	stopped, p := false, d.proxy
	go func() {
		err = p.drain(context.Background())
		d.mu.Lock()
		defer d.mu.Unlock()
		stopped = true
	}()
	d.settlef("stop")
	restless := d.rest(func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return stopped
	})
	p.over = restless == nil
	return errors.Join(restless, err)
}
