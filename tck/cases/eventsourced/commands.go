package eventsourced

import (
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/engine"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/peer"
)

// longestID is as long as the proxy lets an entity id be (CORE-KEY-005), in
// bytes, less what the stage puts before it.
const longestID = 16384 - 64

// keys are the cases on entity ids, each of which the function takes as it is.
func keys() []engine.Case {
	ids := []struct{ name, id string }{
		{"unicode", "Ünïcode-Ωμέγα-Жук-🛒"},
		{"slash", "a/b//c/"},
		{"punctuation", `. .. % %2F ? # & = : ; , "quoted" \`},
		{"controls", "tab\tnewline\nnul\x00"},
		{"long", strings.Repeat("k", longestID)},
	}
	var cases []engine.Case
	for _, id := range ids {
		s := stream{Service: modelService, Entity: id.id}
		cases = append(cases, engine.Case{
			ID:           "core/keys/" + id.name,
			Requirements: []string{"CORE-KEY-002"},
			Script: []engine.Step{
				s.init(),
				s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.passivated(),
				s.rehydrate(), s.barrier(1, "A"),
			},
		})
	}
	return cases
}

// commands are the cases on the answer to a command.
func commands() []engine.Case {
	s := model
	two := stream{"two", twoService, "b"}
	configured := stream{"configured", configuredService, "c"}
	return []engine.Case{
		{
			ID:           "core/commands/one-answer-each",
			Requirements: []string{"CORE-CMD-002"},
			Script: []engine.Step{
				s.init(),
				s.process(1), s.reply(1, ""),
				s.process(2, emit("A")), s.reply(2, "A", events("A")),
				s.process(3, fail("no")), s.failed(3, "no"),
				s.goesOn("A"),
				s.passivated(),
			},
		},
		{
			ID:           "core/commands/unknown-name",
			Requirements: []string{"CORE-CMD-003"},
			Script: []engine.Step{
				s.init(), s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.named(2, "NoSuchCommand"), s.refused(2),
				s.goesOn("A"),
			},
		},
		{
			ID:           "core/commands/empty-name",
			Requirements: []string{"CORE-CMD-003"},
			Script:       []engine.Step{s.init(), s.named(1, ""), s.refused(1), s.goesOn("")},
		},
		{
			ID:           "core/commands/reply-type",
			Requirements: []string{"CORE-CMD-006"},
			Script: []engine.Step{
				s.init(), s.process(1, emit("A")), s.reply(1, "A", events("A")),
				two.init(), two.call(1), two.called(1),
				configured.init(), configured.call(1), configured.called(1),
			},
		},
	}
}

// named sends a command of any name, with the request of Process.
func (s stream) named(id int64, name string) step {
	return s.sends(func(entity string) *eventsourcedv1.HandleRequest {
		return command(entity, id, name, &tckeventsourcedv1.ProcessRequest{Id: entity})
	})
}

// payloads are the cases on commands whose payload is not what it should be.
func payloads() []engine.Case {
	s := model
	request := peer.Pack(&tckeventsourcedv1.ProcessRequest{}).GetTypeUrl()
	misspelt := peer.PackMisspelt(&tckeventsourcedv1.ProcessRequest{Actions: []*tckeventsourcedv1.RequestAction{emit("?")}})
	bad := []struct {
		name    string
		payload *anypb.Any
	}{
		{"no-payload", nil},
		{"untyped-payload", &anypb.Any{}},
		{"foreign-payload", persisted("A")},
		{"garbled-payload", &anypb.Any{TypeUrl: request, Value: []byte{0xff, 0xff, 0xff}}},
		{"payload-that-is-not-utf-8", misspelt},
	}
	var cases []engine.Case
	for _, b := range bad {
		cases = append(cases, engine.Case{
			ID:           "core/commands/" + b.name,
			Requirements: []string{"CORE-CMD-005"},
			Script: []engine.Step{
				s.init(), s.process(1, emit("A")), s.reply(1, "A", events("A")),
				s.with(2, b.payload), s.refused(2),
				s.goesOn("A"),
			},
		})
	}
	return cases
}

// with sends a command with any payload.
func (s stream) with(id int64, payload *anypb.Any) step {
	return s.sends(func(entity string) *eventsourcedv1.HandleRequest {
		return commandWith(entity, id, "Process", payload)
	})
}

// processUnknown sends a command whose request has a field that nobody knows.
func (s stream) processUnknown(id int64, actions ...*tckeventsourcedv1.RequestAction) step {
	line := s.sends(func(entity string) *eventsourcedv1.HandleRequest {
		request := &tckeventsourcedv1.ProcessRequest{Id: entity, Actions: actions}
		request.ProtoReflect().SetUnknown(unknown())
		return command(entity, id, "Process", request)
	})
	line.text += " with a request that has an unknown field"
	return line
}
