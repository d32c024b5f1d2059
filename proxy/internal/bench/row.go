package bench

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/stateward/stateward/proxy/internal/app"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// The functions: one has plain streams alone.
const (
	plainFunction       = "plain"
	multiplexedFunction = "multiplexed"
)

// subject is a way from the caller to the function and back.
type subject struct {
	// store is one of app's; empty for the bare proxy.
	store string
	// multiplexed says that the entities share streams, unix that the function is
	// reached by a unix socket, unpipelined that an entity takes its next command only
	// when the events of the last are stored.
	multiplexed, unix, unpipelined bool
}

// String names it in a table.
func (s subject) String() string {
	words := []string{cmp.Or(s.store, "bare")}
	if s.multiplexed {
		words = append(words, "multiplexed")
	}
	if s.unix {
		words = append(words, "unix socket")
	}
	if s.unpipelined {
		words = append(words, "unpipelined")
	}
	return strings.Join(words, ", ")
}

// row is one line of the table: a subject under one load.
type row struct {
	subject

	kind          wire.Kind
	keys, callers int
}

// String names it for people, and for -only.
func (r row) String() string {
	return fmt.Sprintf("%s; %s, %d keys, %d callers", r.subject, r.kind, r.keys, r.callers)
}

// baseline is the row of the bare proxy under the same load. It has one kind.
func (r row) baseline() row { return row{kind: wire.EventSourced, keys: r.keys, callers: r.callers} }

// The loads: 1 key is hot.
const (
	many = 1000
	hot  = 1
)

// rows are all that is measured.
func rows() (all []row) {
	add := func(kind wire.Kind, keys, callers int, subjects ...subject) {
		for _, s := range subjects {
			all = append(all, row{subject: s, kind: kind, keys: keys, callers: callers})
		}
	}
	bare := subject{}
	memory, pebble, postgres := subject{store: app.StoreMemory}, subject{store: app.StorePebble}, subject{store: app.StorePostgres}
	multiplexed := func(s subject) subject { s.multiplexed = true; return s }
	unix := func(s subject) subject { s.unix = true; return s }
	unpipelined := func(s subject) subject { s.unpipelined = true; return s }

	add(wire.EventSourced, many, 64, bare, memory, pebble, postgres,
		multiplexed(memory), multiplexed(pebble), multiplexed(postgres),
		unix(memory), unix(pebble), unix(postgres), unix(multiplexed(pebble)))
	add(wire.EventSourced, many, 1, bare, memory, pebble, postgres, multiplexed(pebble))
	add(wire.EventSourced, many, 256, bare, memory, pebble, postgres, multiplexed(pebble))
	add(wire.EventSourced, hot, 64, bare, memory, pebble, postgres, multiplexed(pebble), unpipelined(pebble), unpipelined(postgres))
	add(wire.Value, many, 64, pebble, postgres, multiplexed(pebble))
	add(wire.Replicated, many, 64, pebble, postgres, multiplexed(pebble))
	add(wire.Action, many, 64, pebble)
	return all
}

// file names a file about it.
func (r row) file() string {
	return strings.NewReplacer(";", "", ",", "", " ", "-").Replace(r.String())
}
