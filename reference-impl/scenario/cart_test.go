package scenario_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
)

// The products. By code point bread comes first; by UTF-16, in which some languages
// compare text, the apple would.
const (
	bread = "\uff5ebread"
	apple = "\U0001f34e"
)

// namedStep is a step, and what it is called.
type namedStep struct {
	name string
	do   step
}

// script is one visit to the shop: every kind of step, with more of a product
// that is there and a product that is taken out and put in again.
func script() []namedStep {
	return []namedStep{
		{"add apples", add(apple, 2)},
		{"add bread", add(bread, 1)},
		{"add more apples", add(apple, 3)},
		{"remove bread", remove(bread)},
		{"get", get()},
		{"add bread again", add(bread, 4)},
	}
}

// refusals is all that a cart refuses after the script, and a look that nothing has come
// of it.
func refusals() []namedStep {
	return []namedStep{
		{"add no product", add("", 1)},
		{"add no apples", add(apple, 0)},
		{"add fewer than none", add(apple, -1)},
		{"add more apples than fit", add(apple, math.MaxInt32)},
		{"remove pears", remove("pear")},
		{"get after the refusals", get()},
	}
}

// TestVisit is the story of the README: a cart is filled, the proxy is killed,
// a new one starts on the same data, and the cart is whole. Before, it has refused what
// it does not hold.
func TestVisit(t *testing.T) { eachCart(t, goShopping) }

func goShopping(t *testing.T, shop *site) {
	t.Helper()
	p := shop.party("visitor")
	p.follow(t, append(script(), refusals()...))
	shop.restart(t, shop.proxy)
	if err := p.insist(t.Context(), get()); err != nil {
		t.Fatalf("after kill -9 of the proxy: %v", err)
	}
	t.Logf("%d acknowledged changes are in the carts after kill -9 of the proxy", p.acknowledged())
}

// snapshotEvery is after how many events each cart is saved whole.
const snapshotEvery = 100

// TestSnapshot fills carts for so long that they are saved whole. Whichever side is
// killed then, they come back from that, and from the events behind it alone.
func TestSnapshot(t *testing.T) { eachCart(t, comeBackFromSnapshot) }

func comeBackFromSnapshot(t *testing.T, shop *site) {
	t.Helper()
	p := shop.party("regular")
	for p.acknowledged() <= snapshotEvery*len(p) {
		p.follow(t, script())
	}
	shop.restart(t, shop.function)
	if err := p.insist(t.Context(), get()); err != nil {
		t.Fatalf("after kill -9 of the function: %v", err)
	}
	stored, err := shop.counted(t.Context(), "events_stored_total", "event_sourced")
	if err != nil {
		t.Fatal(err)
	}
	shop.restart(t, shop.proxy)
	if err := p.insist(t.Context(), get()); err != nil {
		t.Fatalf("after kill -9 of the proxy: %v", err)
	}
	replayed, err := shop.counted(t.Context(), "events_replayed_total", "event_sourced")
	if behind := stored - snapshotEvery*len(p); err != nil || replayed != behind {
		t.Errorf("%d events were replayed, where %d stand behind the snapshots: %v", replayed, behind, err)
	}
}

// TestKillAtEveryPoint visits the shop once for each side, step and moment,
// and kills that side there.
func TestKillAtEveryPoint(t *testing.T) { eachCart(t, killAtEveryPoint) }

func killAtEveryPoint(t *testing.T, shop *site) {
	t.Helper()
	kills := 0
	for _, victim := range []*side{shop.proxy, shop.function} {
		for at := range script() {
			for _, when := range []string{"before", "during", "after"} {
				name := fmt.Sprintf("%s/%s/%s", victim.name, when, script()[at].name)
				t.Run(name, func(t *testing.T) {
					p := shop.party(name)
					shopAndKill(t, shop, p, victim, at, when)
					if err := p.insist(t.Context(), get()); err != nil {
						t.Fatalf("at the end: %v", err)
					}
				})
				kills++
			}
		}
	}
	t.Logf("%d kills, no acknowledged item lost", kills)
}

// shopAndKill performs the script and kills the victim at one step of it.
func shopAndKill(t *testing.T, shop *site, p party, victim *side, at int, when string) {
	t.Helper()
	for i, step := range script() {
		switch {
		case i != at:
		case when == "before":
			shop.restart(t, victim)
		case when == "during":
			killed := make(chan error, 1)
			go func() { killed <- victim.kill(t.Context()) }()
			err := p.try(t.Context(), step.do)
			if err := <-killed; err != nil {
				t.Fatal(err)
			}
			shop.start(t, victim)
			if err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
		}
		if err := p.insist(t.Context(), step.do); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if i == at && when == "after" {
			shop.restart(t, victim)
		}
	}
}

// TestKillUnderLoad has many shoppers at once while either side is killed at
// moments that the seed decides, once all are served again.
func TestKillUnderLoad(t *testing.T) { eachCart(t, killUnderLoad) }

func killUnderLoad(t *testing.T, shop *site) {
	t.Helper()
	const parties, kills = 4, 6
	t.Logf("seed %d (repeat with -seed)", *seed)
	random := rand.New(rand.NewPCG(uint64(*seed), 0))

	// The shoppers shop until the last kill is over; what they do comes from
	// the seed, what is acknowledged decides the rest.
	over := make(chan struct{})
	group, ctx := errgroup.WithContext(t.Context())
	var all party
	for i := range parties {
		all = append(all, shop.party(fmt.Sprintf("shopper %d", i))...)
	}
	for i, s := range all {
		choose := rand.New(rand.NewPCG(uint64(*seed), uint64(i)+1))
		group.Go(func() error { return s.shopUntil(ctx, over, choose) })
	}
	for range kills {
		victim := shop.proxy
		if random.IntN(2) == 0 {
			victim = shop.function
		}
		if err := all.served(ctx); err != nil {
			t.Errorf("before a kill: %v", err)
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(random.IntN(400)) * time.Millisecond):
		}
		shop.restart(t, victim)
	}
	close(over)
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if err := s.insist(t.Context(), get()); err != nil {
			t.Errorf("at the end: %v", err)
		}
	}
	t.Logf("%d kills under load, %d acknowledged changes, none lost", kills, all.acknowledged())
}

// shopUntil shops until over is closed. A step whose answer is lost is not
// repeated: the ledger knows both outcomes.
func (s *shopper) shopUntil(ctx context.Context, over <-chan struct{}, choose *rand.Rand) error {
	for {
		select {
		case <-over:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
		product := fmt.Sprintf("product-%d", choose.IntN(5))
		do := add(product, choose.Int32N(3)+1)
		switch choose.IntN(6) {
		case 0:
			do = remove(product)
		case 1:
			do = get()
		}
		code, err := s.try(ctx, do)
		if err != nil {
			return err
		}
		if code == codes.OK {
			s.tellServed()
		}
		if code == codes.Unavailable {
			// Not a flood: the side that was killed is on its way back.
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
		}
	}
}
