package replica_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/replica"
	"github.com/stateward/stateward/proxy/internal/store"
	"github.com/stateward/stateward/proxy/internal/store/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	local    = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_LOCAL
	majority = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_MAJORITY
	all      = replicatedv1.WriteConsistency_WRITE_CONSISTENCY_ALL
)

// disk is a store that counts its writes, and refuses or delays them on demand.
type disk struct {
	store.Replicas

	mu     sync.Mutex
	refuse error
	delay  time.Duration
	saves  []int
}

func newDisk() *disk { return &disk{Replicas: memory.New()} }

func (d *disk) Save(ctx context.Context, node string, replicas []store.Replica) error {
	d.mu.Lock()
	refuse, delay := d.refuse, d.delay
	d.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return ctx.Err()
	}
	if refuse != nil {
		return refuse
	}
	d.mu.Lock()
	d.saves = append(d.saves, len(replicas))
	d.mu.Unlock()
	return d.Replicas.Save(ctx, node, replicas)
}

// turn makes the store refuse, or take, each write after a while.
func (d *disk) turn(refuse error, delay time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuse, d.delay = refuse, delay
}

func (d *disk) writes() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.saves)
}

// holds returns the counter that the store has, all nodes merged.
func (d *disk) holds(t *testing.T, id store.ID) uint64 {
	t.Helper()
	state := &crdt.State{}
	err := d.Replica(t.Context(), id, func(encoded []byte) error {
		other, err := crdt.Decode(encoded)
		if err == nil {
			state.Merge(other)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return state.Value(crdt.View{}).Number
}

var errFull = errors.New("no space left on device")

func start(t *testing.T, d store.Replicas, change func(*replica.Config)) *replica.Replicas {
	t.Helper()
	config := replica.Config{Store: d, Self: "p1", Slot: "p1", Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&config)
	}
	r, err := replica.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	return r
}

func key(name string) store.ID { return store.ID{Persistence: "counters", Entity: name} }

// part is an active counter, as a machine has it.
type part struct {
	t       *testing.T
	copy    *replica.Copy
	state   *crdt.State
	applies int64
	changed chan struct{}
}

func join(t *testing.T, r *replica.Replicas, id store.ID) *part {
	t.Helper()
	p := &part{t: t, state: &crdt.State{}, changed: make(chan struct{}, 100)}
	p.copy = r.Join(id, func() { p.changed <- struct{}{} })
	err := r.Load(t.Context(), id, func(in entity.Input) error {
		opened := in.(entity.Opened)
		if opened.Self != "p1" || len(opened.Members) == 0 {
			t.Errorf("opened by %q among %q", opened.Self, opened.Members)
		}
		if opened.Replica == nil {
			return nil
		}
		state, err := crdt.Decode(opened.Replica)
		p.state = state
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *part) value() uint64 { return p.state.Value(crdt.View{}).Number }

// add adds to the counter, and returns what becomes of the change where it has to spread.
func (p *part) add(n uint64, consistency replicatedv1.WriteConsistency) <-chan error {
	p.t.Helper()
	spread := make(chan error, 2)
	p.applies++
	p.copy.Apply(entity.Apply{Apply: p.applies, Delta: added(p.t, p.state, "p1", n), Consistency: consistency}, func(err error) { spread <- err })
	return spread
}

func added(t *testing.T, state *crdt.State, replica string, n uint64) []byte {
	t.Helper()
	delta := &replicatedv1.Delta{Delta: &replicatedv1.Delta_Gcounter{Gcounter: &replicatedv1.GCounterDelta{Increment: n}}}
	change, err := state.Apply(delta, crdt.Author{Replica: replica})
	if err != nil {
		t.Fatal(err)
	}
	return change.Encode()
}

// REP-STORE-001, REP-WRITE-003: a change at LOCAL waits for nobody, and is stored within
// a second, together with others.
func TestStoredBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		r := start(t, d, nil)
		a, b := join(t, r, key("a")), join(t, r, key("b"))
		for range 10 {
			a.add(1, local)
			b.add(2, local)
		}
		synctest.Wait()
		if n := d.writes(); n != 0 {
			t.Errorf("%d writes before the interval is over", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if d.writes() != 1 || d.holds(t, key("a")) != 10 || d.holds(t, key("b")) != 20 {
			t.Errorf("after a second the store has %d and %d by %d writes", d.holds(t, key("a")), d.holds(t, key("b")), d.writes())
		}
		a.add(1, local)
		a.copy.Leave()
		b.copy.Leave()
		if n := r.Len(); n != 1 {
			t.Errorf("%d copies are left, of which one has a change that is not stored", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if r.Len() != 0 || d.holds(t, key("a")) != 11 {
			t.Errorf("%d copies are left, and the store has %d", r.Len(), d.holds(t, key("a")))
		}
	})
}

// REP-WRITE-004, REP-STORE-002: a single node is its own majority once its store has the
// change. What comes during one write goes together in the next.
func TestMajorityAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		d.turn(nil, 100*time.Millisecond)
		r := start(t, d, nil)
		a, b := join(t, r, key("a")), join(t, r, key("b"))
		begin := time.Now()
		first := a.add(1, majority)
		synctest.Wait() // It is on its way.
		second, third := a.add(1, all), b.add(1, majority)
		for n, spread := range []<-chan error{first, second, third} {
			if err := <-spread; err != nil {
				t.Errorf("change %d: %v", n, err)
			}
		}
		if took := time.Since(begin); took != 200*time.Millisecond || d.writes() != 2 {
			t.Errorf("three changes took %v and %d writes", took, d.writes())
		}
		if d.holds(t, key("a")) != 2 {
			t.Errorf("answered, and the store has %d", d.holds(t, key("a")))
		}
		time.Sleep(time.Minute)
		if len(first)+len(second)+len(third) > 0 {
			t.Error("somebody is told twice")
		}
	})
}

// REP-STORE-003, REP-WRITE-005, REP-WRITE-006: while the store refuses, changes at LOCAL
// succeed, and the others miss their write consistency after 5 s; all of them stay, and
// are stored once it takes writes.
func TestStoreRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		d.turn(errFull, 0)
		r := start(t, d, nil)
		a := join(t, r, key("a"))
		a.add(1, local)
		begin := time.Now()
		if err := <-a.add(1, majority); err == nil {
			t.Error("a majority is reached without a store")
		}
		if took := time.Since(begin); took != 5*time.Second {
			t.Errorf("missed after %v", took)
		}
		a.copy.Leave()
		if again := join(t, r, key("a")); again.value() != 2 {
			t.Errorf("the next activation begins with %d", again.value())
		} else {
			again.copy.Leave()
		}
		d.turn(nil, 0)
		time.Sleep(time.Second)
		synctest.Wait()
		if d.holds(t, key("a")) != 2 || r.Len() != 0 {
			t.Errorf("the store has %d, and %d copies are left", d.holds(t, key("a")), r.Len())
		}
	})
}

