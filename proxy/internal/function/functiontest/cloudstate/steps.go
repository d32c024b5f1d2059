package cloudstate

import (
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
)

// step is one thing that a request asks of the function. The text of a request is a
// list of them, "; " between two, and a step is a word and what follows it.
//
// Every kind knows these:
//
//	reply TEXT          answer with the text in place of the state
//	as TYPE             call the answer's type that
//	meta KEY=VALUE      with this metadata
//	fail TEXT           refuse
//	restart TEXT        refuse, with restart
//	forward SERVICE METHOD ID TEXT
//	effect SERVICE METHOD ID TEXT, sync SERVICE METHOD ID TEXT
//	silent              answer without a client action
//	blank               answer with a reply that has no payload
//	pause               do not answer before the Pause is over
//	hang                do not answer
//	close               end the stream with OK, unanswered
//	status CODE TEXT    end it with a status
//	broken TEXT         a failure on the stream with the command's id, and its end
//	refused TEXT        the same, and the stream goes on
//	broken0 TEXT        one without an id, and ABORTED
//	twice               answer twice
//	wrong               answer another command
//	empty               send a message without a case first
type step struct{ word, rest string }

// stepsOf reads the text of a request.
func stepsOf(text string) []step {
	var steps []step
	for part := range strings.SplitSeq(text, "; ") {
		word, rest, _ := strings.Cut(part, " ")
		if word != "" {
			steps = append(steps, step{word, rest})
		}
	}
	return steps
}

// outcome is what the steps that every kind knows come to.
type outcome struct {
	action  *entityv1.ClientAction // nil for none
	effects []*entityv1.SideEffect
	// trouble is the step that does something wrong; the zero step for none.
	trouble step
}

// outcome follows the steps. Without one that answers, the reply has the text state.
func (f *Function) outcome(steps []step, id int64, state string, metadata *entityv1.Metadata) outcome {
	reply := &entityv1.Reply{Payload: payload("test.shop.Response", Response(state))}
	if f.behaviour.Echoes {
		reply.Metadata = metadata
	}
	o := outcome{action: &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: reply}}}
	for _, s := range steps {
		switch s.word {
		case "reply":
			reply.Payload.Value = Response(s.rest)
		case "as":
			reply.Payload.TypeUrl = "type.googleapis.com/" + s.rest
		case "meta":
			key, value, _ := strings.Cut(s.rest, "=")
			reply.Metadata = &entityv1.Metadata{Entries: append(slices.Clone(reply.GetMetadata().GetEntries()), entry(key, value))}
		case "fail", "restart":
			o.action = &entityv1.ClientAction{Action: &entityv1.ClientAction_Failure{Failure: &entityv1.Failure{
				CommandId: id, Description: s.rest, Restart: s.word == "restart",
			}}}
		case "forward":
			forward := &entityv1.Forward{Metadata: reply.GetMetadata()}
			forward.ServiceName, forward.CommandName, forward.Payload = targetOf(s.rest)
			o.action = &entityv1.ClientAction{Action: &entityv1.ClientAction_Forward{Forward: forward}}
		case "effect", "sync":
			effect := &entityv1.SideEffect{Synchronous: s.word == "sync"}
			effect.ServiceName, effect.CommandName, effect.Payload = targetOf(s.rest)
			o.effects = append(o.effects, effect)
		case "pause":
			f.pause()
		case "silent":
			o.action = nil
		case "blank":
			reply.Payload = nil
		case "hang", "close", "status", "broken", "refused", "broken0", "twice", "wrong", "empty":
			o.trouble = s
		}
	}
	return o
}

// entry is one pair of metadata.
func entry(key, value string) *entityv1.MetadataEntry {
	if strings.HasSuffix(key, "-bin") {
		return &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_BytesValue{BytesValue: []byte(value)}}
	}
	return &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}}
}

// targetOf reads "SERVICE METHOD ID TEXT", the service without its package. In TEXT a
// comma stands for the "; " between steps.
func targetOf(rest string) (service, method string, request *anypb.Any) {
	parts := strings.SplitN(rest, " ", 4)
	for len(parts) < 4 {
		parts = append(parts, "")
	}
	return "test.shop." + parts[0], parts[1], payload("test.shop.Request", Request(parts[2], strings.ReplaceAll(parts[3], ",", "; ")))
}

// payload packs the bytes of a message.
func payload(name string, value []byte) *anypb.Any {
	return &anypb.Any{TypeUrl: "type.googleapis.com/" + name, Value: value}
}

// primitive packs a text as libraries pack a scalar: field 1 of a message.
func primitive(text string) *anypb.Any {
	return &anypb.Any{TypeUrl: "p.cloudstate.io/string", Value: Response(text)}
}

// parsed reads a message from its text form.
func parsed[M proto.Message](text string, message M) M {
	must(prototext.Unmarshal([]byte(text), message))
	return message
}

// codeOf reads "CODE TEXT".
func codeOf(rest string) (code uint64, text string) {
	number, text, _ := strings.Cut(rest, " ")
	code, err := strconv.ParseUint(number, 10, 32)
	must(err)
	return code, text
}
