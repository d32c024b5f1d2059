package replicated

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

// What is easy in one language and a trap in another: names that its objects have by
// themselves, text that is compared or ordered otherwise than by its bytes, numbers that
// its numbers cannot hold, and messages that are larger than its gRPC takes by default.

// dispatching are the cases on names of methods that a lookup may find by mistake.
func dispatching() []engine.Case {
	none := peer.Pack(&tckreplicatedv1.ProcessRequest{})
	names := []engine.Step{five(), counter.barrier(1, value.gcounter(5))}
	for i, name := range script.Inherited() {
		other := counter
		other.Name, other.Entity = name, "n"+strconv.Itoa(i)
		names = append(names, other.init(), other.command(1, name, none), other.refused(1))
	}
	return []engine.Case{{
		ID: "replicated/commands/inherited-names", Requirements: []string{"CORE-CMD-003"},
		Script: append(names, counter.barrier(2, value.gcounter(5))),
	}}
}

// inheritedServices sends an init for each service that a lookup may find by mistake.
func inheritedServices() []engine.Step {
	var lines []engine.Step
	for i, name := range script.Inherited() {
		nobody := stream{Name: name, Service: name, Type: "GCounter", Entity: "n" + strconv.Itoa(i)}
		lines = append(lines, nobody.init(), nobody.broken(anyCommand))
	}
	return append(lines, five(), counter.barrier(1, value.gcounter(5)))
}

// text are the cases on elements that are equal, ordered or there already for a language
// that looks at them otherwise than the wire does.
func text() []engine.Case {
	const composed, decomposed = "ä", "a\u0308"
	g, s := of("GSet"), of("ORSet")
	all := slices.Sorted(slices.Values(script.Inherited()))
	var asked []*tckreplicatedv1.Update
	for _, name := range script.Inherited() {
		asked = append(asked, ask.gset(name))
	}
	return []engine.Case{
		{
			ID: "replicated/gset/inherited-names", Requirements: []string{"REP-GSET-001"},
			Script: []engine.Step{
				g.initFrom(delta.gset()), g.process(1, do(asked...)...), g.reply(1, value.gset(all...), update(delta.gset(all...))),
				g.barrier(2, value.gset(all...)),
			},
		},
		{
			ID: "replicated/orset/inherited-names", Requirements: []string{"REP-ORSET-003", "REP-ORSET-004"},
			Script: []engine.Step{
				s.initFrom(delta.orset(added("toString"))),
				s.process(1, do(ask.orset(add("constructor")), ask.orset(add("__proto__")), ask.orset(remove("valueOf")))...),
				s.reply(1, value.orset("__proto__", "constructor", "toString"), update(delta.orset(added("constructor", "__proto__")))),
				s.process(2, do(ask.orset(remove("toString")), ask.orset(remove("__proto__")))...),
				s.reply(2, value.orset("constructor"), update(delta.orset(removed("toString", "__proto__")))),
				s.barrier(3, value.orset("constructor")),
			},
		},
		{
			ID: "replicated/equality/composed-and-decomposed", Requirements: []string{"REP-EQ-002"},
			Script: []engine.Step{
				s.initFrom(delta.orset(added(composed))),
				s.process(1, do(ask.orset(add(decomposed)))...),
				s.reply(1, value.orset(decomposed, composed), update(delta.orset(added(decomposed)))),
				s.process(2, do(ask.orset(remove(composed)))...), s.reply(2, value.orset(decomposed), update(delta.orset(removed(composed)))),
				s.barrier(3, value.orset(decomposed)),
			},
		},
		{
			// In UTF-16 the cart is two units, both of which are less than the one of the tilde.
			ID: "replicated/equality/order-of-bytes", Requirements: []string{"REP-EQ-002"},
			Script: []engine.Step{
				s.initFrom(delta.orset(added("🛒"))),
				s.process(1, do(ask.orset(add("～")))...), s.reply(1, value.orset("～", "🛒"), update(delta.orset(added("～")))),
				s.barrier(2, value.orset("～", "🛒")),
			},
		},
	}
}

// longDeadlines are the cases on callers who wait for longer than a timer may run.
func longDeadlines() []engine.Case {
	const month = 30 * 24 * 60 * 60 * 1000 // in milliseconds, more than 31 bits
	s := counter
	return []engine.Case{{
		ID: "replicated/streamed/long-deadline", Requirements: []string{"REP-STREAM-001"},
		Script: []engine.Step{
			five(), s.watchWithin(1, month, watching()), s.opened(1, value.gcounter(5)),
			s.barrier(2, value.gcounter(5)),
			s.delta(delta.gcounter(1)), s.streamed(1, value.gcounter(6)),
			s.barrier(3, value.gcounter(6)),
		},
	}}
}