// One who asks for a majority all the time does not keep those from the store who do not.
func TestHurryStarvesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		d.turn(nil, 10*time.Millisecond)
		r := start(t, d, nil)
		a, b := join(t, r, key("a")), join(t, r, key("b"))
		b.add(1, local)
		for range 100 {
			if err := <-a.add(1, majority); err != nil {
				t.Fatal(err)
			}
		}
		if d.holds(t, key("b")) != 1 {
			t.Error("a second later the change at LOCAL is not stored")
		}
	})
}

// REP-STORE-001: what has waited for the interval goes with the next write, also where
// somebody hurries and both have come while the store was busy.
func TestIntervalBesideHurry(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			d := newDisk()
			r := start(t, d, nil)
			d.turn(nil, 2*time.Second)
			a, b, c := join(t, r, key("a")), join(t, r, key("b")), join(t, r, key("c"))
			b.add(1, local)
			synctest.Wait()
			time.Sleep(time.Millisecond)
			first := a.add(1, all)
			time.Sleep(time.Second) // The interval of b is over, and the store busy with a.
			second := c.add(1, all)
			<-first
			<-second
			if got := d.holds(t, key("b")); got != 1 {
				t.Errorf("the second write came without what had waited: %v", d.saves)
			}
			a.copy.Leave()
			b.copy.Leave()
			c.copy.Leave()
		})
	}
}

