package scenario_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// lull is the longest time between two strikes, and rest between two steps of a
// caller: so many callers that never rested would slow down each start.
const (
	lull = 600 * time.Millisecond
	rest = 10 * time.Millisecond
)

// TestCrash kills the proxy, the function and both at random points, and on
// PostgreSQL the server as well, while callers use a cart, a profile and a room,
// with idempotency keys among their calls. No acknowledged change is lost, made
// twice, or out of order; local writes of a replicated entity, which may go
// within one flush interval, are counted apart.
func TestCrash(t *testing.T) {
	onlyProcesses(t)
	t.Run("pebble", func(t *testing.T) { crash(t, *kills, nil) })
	t.Run("postgres", func(t *testing.T) { crash(t, *postgresKills, startServer(t)) })
}

// visitor is somebody who uses an entity, and knows what must be there.
type visitor interface {
	// step makes one change, or looks. An error is that something is lost, or is
	// there twice, or that an answer is one that no crash explains.
	step(ctx context.Context) error
	// finish looks a last time.
	finish(ctx context.Context) error
	count() tally
}

func crash(t *testing.T, kills int, database *server) {
	t.Logf("seed %d (repeat with -seed)", *seed)
	random := rand.New(rand.NewPCG(uint64(*seed), 0))
	street := openStreet(t, database)
	visitors := street.visitors()
	over := make(chan struct{})
	group, ctx := errgroup.WithContext(t.Context())
	for i, visitor := range visitors {
		resting := rand.New(rand.NewPCG(uint64(*seed), uint64(i)+1))
		group.Go(func() error { return use(ctx, visitor, over, resting) })
	}
	struck := map[string]int{}
	for _, strike := range street.strikes(random, kills) {
		wait(ctx, time.Duration(random.Int64N(int64(lull))))
		if ctx.Err() != nil {
			break // somebody has found a mistake
		}
		strike.do(t, random.IntN(2) == 0)
		struck[strike.name]++
	}
	street.settle(t)
	close(over)
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	var total tally
	for _, visitor := range visitors {
		if err := visitor.finish(t.Context()); err != nil {
			t.Errorf("at the end: %v", err)
		}
		total.add(visitor.count())
	}
	if total.acknowledged == 0 || total.keyed == 0 {
		t.Fatal("nothing was acknowledged, so nothing was tested")
	}
	t.Logf("killed %v", struck)
	t.Logf("%d changes acknowledged, %d of them with a key, of which %d were made once more; the answers of %d were lost; %d local writes went with their proxy",
		total.acknowledged, total.keyed, total.repeated, total.unanswered, total.local)
}

// use has the visitor go on until over is closed.
func use(ctx context.Context, visitor visitor, over <-chan struct{}, random *rand.Rand) error {
	for {
		select {
		case <-over:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(random.Int64N(int64(rest)))):
		}
		if err := visitor.step(ctx); err != nil {
			return err
		}
	}
}

// wait waits for so long, or until ctx is done.
func wait(ctx context.Context, long time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(long):
	}
}

// street is a site of each kind of entity, and the server that all of them share.
type street struct {
	shop, office, house *site
	database            *server // nil on pebble
}

func openStreet(t *testing.T, database *server) *street {
	t.Helper()
	openOne := func(sample string) *site {
		setup := setup{sample: sample}
		if database != nil {
			setup.database = database.database(t, sample)
		}
		return open(t, setup)
	}
	return &street{shop: openOne("cart"), office: openOne("profile"), house: openOne("presence"), database: database}
}

func (s *street) sites() []*site { return []*site{s.shop, s.office, s.house} }

// visitors returns two buyers for each of three carts, and somebody for each of
// four profiles and three rows of rooms.
func (s *street) visitors() []visitor {
	var all []visitor
	random := func() *rand.Rand { return rand.New(rand.NewPCG(uint64(*seed), 1000+uint64(len(all)))) }
	for _, name := range []string{"anna", "bert", "carl"} {
		all = append(all, newBuyer(s.shop, name, "apple", random()))
		all = append(all, newBuyer(s.shop, name, "bread", random()))
		all = append(all, newClerk(s.office, name, random()))
		all = append(all, newDoorman(s.house, name, random()))
	}
	return append(all, newClerk(s.office, "dora", random()))
}

// strike is one crash. It waits until everything is there again, or does not.
type strike struct {
	name string
	do   func(t *testing.T, waits bool)
}

// strikes returns so many: in turns of random order, each side of each site and
// both; with a server, that is every fourth, from the first on.
func (s *street) strikes(random *rand.Rand, count int) []strike {
	var turn []strike
	for _, site := range s.sites() {
		turn = append(turn,
			strike{"proxy", func(t *testing.T, waits bool) { site.strike(t, waits, site.proxy) }},
			strike{"function", func(t *testing.T, waits bool) { site.strike(t, waits, site.function) }},
			strike{"both", func(t *testing.T, waits bool) { site.strike(t, waits, site.proxy, site.function) }})
	}
	var strikes []strike
	for deck := []strike(nil); len(strikes) < count; {
		if s.database != nil && len(strikes)%4 == 0 {
			strikes = append(strikes, strike{"server", func(t *testing.T, _ bool) { s.crashServer(t) }})
			continue
		}
		if len(deck) == 0 {
			deck = append(deck, turn...)
			random.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		strikes, deck = append(strikes, deck[0]), deck[1:]
	}
	return strikes
}

// strike kills the victims and starts them again.
func (s *site) strike(t *testing.T, waits bool, victims ...*side) {
	t.Helper()
	for _, victim := range victims {
		s.kill(t, victim)
	}
	for _, victim := range victims {
		victim.start(t)
	}
	if waits {
		s.reach(t)
	}
}

// crashServer crashes the server under proxies that are there, and stay.
func (s *street) crashServer(t *testing.T) {
	t.Helper()
	s.settle(t) // a proxy does not start without its server
	outage := span{from: time.Now()}
	if err := s.database.crash(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.database.restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.settle(t)
	outage.to = time.Now()
	for _, site := range s.sites() {
		site.past.without(outage)
	}
}

// settle waits until every proxy is ready.
func (s *street) settle(t *testing.T) {
	t.Helper()
	for _, site := range s.sites() {
		site.reach(t)
	}
}
