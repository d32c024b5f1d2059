package value

import (
	"google.golang.org/protobuf/types/known/anypb"

	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/tck/engine"
	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
	"github.com/stateward/stateward/tck/peer"
)

// activations are the cases on the opening of a stream.
func activations() []engine.Case {
	s := model
	return []engine.Case{
		{
			ID:           "value/activation/command-first",
			Requirements: []string{"VAL-INIT-004"},
			Script:       []engine.Step{s.process(1), s.broken(anyCommand), s.init(), s.barrier(1, "")},
		},
		{
			ID:           "value/activation/update-first",
			Requirements: []string{"VAL-INIT-004"},
			Script:       []engine.Step{s.process(1, update("A")), s.broken(anyCommand), s.init(), s.barrier(1, "")},
		},
		{
			ID:           "value/activation/second-init-at-once",
			Requirements: []string{"VAL-INIT-007"},
			Script: []engine.Step{
				s.init(), s.again(&valuev1.State{}), s.broken(anyCommand),
				s.init(), s.barrier(1, ""),
			},
		},
		{
			ID:           "value/activation/second-init-after-a-command",
			Requirements: []string{"VAL-INIT-007"},
			Script: []engine.Step{
				s.init(), s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.again(&valuev1.State{Value: persisted("A")}), s.broken(anyCommand),
				s.reactivate(), s.barrier(1, "A"),
			},
		},
		{
			ID:           "value/activation/unknown-service",
			Requirements: []string{"VAL-INIT-008"},
			Script:       unservedService("stateward.tck.NoSuchService"),
		},
		{
			ID:           "value/activation/no-service",
			Requirements: []string{"VAL-INIT-008"},
			Script:       unservedService(""),
		},
		{
			ID:           "value/activation/inherited-names",
			Requirements: []string{"VAL-INIT-008"},
			Script:       inheritedServices(),
		},
		{
			ID:           "value/activation/no-state",
			Requirements: []string{"VAL-INIT-011"},
			Level:        engine.Should,
			Script: []engine.Step{
				s.initWith(nil), s.process(1), s.reply(1, ""),
				s.process(2, update("A")), s.reply(2, "A", updated("A")),
				s.barrier(3, "A"),
			},
		},
		{
			ID:           "value/activation/unknown-value",
			Requirements: []string{"VAL-INIT-009"},
			Script:       unreadable(peer.Pack(&tckvaluev1.ProcessRequest{Id: "A"})),
		},
		{
			ID:           "value/activation/untyped-value",
			Requirements: []string{"VAL-INIT-009"},
			Script:       unreadable(&anypb.Any{Value: persisted("A").GetValue()}),
		},
		{
			ID:           "value/activation/unreadable-value",
			Requirements: []string{"VAL-INIT-009"},
			Script:       unreadable(&anypb.Any{TypeUrl: persisted("").GetTypeUrl(), Value: []byte{0xff, 0xff, 0xff}}),
		},
		{
			ID:           "value/activation/value-that-is-not-utf-8",
			Requirements: []string{"VAL-INIT-009"},
			Script:       unreadable(peer.PackMisspelt(&tckvaluev1.Persisted{Value: "?"})),
		},
		{
			ID:           "value/commands/another-entity-id",
			Requirements: []string{"VAL-CMD-007"},
			Level:        engine.Should,
			Script: []engine.Step{
				s.init(), s.barrier(1, ""),
				s.misaddressed(2), s.broken(anyCommand),
				s.init(), s.barrier(1, ""),
			},
		},
	}
}

// unservedService sends init for a service that the function does not serve.
func unservedService(service string) []engine.Step {
	s := model
	nobody := stream{"nobody", service, "a"}
	return []engine.Step{nobody.init(), nobody.broken(anyCommand), s.init(), s.barrier(1, "")}
}

// unreadable activates an entity from a value that the function cannot read. It may say
// so at once, or at the first command.
func unreadable(value *anypb.Any) []engine.Step {
	s := model
	return []engine.Step{
		s.initWith(&valuev1.State{Value: value}), s.offered(1), s.broken(anyCommand),
		s.init(), s.barrier(1, ""),
	}
}

// Why a value is not the one that the entity was activated from.
const (
	ignoredValue  = "the value in init was ignored"
	survivedValue = "the value of an earlier activation has survived it"
)

// reactivations are the cases on the value that an activation starts from.
func reactivations() []engine.Case {
	s := model
	return []engine.Case{
		{
			ID:           "value/activation/no-value",
			Requirements: []string{"VAL-CMD-005"},
			Cloudstate:   []string{"value/empty"},
			Script:       []engine.Step{s.init(), s.process(1), s.reply(1, ""), s.barrier(2, ""), s.passivated()},
		},
		{
			ID:           "value/activation/value",
			Requirements: []string{"VAL-CMD-005"},
			Script: []engine.Step{
				s.initFrom("A"), s.process(1), s.reply(1, "A", likely("", ignoredValue)), s.barrier(2, "A"),
			},
		},
		{
			ID:           "value/activation/value-of-no-bytes",
			Requirements: []string{"VAL-CMD-005"},
			Script: []engine.Step{
				s.initFrom(""), s.process(1), s.reply(1, ""),
				s.process(2, update("A")), s.reply(2, "A", updated("A")),
				s.barrier(3, "A"),
			},
		},
		{
			ID:           "value/activation/after-passivation",
			Requirements: []string{"VAL-CMD-005"},
			Cloudstate:   []string{"value/reactivation"},
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.process(2, update("B")), s.reply(2, "B", updated("B")),
				s.process(3, update("C")), s.reply(3, "C", updated("C")),
				s.process(4, update("D")), s.reply(4, "D", updated("D")),
				s.passivated(),
				s.reactivate(),
				s.process(1), s.reply(1, "D", likely("", ignoredValue)),
				s.process(2, update("E")), s.reply(2, "E", updated("E")),
				s.barrier(3, "E"),
				s.passivated(),
			},
		},
		{
			ID:           "value/activation/after-a-delete",
			Requirements: []string{"VAL-CMD-005"},
			Script: []engine.Step{
				s.initFrom("A"),
				s.process(1, remove()), s.reply(1, "", deleted()),
				s.passivated(),
				s.reactivate(),
				s.process(1), s.reply(1, "", likely("A", survivedValue)),
				s.process(2, update("B")), s.reply(2, "B", updated("B")),
				s.barrier(3, "B"),
			},
		},
		{
			ID:           "value/activation/from-the-store-alone",
			Requirements: []string{"VAL-CMD-005"},
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.passivated(),
				s.initFrom("Z"), // as a proxy does whose store was put back
				s.process(1), s.reply(1, "Z", likely("A", survivedValue)),
				s.barrier(2, "Z"),
			},
		},
	}
}
