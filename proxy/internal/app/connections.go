package app

import (
	"github.com/stateward/stateward/proxy/internal/port"
	"github.com/stateward/stateward/proxy/internal/setting"
)

// Connections bounds the connections of callers.
type Connections struct {
	// Most is how many may be open, and PerAddress how many of them from one address;
	// 0 is any number for the second.
	Most, PerAddress int
	// Streams is how many calls may be open on one connection of HTTP/2, and Cancels how
	// many its client may cancel in 10 s.
	Streams, Cancels int
}

// defaultConnections are the port's own bounds.
func defaultConnections() Connections {
	c := port.Defaults()
	return Connections{Most: c.MaxConnections, PerAddress: c.MaxPerAddress, Streams: int(c.MaxStreams), Cancels: c.MaxResets}
}

// bound sets them.
func (c *Connections) bound(config *port.Config) {
	config.MaxConnections, config.MaxPerAddress = c.Most, c.PerAddress
	config.MaxStreams, config.MaxResets = uint32(c.Streams), c.Cancels
}

// settings declares them.
func (c *Connections) settings(set *setting.Set) {
	set.Int(&c.Most, "max-connections", "how many connections of callers may be open; one more is closed at once")
	set.Int(&c.PerAddress, "max-connections-per-address", "how many of them may come from one address; 0 is any number, as is right behind an ingress")
	set.Int(&c.Streams, "max-streams", "how many calls may be open on one connection of HTTP/2")
	set.Int(&c.Cancels, "max-cancels", "how many calls the client of one connection may cancel in 10 s before it is cut off")
}

// wrong returns what cannot be.
func (c *Connections) wrong() (wrong []error) {
	for _, bound := range []struct {
		name         string
		value, least int
	}{
		{"max-connections", c.Most, 1},
		{"max-connections-per-address", c.PerAddress, 0},
		{"max-streams", c.Streams, 1},
		{"max-cancels", c.Cancels, 1},
	} {
		if bound.value < bound.least || bound.value > 1<<31-1 {
			wrong = append(wrong, setting.Wrongf(bound.name, "%d is not between %d and %d", bound.value, bound.least, 1<<31-1))
		}
	}
	return wrong
}
