package simulation

import (
	"math/rand/v2"
	"slices"
	"time"
)

// profile is what is likely in one run. Runs differ in it: what needs many commands of
// one entity, or a slow store, or many crashes, shows in the runs that have them.
type profile struct {
	// services are those that are called; one that stands there twice is twice as likely.
	services []string
	// keys is how many entities each of them has.
	keys int
	// active is how many entities may be active; 0 for any number.
	active int
	// Of so many commands, or calls of the store, one goes wrong; 0 for none.
	misconduct, faults int
	// Of so many orders one deletes its entity; 0 for none.
	deletes int
	// keep is how long the answers of keyed commands are kept, and durable side effects tried.
	keep time.Duration
	// weights says how likely each choice is.
	weights [choices]int
}

// choice is one thing that may happen next.
type choice int

const (
	asks      choice = iota // somebody calls
	functions               // the function takes a message
	stores                  // the store ends an operation
	waits                   // time passes
	lingers                 // one caller calls while nothing else is to be done, and looks again later
	relieves                // the longest idle entity is passivated
	leaves                  // a caller gives up
	retires                 // another connection takes the place of this one
	kills                   // the function is killed
	revives                 // the function is back
	sweeps                  // the store forgets what has had its time
	rivals                  // the proxy is cut off, and another one takes an entity over
	crashes                 // the proxy is killed
	choices
)

// newProfile rolls a profile.
func newProfile(random *rand.Rand) profile {
	of := func(several ...int) int { return several[random.IntN(len(several))] }
	all := []string{journaled, valued, replicated, fleeting, acting}
	p := profile{keys: of(1, 2, 3), misconduct: of(0, 10, 20, 50), faults: of(0, 10, 30, 30), deletes: of(0, 10, 40)}
	p.keep = []time.Duration{24 * time.Hour, 24 * time.Hour, 20 * time.Second}[random.IntN(3)]
	switch one := all[random.IntN(4)]; random.IntN(5) {
	case 0, 1:
		p.services = all
	case 2, 3:
		p.services = []string{one, all[random.IntN(5)], all[random.IntN(5)]}
	default:
		p.services = []string{one}
	}
	p.weights = [choices]int{
		asks: of(30, 100, 150, 250), functions: of(200, 400), stores: of(40, 120, 400), waits: of(10, 60, 120),
		lingers: of(0, 10, 50), relieves: of(0, 10, 50), leaves: of(0, 10, 30), retires: of(0, 5, 20), kills: of(0, 2, 10), revives: 40, sweeps: of(0, 10), rivals: of(0, 0, 5, 20), crashes: of(0, 5, 10, 20),
	}
	// One write of copies answers several entities at once, which come to rest in the
	// order in which their goroutines run: here the order must not count.
	if p.active = 4; p.keys > 1 && slices.Contains(p.services, replicated) {
		p.active, p.weights[relieves] = 0, 0
	}
	return p
}

// choose rolls what happens next.
func (p profile) choose(random *rand.Rand) choice {
	sum := 0
	for _, weight := range p.weights {
		sum += weight
	}
	roll := random.IntN(sum)
	for c, weight := range p.weights {
		if roll -= weight; roll < 0 {
			return choice(c)
		}
	}
	panic("unreachable")
}
