package value

import (
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/tck/engine"
	tckvaluev1 "github.com/stateward/stateward/tck/gen/stateward/tck/value/v1"
	"github.com/stateward/stateward/tck/peer"
)

// longestID is as long as the proxy lets an entity id be (CORE-KEY-005), in bytes, less
// what the stage puts before it.
const longestID = 16384 - 64

// keys are the cases on entity ids, each of which the function takes as it is.
func keys() []engine.Case {
	var cases []engine.Case
	for _, id := range []struct{ name, id string }{
		{"unicode", "Ünïcode-Ωμέγα-Жук-🛒"},
		{"slash", "a/b//c/"},
		{"punctuation", `. .. % %2F ? # & = : ; , "quoted" \`},
		{"controls", "tab\tnewline\nnul\x00"},
		{"long", strings.Repeat("k", longestID)},
	} {
		s := stream{Service: modelService, Entity: id.id}
		cases = append(cases, engine.Case{
			ID:           "value/keys/" + id.name,
			Requirements: []string{"CORE-KEY-002"},
			Script: []engine.Step{
				s.init(),
				s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.passivated(),
				s.reactivate(), s.barrier(1, "A"),
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
			ID:           "value/commands/one-answer-each",
			Requirements: []string{"CORE-CMD-002"},
			Script: []engine.Step{
				s.init(),
				s.process(1), s.reply(1, ""),
				s.process(2, update("A")), s.reply(2, "A", updated("A")),
				s.process(3, fail("no")), s.failed(3, "no"),
				s.goesOn("A"), s.passivated(),
			},
		},
		{
			ID:           "value/commands/metadata-and-deadline",
			Requirements: []string{"CORE-CMD-002"},
			Script: []engine.Step{
				s.init(),
				s.changed("with metadata and a deadline", accompanied, 1, update("A")), s.reply(1, "A", updated("A")),
				s.barrier(2, "A"),
			},
		},
		{
			ID:           "value/commands/unknown-name",
			Requirements: []string{"CORE-CMD-003"},
			Script: []engine.Step{
				s.init(), s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.named(2, "NoSuchCommand"), s.refused(2),
				s.goesOn("A"),
			},
		},
		{
			ID:           "value/commands/empty-name",
			Requirements: []string{"CORE-CMD-003"},
			Script:       []engine.Step{s.init(), s.named(1, ""), s.refused(1), s.goesOn("")},
		},
		{
			ID:           "value/commands/reply-type",
			Requirements: []string{"CORE-CMD-006"},
			Script: []engine.Step{
				s.init(), s.process(1, update("A")), s.reply(1, "A", updated("A")),
				two.init(), two.call(1), two.called(1),
				configured.init(), configured.call(1), configured.called(1),
				s.barrier(2, "A"),
			},
		},
	}
}

// accompanied gives a command whatever may come with one.
func accompanied(command *entityv1.Command) {
	text := func(key, value string) *entityv1.MetadataEntry {
		return &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}}
	}
	command.Timeout = 1
	command.Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{
		text("x-colour", "red"), text("x-colour", "green"), text("x-empty", ""),
		{Key: "x-raw-bin", Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte{0, 0xff}}},
		text("ce-id", "7"), text("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
		{Key: "x-without-a-case"},
	}}
}

// payloads are the cases on commands whose payload is not what it should be.
func payloads() []engine.Case {
	s := model
	request := peer.Pack(&tckvaluev1.ProcessRequest{}).GetTypeUrl()
	misspelt := peer.PackMisspelt(&tckvaluev1.ProcessRequest{Actions: []*tckvaluev1.RequestAction{update("?")}})
	var cases []engine.Case
	for _, bad := range []struct {
		name    string
		payload *anypb.Any
	}{
		{"no-payload", nil},
		{"untyped-payload", &anypb.Any{}},
		{"foreign-payload", persisted("A")},
		{"garbled-payload", &anypb.Any{TypeUrl: request, Value: []byte{0xff, 0xff, 0xff}}},
		{"payload-that-is-not-utf-8", misspelt},
	} {
		cases = append(cases, engine.Case{
			ID:           "value/commands/" + bad.name,
			Requirements: []string{"CORE-CMD-005"},
			Script: []engine.Step{
				s.init(), s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.with(2, bad.payload), s.refused(2),
				s.goesOn("A"),
			},
		})
	}
	return cases
}

// failures are the cases on failures that hold for every kind of entity.
func failures() []engine.Case {
	s := model
	cases := []engine.Case{
		{
			ID:           "value/failures/the-first-command",
			Requirements: []string{"CORE-FAIL-001"},
			Cloudstate:   []string{"value/failure"},
			Script: []engine.Step{
				s.init(), s.process(1, fail("expected failure")), s.failed(1, "expected failure"),
				s.goesOn(""), s.passivated(),
			},
		},
		{
			ID:           "value/failures/the-next-command-is-answered",
			Requirements: []string{"CORE-FAIL-001"},
			Script: []engine.Step{
				s.init(), s.process(1, update("A")), s.reply(1, "A", updated("A")),
				s.process(2, fail("no")), s.failed(2, "no"), s.goesOn("A"),
			},
		},
	}
	for _, d := range []struct{ name, description string }{
		{"plain", "expected failure"},
		{"empty", ""},
		{"unicode", "Grüße: αδύνατο 🚫"},
		{"punctuation", "100% \"no\"\n\tline two {0} %s \\"},
		{"long", strings.Repeat("no ", 1000)},
	} {
		cases = append(cases, engine.Case{
			ID:           "value/failures/description-" + d.name,
			Requirements: []string{"CORE-FAIL-004"},
			Script:       []engine.Step{s.init(), s.process(1, fail(d.description)), s.failed(1, d.description), s.goesOn("")},
		})
	}
	return cases
}