// REP-COPY-003: an activation begins with what every node has stored. Nothing is what
// nobody has stored.
func TestLoadMerges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		for n, slot := range []string{"old", "older", "elsewhere"} {
			state := &crdt.State{}
			added(t, state, slot, uint64(n+1))
			if err := d.Save(t.Context(), slot, []store.Replica{{ID: key("a"), State: state.Encode()}}); err != nil {
				t.Fatal(err)
			}
		}
		r := start(t, d, nil)
		a, none := join(t, r, key("a")), join(t, r, key("none"))
		if a.value() != 6 || none.state.Type() != crdt.Unset {
			t.Errorf("begins with %d and %v", a.value(), none.state.Type())
		}
		a.add(4, local)
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d.holds(t, key("a")) != 10 {
			t.Errorf("the store has %d", d.holds(t, key("a")))
		}
	})
}

// REP-VOTE-009, REP-TYPE-008: a replica's vote outlives its activations, and a map of one
// type is kept whatever the function can read.
func TestKeepsWhateverItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, newDisk(), nil)
		for name, update := range map[string]*replicatedv1.Delta{
			"vote": {Delta: &replicatedv1.Delta_Vote{Vote: &replicatedv1.VoteDelta{SelfVote: true}}},
			"map":  {Delta: &replicatedv1.Delta_PncounterMap{PncounterMap: &replicatedv1.PNCounterMapDelta{}}},
		} {
			first := join(t, r, key(name))
			change, err := first.state.Apply(update, crdt.Author{Replica: "p1", Maps: true})
			if err != nil {
				t.Fatal(err)
			}
			first.copy.Apply(entity.Apply{Apply: 1, Delta: change.Encode()}, nil)
			first.copy.Leave()
			time.Sleep(time.Second)
			synctest.Wait()
			if r.Len() != 0 {
				t.Errorf("%d copies are in memory", r.Len())
			}
			next := join(t, r, key(name))
			value := next.state.Value(crdt.View{Self: "p1", Members: []string{"p1"}})
			if value.Type != crdt.TypeOf(update) || value.Self != (name == "vote") {
				t.Errorf("the next activation has %+v", value)
			}
			next.copy.Leave()
		}
	})
}

// What is damaged is not served, and a deleted entity is not opened (REP-DEL-008).
func TestLoadRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		for id, state := range map[store.ID][]byte{key("damaged"): []byte("damaged"), key("gone"): (&crdt.State{}).Delete().Encode()} {
			if err := d.Save(t.Context(), "old", []store.Replica{{ID: id, State: state}}); err != nil {
				t.Fatal(err)
			}
		}
		r := start(t, d, nil)
		for id, want := range map[store.ID]error{key("damaged"): store.ErrCorrupt, key("gone"): store.ErrDeleted} {
			c := r.Join(id, func() {})
			err := r.Load(t.Context(), id, func(entity.Input) error {
				t.Errorf("%v is opened", id)
				return nil
			})
			if !errors.Is(err, want) {
				t.Errorf("%v: %v, want %v", id, err, want)
			}
			c.Leave()
		}
		if r.Len() != 0 {
			t.Errorf("%d copies are left", r.Len())
		}
	})
}

// A store that takes no writes for long does not fill the memory: no other entity is
// opened, and those that are open go on.
func TestUnsavedAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		d.turn(errFull, 0)
		r := start(t, d, func(c *replica.Config) { c.Unsaved = 3 })
		var parts []*part
		for n := range 3 {
			p := join(t, r, key(strconv.Itoa(n)))
			p.add(1, local)
			parts = append(parts, p)
		}
		c := r.Join(key("more"), func() {})
		if err := r.Load(t.Context(), key("more"), nil); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("one more: %v", err)
		}
		c.Leave()
		parts[0].add(1, local)
		d.turn(nil, 0)
		time.Sleep(time.Second)
		synctest.Wait()
		if d.holds(t, key("0")) != 2 {
			t.Error("a change of an entity that was open is lost")
		}
		join(t, r, key("more"))
	})
}

// What was changed last is stored at the stop; where that fails, whoever waits hears so.
func TestClose(t *testing.T) {
	for name, refuse := range map[string]error{"stored": nil, "refused": errFull} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDisk()
				d.turn(refuse, 10*time.Millisecond)
				r := start(t, d, nil)
				a := join(t, r, key("a"))
				a.add(1, local)
				spread := a.add(1, majority)
				if err := r.Close(t.Context()); !errors.Is(err, refuse) {
					t.Errorf("closed with %v", err)
				}
				if err := <-spread; (err == nil) != (refuse == nil) {
					t.Errorf("who waits hears %v", err)
				}
				if stored := d.holds(t, key("a")); refuse == nil && stored != 2 {
					t.Errorf("the store has %d", stored)
				}
			})
		})
	}
}

