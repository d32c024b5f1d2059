package simulation

import (
	"fmt"
	"strings"
	"time"
)

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
	o := order{Service: services[d.roll(len(services))], Key: string(rune('a' + d.roll(d.profile.keys))), Token: token + ";", All: d.roll(3) == 0}
	o.Key = d.living(o)
	switch {
	case o.mortal() && d.happens(d.profile.deletes):
		o.Delete = true
		o.Retention = []time.Duration{0, time.Minute, longest}[d.roll(3)].Milliseconds()
	case o.Service == fleeting && d.roll(20) == 0:
		o.Delete = true
	case o.Service == fleeting && d.roll(4) == 0:
		o.Expire = 1 + int64(d.roll([]int{500, 2_000, 2_000, 60_000}[d.roll(4)]))
	}
	return o
}

// living returns the key of an entity that is not known to be dead, or, now and then,
// that of one which is: where "a" is dead it is "a1", and then "a2".
func (d *driver) living(o order) string {
	key := o.Key
	for n := 1; len(d.ledger.deleted[o.id()]) > 0 && d.roll(8) > 0; n++ {
		o.Key = fmt.Sprint(key, n)
	}
	return o.Key
}

// follow lets others follow from the order.
func (d *driver) follow(o *order, depth int) {
	for n := range 1 + d.roll(2) {
		then := d.simple(fmt.Sprintf("%s.%d", strings.TrimSuffix(o.Token, ";"), n))
		hows := []how{effect, synchronous}
		if n == 0 {
			hows = append(hows, forward)
		}
		if o.Service != replicated && o.Service != acting {
			hows = append(hows, durably)
		}
		then.How = hows[d.roll(len(hows))]
		if depth > 1 && d.roll(3) == 0 {
			d.follow(&then, depth-1)
		}
		o.Then = append(o.Then, then)
	}
}
