package simulation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/status"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/store"
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

// caller is one call of one caller.
type caller struct {
	number    int
	order     order
	method    string
	submitted int // the step
	answered  int
	process   int
	cancel    context.CancelFunc
	reply     string
	err       error
	// items are what a caller that watches was given, and seen how many of them the
	// driver knows; guarded by the driver's mu.
	items []string
	seen  int
}

// errRestless says that something waits for ever.
var errRestless = errors.New("the proxy does not come to rest")

// play plays one run of so many steps, in a bubble of synctest, and returns its history
// and what was wrong.
func play(seed uint64, steps int, bugs defects) (string, error) {
	d := &driver{random: rand.New(rand.NewPCG(seed, 0)), bugs: bugs, disk: newDisk(), began: time.Now(), ledger: newLedger()}
	d.profile = newProfile(d.random)
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
	d.proxy, err = started(d.disk, d.process, d.profile.active, d.bugs)
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
		d.wait()
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

// collect takes the new answers, by the numbers of their calls.
func (d *driver) collect() []*caller {
	d.mu.Lock()
	defer d.mu.Unlock()
	answers := d.answers
	d.answers = nil
	slices.SortFunc(answers, func(a, b *caller) int { return cmp.Compare(a.number, b.number) })
	for _, c := range answers {
		c.answered = d.step
		d.callers = slices.DeleteFunc(d.callers, func(other *caller) bool { return other == c })
	}
	return answers
}

// call lets a caller call.
func (d *driver) call() {
	o, method := d.order(), "Add"
	switch {
	case len(d.keyed) > 0 && d.roll(8) == 0:
		o = d.keyed[d.roll(len(d.keyed))]
	case o.Service == replicated && d.roll(6) == 0:
		method, o.Once, o.Then = "Watch", "", nil
	case o.Service != acting && d.roll(5) == 0:
		method, o.Once, o.Then = "Get", "", nil
	case o.Once != "":
		d.keyed = append(d.keyed, o)
	}
	patience := time.Duration(0)
	if d.roll(4) == 0 {
		patience = d.span()
	}
	d.submit(o, method, patience)
}

// submit makes a call; with no patience the caller waits for ever.
func (d *driver) submit(o order, method string, patience time.Duration) {
	c := &caller{number: d.given, order: o, method: method, submitted: d.step, process: d.process}
	ctx := context.Background()
	if patience > 0 {
		ctx, c.cancel = context.WithTimeout(ctx, patience)
	} else {
		ctx, c.cancel = context.WithCancel(ctx)
	}
	d.given++
	d.callers = append(d.callers, c)
	d.ledger.know(c)
	p := d.proxy
	go func() { // Ends with the call; kill ends it at the latest.
		defer c.cancel()
		if method == "Watch" {
			c.err = p.router.Stream(ctx, o.Service, method, o.metadata(c.number), &watcher{driver: d, caller: c})
		} else {
			var reply *entityv1.Reply
			reply, c.err = p.router.Call(ctx, o.Service, method, o.encode(), o.metadata(c.number))
			c.reply = string(reply.GetPayload().GetValue())
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.answers = append(d.answers, c)
	}()
	d.settlef("call %d: %s %s, %v", c.number, method, o.encode(), patience)
}

// watcher is the caller of a streamed command.
type watcher struct {
	driver *driver
	caller *caller
	asked  bool
}

// Receive gives the one request.
func (w *watcher) Receive() ([]byte, error) {
	if w.asked {
		return nil, io.EOF
	}
	w.asked = true
	return w.caller.order.encode(), nil
}

// Send keeps what the caller is given.
func (w *watcher) Send(reply *entityv1.Reply) error {
	w.driver.mu.Lock()
	defer w.driver.mu.Unlock()
	w.caller.items = append(w.caller.items, string(reply.GetPayload().GetValue()))
	return nil
}

// watched tells what callers that watch were given since it was called last.
func (d *driver) watched() (lines []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.callers {
		for ; c.seen < len(c.items); c.seen++ {
			lines = append(lines, fmt.Sprintf("item %d of call %d: %q", c.seen, c.number, c.items[c.seen]))
		}
	}
	return lines
}

// order makes up what a command wants.
func (d *driver) order() order {
	o := d.simple(fmt.Sprintf("c%d", d.given))
	if o.Service != replicated && d.roll(4) == 0 {
		o.Once = "k" + o.Token
	}
	if o.Service == acting || d.roll(3) == 0 {
		d.follow(&o, 2)
	}
	return o
}

// simple makes up an order from which nothing follows.
func (d *driver) simple(token string) order {
	services := d.profile.services
	return order{
		Service: services[d.roll(len(services))], Key: string(rune('a' + d.roll(d.profile.keys))), Token: token + ";", All: d.roll(3) == 0,
	}
}

// follow lets others follow from the order.
func (d *driver) follow(o *order, depth int) {
	for n := range 1 + d.roll(2) {
		then := d.simple(fmt.Sprintf("%s.%d", strings.TrimSuffix(o.Token, ";"), n))
		hows := []how{effect, synchronous}
		if n == 0 {
			hows = append(hows, forward)
		}
		if o.Service == journaled || o.Service == valued {
			hows = append(hows, durably)
		}
		then.How = hows[d.roll(len(hows))]
		if depth > 1 && d.roll(3) == 0 {
			d.follow(&then, depth-1)
		}
		o.Then = append(o.Then, then)
	}
}

// span makes up a time. No two are alike, so that no two timers end at once.
func (d *driver) span() time.Duration {
	longest := []time.Duration{20 * time.Millisecond, 20 * time.Millisecond, 20 * time.Millisecond, time.Second, time.Second, time.Second, 8 * time.Second, 40 * time.Second}[d.roll(8)]
	return 1 + time.Duration(d.random.Int64N(int64(longest)))
}

func (d *driver) wait() {
	span := d.span()
	time.Sleep(span)
	d.settlef("wait %v", span)
}

// leave lets a caller give up.
func (d *driver) leave() {
	if len(d.callers) == 0 {
		return
	}
	c := d.callers[d.roll(len(d.callers))]
	c.cancel()
	d.settlef("caller %d leaves", c.number)
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
		f = refused + fate(d.roll(2))
	}
	if op.write == nil && f == unknown {
		f = refused
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
	for _, service := range []string{journaled, valued, replicated} {
		for _, key := range []string{"a", "b", "c"} {
			d.submit(order{Service: service, Key: key}, "Get", 0)
		}
	}
	if err := d.rest(func() bool { return len(d.callers) == 0 }); err != nil {
		return err
	}
	return d.stop()
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
	restless := d.rest(func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return stopped
	})
	p.over = restless == nil
	return errors.Join(restless, err)
}
