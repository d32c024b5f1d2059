package value

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
	"github.com/stateward/stateward/tck/peer"
)

// conventions are the cases on how payloads are packed.
func conventions() []engine.Case {
	s := model
	return []engine.Case{
		{
			ID:           "value/commands/unknown-fields-in-the-payload",
			Requirements: []string{"CORE-CMD-007"},
			Script: []engine.Step{
				s.init(),
				s.changed("with a request that has an unknown field", func(command *entityv1.Command) {
					command.Payload.Value = append(command.GetPayload().GetValue(), unknown()...)
				}, 1, update("A")), s.reply(1, "A", updated("A")),
				s.barrier(2, "A"),
			},
		},
		{
			ID:           "value/commands/unknown-fields-in-the-command",
			Requirements: []string{"CORE-CMD-007"},
			Script: []engine.Step{
				s.init(),
				s.changed("with an unknown field", func(command *entityv1.Command) {
					command.ProtoReflect().SetUnknown(unknown())
				}, 1, update("A")), s.reply(1, "A", updated("A")),
				s.barrier(2, "A"),
			},
		},
		{
			ID:           "value/payloads/packed-under-the-usual-prefix",
			Requirements: []string{"CORE-PAYLOAD-003"},
			Level:        engine.Should,
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A"), effect("x", false)), s.reply(1, "A", updated("A"), effects(asynchronous("x"))),
				s.packedAsUsual(),
				s.process(2, forward("x")), s.forwarded(2, "x"),
				s.packedAsUsual(),
			},
		},
		{
			ID:           "value/payloads/read-under-any-prefix",
			Requirements: []string{"CORE-PAYLOAD-003"},
			Level:        engine.Should,
			Script: []engine.Step{
				s.initWith(&valuev1.State{Value: elsewhere(persisted("A"))}),
				s.barrier(1, "A"),
				s.with(2, elsewhere(peer.Pack(&tckvaluev1.ProcessRequest{}))), s.reply(2, "A"),
			},
		},
	}
}

// usualPrefix is what leads the type URL of a protobuf message.
const usualPrefix = "type.googleapis.com/"

// elsewhere returns the payload under a prefix of its own.
func elsewhere(payload *anypb.Any) *anypb.Any {
	name := strings.TrimPrefix(payload.GetTypeUrl(), usualPrefix)
	return &anypb.Any{TypeUrl: "types.example.com/tck/" + name, Value: payload.GetValue()}
}

// packedAsUsual expects every payload of the last answer under the usual prefix.
func (s stream) packedAsUsual() line {
	const expected = "every payload under " + usualPrefix
	return line{
		Text: s.label() + "←" + expected,
		Play: func(sc *scene) error {
			for _, payload := range payloadsOf(s.record(sc).last) {
				if !strings.HasPrefix(payload.GetTypeUrl(), usualPrefix) {
					return s.mismatch(expected, "one under "+payload.GetTypeUrl())
				}
				sc.Checked()
			}
			return nil
		},
	}
}

func payloadsOf(reply *valuev1.ValueEntityReply) []*anypb.Any {
	action := reply.GetClientAction()
	all := []*anypb.Any{
		action.GetReply().GetPayload(), action.GetForward().GetPayload(),
		reply.GetStateAction().GetUpdate().GetValue(),
	}
	for _, effect := range reply.GetSideEffects() {
		all = append(all, effect.GetPayload())
	}
	return slices.DeleteFunc(all, func(payload *anypb.Any) bool { return payload == nil })
}

// mib is 1 MiB, in bytes.
const mib = 1 << 20

// limits are the cases on large messages.
func limits() []engine.Case {
	s := model
	large := strings.Repeat("x", mib)
	return []engine.Case{
		{
			ID:           "value/limits/command-of-4-mib",
			Requirements: []string{"CORE-LIMIT-001"},
			Script: []engine.Step{
				s.init(),
				s.processOf(4*mib, 1, update("A")), s.reply(1, "A", updated("A")),
				s.barrier(2, "A"),
			},
		},
		{
			ID:           "value/limits/command-as-large-as-announced",
			Requirements: []string{"CORE-LIMIT-007"},
			Script: []engine.Step{
				discovery.Ask(), s.init(),
				s.processOfLargest(1, update("A")), s.reply(1, "A", updated("A")),
				s.barrier(2, "A"),
			},
		},
		{
			ID:           "value/limits/value-of-1-mib",
			Requirements: []string{"CORE-LIMIT-001"},
			Script: []engine.Step{
				s.init(),
				s.process(1, update(large)), s.reply(1, large, updated(large)),
				s.passivated(),
				s.reactivate(), s.barrier(1, large),
			},
		},
	}
}
