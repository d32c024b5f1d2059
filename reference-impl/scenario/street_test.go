package scenario_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

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

// strike is one crash: of both sides of a site, of one, or of the server.
type strike struct {
	name    string
	site    *site // nil: the server
	victims []*side
}

// strikes returns so many: in turns of random order, each side of each site and
// both; with a server, that is every fourth, from the first on.
func (s *street) strikes(random *rand.Rand, count int) []strike {
	var strikes, deck []strike
	for len(strikes) < count {
		if s.database != nil && len(strikes)%4 == 0 {
			strikes = append(strikes, strike{name: "server"})
			continue
		}
		if len(deck) == 0 {
			deck = s.turn()
			random.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		strikes, deck = append(strikes, deck[0]), deck[1:]
	}
	return strikes
}

// turn returns each strike on a site once.
func (s *street) turn() []strike {
	var turn []strike
	for _, site := range s.sites() {
		turn = append(turn,
			strike{"proxy", site, []*side{site.proxy}},
			strike{"function", site, []*side{site.function}},
			strike{"both", site, []*side{site.proxy, site.function}})
	}
	return turn
}

// perform kills the victims and starts them again. It waits until the proxy is
// ready, or does not: then the next strike may come before.
func (s *street) perform(t *testing.T, strike strike, waits bool) {
	t.Helper()
	if strike.site == nil {
		s.crashServer(t)
		return
	}
	for _, victim := range strike.victims {
		strike.site.kill(t, victim)
	}
	for _, victim := range strike.victims {
		victim.start(t)
	}
	if waits {
		strike.site.reach(t)
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
		site.past.crashed(outage)
	}
}

// watchDisk syncs a small file again and again until over is closed, and notes
// when that took long: the store is then no faster.
func (s *street) watchDisk(path string, over <-chan struct{}) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	for {
		try := span{from: time.Now()}
		select {
		case <-over:
			return nil
		case <-time.After(pause):
		}
		if _, err := file.WriteAt([]byte("probe"), 0); err != nil {
			return err
		}
		if err := file.Sync(); err != nil {
			return err
		}
		try.to = time.Now()
		if try.to.Sub(try.from) < flushTime/4 {
			continue
		}
		for _, site := range s.sites() {
			site.past.stalled(try)
		}
	}
}

// settle waits until every proxy is ready.
func (s *street) settle(t *testing.T) {
	t.Helper()
	for _, site := range s.sites() {
		site.reach(t)
	}
}