// watchWithin sends a streamed command whose caller waits for so many milliseconds.
func (s stream) watchWithin(id, timeout int64, what *tckreplicatedv1.ProcessStreamedRequest) step {
	line := s.sends(func(entity string) *request {
		asked := proto.CloneOf(what)
		asked.Id = entity
		in := command(entity, id, "ProcessStreamed", peer.Pack(asked))
		in.GetCommand().Streamed, in.GetCommand().Timeout = true, timeout
		return in
	})
	line.text += fmt.Sprintf(" with a timeout of %d ms", timeout)
	return line
}

// limits are the cases on the size of a message.
func limits() []engine.Case {
	s := counter
	return []engine.Case{
		{
			ID: "replicated/limits/command-of-4-mib", Requirements: []string{"CORE-LIMIT-001"},
			Script: []engine.Step{
				five(), s.processOf(func(*scene) int { return 4 * mib }, "of 4194304 B", 1), s.reply(1, value.gcounter(5)),
				s.barrier(2, value.gcounter(5)),
			},
		},
		{
			ID: "replicated/limits/command-as-large-as-announced", Requirements: []string{"CORE-LIMIT-007"},
			Script: []engine.Step{
				discovery.Ask(), five(), s.processOf(announced, "as large as it takes", 1), s.reply(1, value.gcounter(5)),
				s.barrier(2, value.gcounter(5)),
			},
		},
	}
}

// mib is 1 MiB, in bytes.
const mib = 1 << 20

// announced is the size of message that the function says it takes, as far as the kit goes.
func announced(sc *scene) int {
	const farthest = 16 * mib
	most := discovery.Newest(sc.Stage).GetServiceInfo().GetMaxMessageBytes()
	return int(min(max(most, 4*mib), farthest))
}

// processOf sends a command that reads the value, in a message of that size in bytes, most
// of which is metadata.
func (s stream) processOf(size func(*scene) int, text string, id int64) step {
	build := processRequest(id)
	line := s.sends(build)
	line.text += " in a message " + text
	line.play = func(sc *scene) error { return sc.send(s, padded(build(s.id(sc.Entity(s.Entity))), size(sc))) }
	return line
}

// padded gives a message metadata, until it has exactly that size in bytes.
func padded(message *request, size int) *request {
	padding := 0
	for missing := size - proto.Size(message); missing != 0; missing = size - proto.Size(message) {
		padding += missing
		message.GetCommand().Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
			{Key: "padding", Value: &entityv1.MetadataEntry_StringValue{StringValue: strings.Repeat("x", padding)}},
		}}
	}
	return message
}

// counterMapCases are the cases on a map of counters, with keys and values that some
// language cannot hold.
func counterMapCases() []engine.Case {
	s := of("PNCounterMap")
	const exact = 1 << 53 // a double holds every integer up to here
	entries := func(n int64) (items []item, all []list) {
		for _, name := range slices.Sorted(slices.Values(script.Inherited())) {
			items = append(items, item{name, value.pncounter(n)})
			all = append(all, created(name, delta.pncounter(n)))
		}
		return items, all
	}
	items, all := entries(2)
	var asked []*tckreplicatedv1.Update
	for _, name := range script.Inherited() {
		asked = append(asked, ask.pncounterMap(at(name, ask.pncounter(2))))
	}
	return []engine.Case{
		{
			ID: "replicated-maps/pncountermap/inherited-names", Requirements: []string{"REP-PNMAP-002"},
			Script: []engine.Step{
				s.initFrom(delta.pncounterMap()),
				s.process(1, do(asked...)...), s.reply(1, value.pncounterMap(items...), update(delta.pncounterMap(all...))),
				s.barrier(2, value.pncounterMap(items...)),
			},
		},
		{
			ID: "replicated-maps/pncountermap/large-values", Requirements: []string{"REP-PNMAP-001", "REP-PNMAP-002"},
			Script: []engine.Step{
				s.initFrom(delta.pncounterMap(created("a", delta.pncounter(exact)))),
				s.process(1, change(ask.pncounterMap(at("a", ask.pncounter(1))))),
				s.reply(1, value.pncounterMap(item{"a", value.pncounter(exact + 1)}), update(delta.pncounterMap(changed("a", delta.pncounter(1))))),
				s.process(2, change(ask.pncounterMap(at("a", ask.pncounter(-2*exact-3))))),
				s.reply(2, value.pncounterMap(item{"a", value.pncounter(-exact - 2)}),
					update(delta.pncounterMap(changed("a", delta.pncounter(-2*exact-3))))),
				s.delta(delta.pncounterMap(changed("a", delta.pncounter(-exact-1)))),
				s.barrier(3, value.pncounterMap(item{"a", value.pncounter(-2*exact - 3)})),
			},
		},
	}
}
