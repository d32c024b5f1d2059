package value

import (
	"math"
	"strconv"

	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/script"
)

// What is easy in one language and a trap in another: numbers that some language cannot
// hold, and names that its objects have by themselves.

// dispatching are the cases on names that a lookup may find by mistake.
func dispatching() []engine.Case {
	s := model
	names := []engine.Step{s.init(), s.process(1, update("A")), s.reply(1, "A", updated("A"))}
	for i, name := range script.Inherited() {
		other := stream{name, modelService, "n" + strconv.Itoa(i)}
		names = append(names, other.init(), other.named(1, name), other.refused(1))
	}
	return []engine.Case{{
		ID:           "value/commands/inherited-names",
		Requirements: []string{"CORE-CMD-003"},
		Script:       append(names, s.barrier(2, "A")),
	}}
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

// largeNumbers are the cases on entities that have been changed, and moved, more often
// than some numbers count.
func largeNumbers() []engine.Case {
	s := model
	return []engine.Case{{
		ID:           "value/activation/large-numbers",
		Requirements: []string{"VAL-CMD-005"},
		Script: []engine.Step{
			s.initAt(1<<53+1, 1<<53+1, "A"), s.process(1), s.reply(1, "A"),
			s.process(2, update("B")), s.reply(2, "B", updated("B")),
			s.passivated(), s.initAt(math.MaxInt64-1, math.MaxInt64, "C"), s.barrier(1, "C"),
		},
	}}
}

// initAt opens a stream for an entity that has a value, at a revision and in an epoch.
func (s stream) initAt(revision, epoch int64, value string) line {
	return s.sends(func(entity string) *valuev1.HandleRequest {
		request := initRequest(s.Service, entity, persisted(value), revision)
		request.GetInit().Epoch = epoch
		return request
	}).After(func(sc *scene) {
		s.open(sc)
		known := s.record(sc)
		known.value, known.revision = persisted(value), revision
	})
}