// A store that does not answer holds up the stop no longer than its caller allows.
func TestCloseGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		d.turn(nil, time.Hour)
		r := start(t, d, func(c *replica.Config) { c.SaveTimeout = time.Hour })
		join(t, r, key("a")).add(1, local)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		if err := r.Close(ctx); err == nil {
			t.Error("closed as if all were stored")
		}
		if took := time.Since(begin); took != 3*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// REP-PASS-002: what another node changes is news for an activation, in the next one
// where there is none, and stored like a change of this node.
func TestReceive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		r := start(t, d, nil)
		a := join(t, r, key("a"))
		elsewhere := &crdt.State{}
		for range 2 {
			if err := r.Receive(t.Context(), key("a"), added(t, elsewhere, "q1", 5)); err != nil {
				t.Fatal(err)
			}
		}
		if len(a.changed) != 2 {
			t.Errorf("the activation was told %d times", len(a.changed))
		}
		news, err := crdt.Decode(a.copy.Changes().Delta)
		if err != nil {
			t.Fatal(err)
		}
		a.state.Merge(news)
		if again := a.copy.Changes(); a.value() != 10 || again.Delta != nil || again.Members != nil {
			t.Errorf("the news make %d, and then %v", a.value(), again)
		}
		a.copy.Leave()
		for _, id := range []store.ID{key("a"), key("b")} {
			if err := r.Receive(t.Context(), id, added(t, elsewhere, "q1", 5)); err != nil {
				t.Fatal(err)
			}
		}
		if again := join(t, r, key("a")); again.value() != 15 {
			t.Errorf("the next activation begins with %d", again.value())
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if d.holds(t, key("a")) != 15 || d.holds(t, key("b")) != 20 {
			t.Errorf("the store has %d and %d", d.holds(t, key("a")), d.holds(t, key("b")))
		}
		if err := r.Receive(t.Context(), key("a"), []byte{1, 9}); !errors.Is(err, crdt.ErrCorrupt) {
			t.Errorf("damaged bytes: %v", err)
		}
	})
}

// peers are two other members, who acknowledge when the test says so.
type peers struct {
	mu      sync.Mutex
	others  []int
	reached []func()
}

func (*peers) Members() []string { return []string{"p1", "p2", "p3"} }

func (p *peers) Spread(_ store.ID, _ []byte, others int, reached func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.others = append(p.others, others)
	p.reached = append(p.reached, reached)
}

// REP-WRITE-004: of three members, a majority is this one and another, and all are this
// one and both others; the store of this one comes on top.
func TestMajorityOfThree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, others := newDisk(), &peers{}
		r := start(t, d, func(c *replica.Config) { c.Peers = others })
		a := join(t, r, key("a"))
		a.add(1, local)
		first, second := a.add(1, majority), a.add(1, all)
		time.Sleep(time.Second)
		if len(first)+len(second) != 0 || fmt.Sprint(others.others) != "[0 1 2]" {
			t.Fatalf("answered without the others, of whom %v are needed", others.others)
		}
		others.reached[1]()
		if err := <-first; err != nil || len(second) != 0 {
			t.Errorf("a majority: %v", err)
		}
		d.turn(errFull, 0)
		third := a.add(1, majority)
		others.reached[3]()
		if err := <-third; err == nil {
			t.Error("answered without the store")
		}
		if err := <-second; err == nil {
			t.Error("answered without one of the others")
		}
	})
}

// A config that lacks something, or has a limit that is none, is refused.
func TestConfig(t *testing.T) {
	t.Parallel()
	good := replica.Config{Store: memory.New(), Self: "p", Slot: "p", Log: slog.New(slog.DiscardHandler)}
	for name, spoil := range map[string]func(*replica.Config){
		"store": func(c *replica.Config) { c.Store = nil }, "self": func(c *replica.Config) { c.Self = "" },
		"slot": func(c *replica.Config) { c.Slot = "" }, "log": func(c *replica.Config) { c.Log = nil },
		"limit": func(c *replica.Config) { c.Interval = -1 }, "unsaved": func(c *replica.Config) { c.Unsaved = -1 },
	} {
		config := good
		if spoil(&config); func() error { _, err := replica.New(config); return err }() == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
