package eventsourced

import (
	"math"
	"strconv"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/script"
)

// What is easy in one language and a trap in another: numbers that some language cannot
// hold, names that its objects have by themselves, and many streams where each has a
// thread.

// dispatching are the cases on names of methods that a lookup may find by mistake.
func dispatching() []engine.Case {
	s := model
	names := []engine.Step{s.init(), s.process(1, emit("A")), s.reply(1, "A", events("A"))}
	for i, name := range script.Inherited() {
		other := stream{Name: name, Service: modelService, Entity: "n" + strconv.Itoa(i)}
		names = append(names, other.init(), other.named(1, name), other.refused(1))
	}
	return []engine.Case{
		{
			ID:           "core/commands/inherited-names",
			Requirements: []string{"CORE-CMD-003"},
			Script:       append(names, s.barrier(2, "A")),
		},
		{
			ID:           "core/commands/name-in-lower-case",
			Requirements: []string{"CORE-CMD-003"},
			Script:       []engine.Step{s.init(), s.named(1, "process"), s.refused(1), s.goesOn("")},
		},
	}
}

// inheritedServices sends an init for each service that a lookup may find by mistake.
func inheritedServices() []engine.Step {
	var lines []engine.Step
	for i, name := range script.Inherited() {
		nobody := stream{name, name, "n" + strconv.Itoa(i)}
		lines = append(lines, nobody.init(), nobody.broken(anyCommand))
	}
	return append(lines, model.init(), model.barrier(1, ""))
}

// longDeadlines are the cases on callers who wait for longer than a timer may run.
func longDeadlines() []engine.Case {
	const (
		hour    = 60 * 60 * 1000 // in milliseconds
		month   = 30 * 24 * hour // more than 31 bits
		longest = 99_999_999 * hour
	)
	s := model
	return []engine.Case{{
		ID:           "core/commands/long-deadlines",
		Requirements: []string{"CORE-CMD-002"},
		Script: []engine.Step{
			s.init(),
			s.within(1, month, emit("A")), s.reply(1, "A", events("A")),
			s.within(2, longest, emit("B")), s.reply(2, "AB", events("B")), // gRPC has no longer one
			s.within(3, 0), s.reply(3, "AB"),
			s.barrier(4, "AB"),
		},
	}}
}

// within sends a command whose caller waits for so many milliseconds.
func (s stream) within(id, timeout int64, actions ...*tckeventsourcedv1.RequestAction) step {
	build := processRequest(id, actions...)
	line := s.sends(func(entity string) *eventsourcedv1.HandleRequest {
		request := build(entity)
		request.GetCommand().Timeout = timeout
		return request
	})
	line.text += " with a timeout of " + strconv.FormatInt(timeout, 10) + " ms"
	return line
}

// largeSequences are the cases on journals with more events than some numbers count.
func largeSequences() []engine.Case {
	const exact = 1 << 53 // a double holds every integer up to here
	return []engine.Case{
		{
			ID:           "event-sourced/rehydrate/sequences-beyond-31-bits",
			Requirements: []string{"ES-REPLAY-003"},
			Script:       beyond(math.MaxInt32),
		},
		{
			ID:           "event-sourced/rehydrate/sequences-beyond-53-bits",
			Requirements: []string{"ES-REPLAY-003"},
			Script:       beyond(exact),
		},
	}
}

// beyond activates an entity with a snapshot one below the limit, and events up to and
// beyond it; and again, with what the function made of it.
func beyond(limit int64) []engine.Step {
	s := model
	return []engine.Step{
		s.initFrom(limit-1, "A"), s.event(limit, "B"), s.event(limit+1, "C"), s.event(limit+2, "D"),
		s.process(1, emit("E")), s.reply(1, "ABCDE", events("E")),
		s.passivated(),
		s.rehydrate(), s.barrier(1, "ABCDE"),
	}
}

// crowded opens more streams than a function has that gives each a thread of a small pool.
func crowded() []engine.Step {
	return script.Crowd(discovery.Announce(), func(number int) script.Member {
		name := strconv.Itoa(number)
		s := stream{name, modelService, name}
		return script.Member{Opens: s.init(), Asks: s.process(1, emit(name)), Answered: s.reply(1, name, events(name))}
	})
}
