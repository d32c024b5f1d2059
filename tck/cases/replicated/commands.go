package replicated

import (
	"strings"

	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/tck/engine"
	tckreplicatedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/replicated/v1"
	"github.com/stateward/stateward/tck/peer"
)

// keys are the cases on entity ids, each of which the function takes as it is.
func keys() []engine.Case {
	var cases []engine.Case
	for _, id := range []struct{ name, id string }{
		{"unicode", "Ünïcode-Ωμέγα-Жук-🛒"},
		{"slash", "a/b//c/"},
		{"punctuation", `. .. % %2F ? # & = : ; , "quoted" \`},
		{"long", strings.Repeat("k", longestID)},
	} {
		s := counter
		s.Entity = id.id
		cases = append(cases, engine.Case{
			ID: "replicated/keys/" + id.name, Requirements: []string{"CORE-KEY-002"},
			Script: []engine.Step{
				s.initFrom(delta.gcounter(5)),
				s.process(1, change(ask.gcounter(1))), s.reply(1, value.gcounter(6), update(delta.gcounter(1))),
				s.barrier(2, value.gcounter(6)),
			},
		})
	}
	return cases
}

// longestID is as long as the proxy lets an entity id be (CORE-KEY-005), in bytes, less
// what the type and the stage put before it.
const longestID = 16384 - 64

// commands are the cases on the answer to a command.
func commands() []engine.Case {
	s := counter
	two := stream{Name: "two", Service: twoService, Entity: "b"}
	configured := stream{Name: "configured", Service: configuredService, Entity: "c"}
	none := peer.Pack(&tckreplicatedv1.ProcessRequest{})
	later := peer.Pack(&tckreplicatedv1.ProcessRequest{Actions: do(ask.gcounter(1))})
	later.Value = append(later.GetValue(), unknown()...)
	return []engine.Case{
		{
			ID: "replicated/commands/one-answer-each", Requirements: []string{"CORE-CMD-002"},
			Script: []engine.Step{
				five(), s.process(1), s.reply(1, value.gcounter(5)),
				s.process(2, change(ask.gcounter(1))), s.reply(2, value.gcounter(6), update(delta.gcounter(1))),
				s.process(3, fail("no")), s.failed(3, "no"),
				s.goesOn(delta.gcounter(6), value.gcounter(6)), s.passivated(),
			},
		},
		{
			ID: "replicated/commands/unknown-name", Requirements: []string{"CORE-CMD-003"},
			Script: []engine.Step{
				five(), s.barrier(1, value.gcounter(5)),
				s.command(2, "NoSuchCommand", none), s.refused(2), s.goesOn(delta.gcounter(5), value.gcounter(5)),
			},
		},
		{
			ID: "replicated/commands/reply-type", Requirements: []string{"CORE-CMD-006"},
			Script: []engine.Step{
				five(), s.process(1), s.reply(1, value.gcounter(5)),
				s.watch(2, watching()), s.opened(2, value.gcounter(5)),
				two.init(), two.call(1), two.called(1),
				configured.init(), configured.call(1), configured.called(1),
			},
		},
		{
			ID: "replicated/commands/unknown-fields", Requirements: []string{"CORE-CMD-007"},
			Script: []engine.Step{
				five(), s.command(1, "Process", later), s.reply(1, value.gcounter(6), update(delta.gcounter(1))),
				s.barrier(2, value.gcounter(6)),
			},
		},
	}
}

// payloads are the cases on commands whose payload is not what it should be.
func payloads() []engine.Case {
	s := counter
	request := peer.Pack(&tckreplicatedv1.ProcessRequest{}).GetTypeUrl()
	misspelt := peer.PackMisspelt(&tckreplicatedv1.ProcessRequest{Id: "?"})
	var cases []engine.Case
	for _, bad := range []struct {
		name    string
		payload *anypb.Any
	}{
		{"no-payload", nil},
		{"foreign-payload", peer.Pack(value.gcounter(5))},
		{"garbled-payload", &anypb.Any{TypeUrl: request, Value: []byte{0xff, 0xff, 0xff}}},
		{"payload-that-is-not-utf-8", misspelt},
	} {
		cases = append(cases, engine.Case{
			ID: "replicated/commands/" + bad.name, Requirements: []string{"CORE-CMD-005"},
			Script: []engine.Step{
				five(), s.barrier(1, value.gcounter(5)),
				s.command(2, "Process", bad.payload), s.refused(2), s.goesOn(delta.gcounter(5), value.gcounter(5)),
			},
		})
	}
	return cases
}
