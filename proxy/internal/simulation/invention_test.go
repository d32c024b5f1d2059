package simulation

import (
	"fmt"
	"strings"
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
