package eventsourced

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	"github.com/stateward/stateward/tck/engine"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/peer"
)

// conventions are the cases on how payloads are packed.
func conventions() []engine.Case {
	s := model
	return []engine.Case{
		{
			ID:           "core/commands/unknown-fields-in-the-payload",
			Requirements: []string{"CORE-CMD-007"},
			Script: []engine.Step{
				s.init(),
				s.processUnknown(1, emit("A")), s.reply(1, "A", events("A")),
				s.barrier(2, "A"),
			},
		},
		{
			ID:           "core/commands/unknown-fields-in-the-command",
			Requirements: []string{"CORE-CMD-007"},
			Script: []engine.Step{
				s.init(),
				s.unknownCommand(1, emit("A")), s.reply(1, "A", events("A")),
				s.barrier(2, "A"),
			},
		},
		{
			ID:           "core/payloads/packed-under-the-usual-prefix",
			Requirements: []string{"CORE-PAYLOAD-003"},
			Level:        engine.Should,
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A"), effect("x", false)), s.reply(1, "A", events("A"), effects(asynchronous("x"))),
				s.packedAsUsual(),
				s.process(2, forward("x")), s.forwarded(2, "x"),
				s.packedAsUsual(),
			},
		},
		{
			ID:           "core/payloads/read-under-any-prefix",
			Requirements: []string{"CORE-PAYLOAD-003"},
			Level:        engine.Should,
			Script: []engine.Step{
				s.initWith(snapshotAt(5, elsewhere(persisted("ABCDE")))),
				s.replay(&eventsourcedv1.Event{Sequence: 6, Payload: elsewhere(persisted("F"))}),
				s.barrier(1, "ABCDEF"),
				s.with(2, elsewhere(peer.Pack(&tckeventsourcedv1.ProcessRequest{}))), s.reply(2, "ABCDEF"),
			},
		},
		s.reserved("core/payloads/no-message-under-the-prefix-of-scalars", "p.cloudstate.io/"),
		s.reserved("core/payloads/no-message-under-the-prefix-of-json", "json.cloudstate.io/"),
	}
}

// reserved is the case of a good request under a prefix that is not for messages.
func (s stream) reserved(id, prefix string) engine.Case {
	request := peer.Pack(&tckeventsourcedv1.ProcessRequest{})
	request.TypeUrl = prefix + strings.TrimPrefix(request.GetTypeUrl(), usualPrefix)
	return engine.Case{
		ID:           id,
		Requirements: []string{"CORE-PAYLOAD-003"},
		Level:        engine.Should,
		Script: []engine.Step{
			s.init(), s.process(1, emit("A")), s.reply(1, "A", events("A")),
			s.with(2, request), s.refused(2),
			s.goesOn("A"),
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
func (s stream) packedAsUsual() step {
	return step{
		text: s.label() + "←every payload under " + usualPrefix,
		play: func(sc *scene) error {
			for _, payload := range payloadsOf(sc.activation(s).last.GetReply()) {
				if !strings.HasPrefix(payload.GetTypeUrl(), usualPrefix) {
					return mismatch(s, "every payload under "+usualPrefix, "one under "+payload.GetTypeUrl())
				}
				sc.Checked()
			}
			return nil
		},
	}
}

func payloadsOf(reply *eventsourcedv1.EventSourcedReply) []*anypb.Any {
	action := reply.GetClientAction()
	all := slices.Clone(reply.GetEvents())
	all = append(all, action.GetReply().GetPayload(), action.GetForward().GetPayload(), reply.GetSnapshot())
	for _, effect := range reply.GetSideEffects() {
		all = append(all, effect.GetPayload())
	}
	return slices.DeleteFunc(all, func(payload *anypb.Any) bool { return payload == nil })
}

// unknownCommand sends a command that itself has a field that nobody knows.
func (s stream) unknownCommand(id int64, actions ...*tckeventsourcedv1.RequestAction) step {
	build := processRequest(id, actions...)
	line := s.sends(func(entity string) *eventsourcedv1.HandleRequest {
		request := build(entity)
		request.GetCommand().ProtoReflect().SetUnknown(unknown())
		return request
	})
	line.text += " with an unknown field"
	return line
}

// mib is 1 MiB, in bytes.
const mib = 1 << 20

// limits are the cases on large messages.
func limits() []engine.Case {
	s := model
	large := strings.Repeat("x", mib)
	return []engine.Case{
		{
			ID:           "core/limits/command-of-4-mib",
			Requirements: []string{"CORE-LIMIT-001"},
			Script: []engine.Step{
				s.init(),
				s.processOf(4*mib, 1, emit("A")), s.reply(1, "A", events("A")),
				s.barrier(2, "A"),
			},
		},
		{
			ID:           "core/limits/command-as-large-as-announced",
			Requirements: []string{"CORE-LIMIT-007"},
			Script: []engine.Step{
				discovery.Ask(), s.init(),
				s.processOfLargest(1, emit("A")), s.reply(1, "A", events("A")),
				s.barrier(2, "A"),
			},
		},
		{
			ID:           "core/limits/event-of-1-mib",
			Requirements: []string{"CORE-LIMIT-001"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit(large)), s.reply(1, large, events(large)),
				s.passivated(),
				s.rehydrate(), s.barrier(1, large),
			},
		},
	}
}
