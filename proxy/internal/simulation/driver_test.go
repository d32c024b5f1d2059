package simulation

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/status"
)

// driver makes the choices of one run, one at a time.
type driver struct {
	random  *rand.Rand
	profile profile
	bugs    defects
	disk    *disk
	proxy   *proxy
	// process counts the proxies, and step the choices.
	process, step int
	// calm is set towards the end: then everything goes well.
	calm    bool
	began   time.Time
	history strings.Builder
	ledger  *ledger
	// callers are those that wait, and given how many there have been.
	callers []*caller
	given   int
	// keyed are the orders that may come again.
	keyed []order

	mu      sync.Mutex
	answers []*caller // whose answers the driver has not seen; guarded by mu
}

// errRestless says that something waits for ever.
var errRestless = errors.New("the proxy does not come to rest")

// play plays one run of so many steps, in a bubble of synctest, and returns its history
// and what was wrong.
func play(seed uint64, steps int, bugs defects) (string, error) {
	d := &driver{random: rand.New(rand.NewPCG(seed, 0)), bugs: bugs, disk: newDisk(), began: time.Now(), ledger: newLedger()}
	d.profile = newProfile(d.random)
	d.ledger.keep = d.profile.keep
	err := d.start()
	for err == nil && d.step < steps {
		err = d.choose()
	}
	if err == nil {
		err = d.finish()
	}
	if err == nil {
		err = d.ledger.judge(d.disk)
	}
	d.proxy.kill(nil)
	synctest.Wait()
	d.writef("lost LOCAL %d", len(d.ledger.lost))
	return d.history.String(), err
}

func (d *driver) start() (err error) {
	d.process++
	d.proxy, err = started(d.disk, d.process, d.profile, d.bugs)
	d.settlef("start process %d", d.process)
	return err
}

// roll returns a number below n.
func (d *driver) roll(n int) int { return d.random.IntN(n) }

// happens reports whether what happens once in so many times does so now; 0 is never.
func (d *driver) happens(times int) bool { return times > 0 && d.roll(times) == 0 }

// writef adds a line to the history.
func (d *driver) writef(format string, args ...any) {
	fmt.Fprintf(&d.history, "%d %v "+format+"\n", append([]any{d.step, time.Since(d.began)}, args...)...)
}

// choose makes one choice.
func (d *driver) choose() error {
	d.step++
	switch d.profile.choose(d.random) {
	case asks:
		d.call()
	case functions:
		d.function()
	case stores:
		d.store()
	case waits:
		d.wait(d.span())
	case lingers:
		d.linger()
	case relieves:
		d.proxy.entities.Relieve(1)
		d.proxy.entities.Relieve(0)
		d.settlef("relieve")
	case leaves:
		d.leave()
	case retires:
		d.proxy.function.retire()
		d.settlef("retire")
	case kills:
		d.proxy.function.restart()
		d.settlef("function gone")
	case revives:
		d.proxy.function.back()
		d.settlef("function back")
	case rivals:
		d.rivalry()
	case sweeps:
		return d.sweep()
	case crashes:
		return d.crash()
	}
	return nil
}

// settlef waits until everything has come to rest, and writes down the choice and what
// came of it. Some time passes then, so that no two choices begin what ends at once.
func (d *driver) settlef(format string, args ...any) {
	synctest.Wait()
	defer func() { time.Sleep(time.Duration(1 + d.roll(1000))) }()
	d.writef(format, args...)
	lines := d.watched()
	for _, c := range d.collect() {
		lines = append(lines, fmt.Sprintf("answer %d: %q %v", c.number, c.reply, status.Code(c.err)))
		d.ledger.answer(c, time.Now())
	}
	d.proxy.gate.mu.Lock()
	for _, op := range d.proxy.gate.open {
		if op.saves != nil {
			d.ledger.trouble = time.Now()
		}
		if op.fresh {
			op.fresh, op.began = false, d.step
			lines = append(lines, op.name)
		}
	}
	d.proxy.gate.mu.Unlock()
	d.proxy.function.mu.Lock()
	for _, s := range d.proxy.function.open {
		lines = append(lines, s.news()...)
	}
	d.proxy.function.mu.Unlock()
	slices.Sort(lines)
	for _, line := range lines {
		d.writef("  %s", line)
	}
}

// span makes up a time. No two are alike, so that no two timers end at once.
func (d *driver) span() time.Duration {
	longest := []time.Duration{20 * time.Millisecond, 20 * time.Millisecond, 20 * time.Millisecond, time.Second, time.Second, time.Second, 8 * time.Second, 40 * time.Second}[d.roll(8)]
	return 1 + time.Duration(d.random.Int64N(int64(longest)))
}

func (d *driver) wait(span time.Duration) {
	time.Sleep(span)
	d.settlef("wait %v", span)
}

// linger lets one caller call while nothing else is to be done, and look again some time
// later: not so late that the entity is passivated.
func (d *driver) linger() {
	d.calmDown()
	o := d.simple(fmt.Sprintf("c%d", d.given))
	if o.Service == fleeting && !o.Delete {
		o.Expire = 1 + int64(d.roll(2_000))
	}
	d.submit(o, "Add", 0)
	d.calmDown()
	d.wait(1 + time.Duration(d.random.Int64N(int64(idleTimeout))))
	if d.step++; o.Service != acting {
		d.submit(o.looking(), "Get", 0)
	}
}

// calmDown lets everything go on until nothing is to be done.
func (d *driver) calmDown() {
	for range 100 {
		if d.step++; !d.function() && !d.store() {
			return
		}
	}
}

// function lets the function take a message, and reports whether there was one.
func (d *driver) function() bool {
	ready := d.proxy.function.ready()
	if len(ready) == 0 {
		return false
	}
	slices.SortStableFunc(ready, func(a, b *stream) int { return cmp.Compare(a.name(), b.name()) })
	s := ready[d.roll(len(ready))]
	name := s.name()
	how := replies
	if !d.calm && d.happens(d.profile.misconduct) {
		how = conduct(1 + d.roll(len(conducts)-1))
	}
	what := s.handle(how, d.roll(4) == 0, d.ledger.declined)
	d.settlef("%s: function %s", name, what)
	return true
}

// store ends a call of the store, and reports whether there was one.
func (d *driver) store() bool {
	ready := d.operations()
	if len(ready) == 0 {
		return false
	}
	op, f := ready[d.roll(len(ready))], done
	if !d.calm && !op.certain && d.happens(d.profile.faults) {
		if f = []fate{refused, unknown}[d.roll(2)]; op.write == nil && f == unknown {
			f = torn
		}
	}
	d.proxy.gate.decide(op, f)
	d.saved(op, f != refused)
	if f != done && op.saves != nil {
		d.ledger.trouble = time.Now()
	}
	d.settlef("%s: %v", op.name, f)
	return true
}

func (d *driver) operations() []*operation {
	ready := d.proxy.gate.ready()
	slices.SortStableFunc(ready, func(a, b *operation) int { return cmp.Compare(a.name, b.name) })
	return ready
}

// saved notes which copies have reached the disk.
func (d *driver) saved(op *operation, written bool) {
	if written {
		for _, replica := range op.saves {
			d.ledger.saved[replicated+"/"+replica.ID.Entity] = op.began
		}
	}
}
