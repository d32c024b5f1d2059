package action

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	actionv1 "github.com/stateward/stateward/protocol/gen/stateward/action/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/tck/cases/discovery"
	tckactionv1 "github.com/stateward/stateward/tck/gen/stateward/tck/action/v1"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/script"
)

// opened makes the call, of a method that takes a stream: the first command is no
// request.
func (c call) opened() line { return c.openedBy(c.first(nil)) }

// asked makes the call, of a method that takes one request, with that request and the
// half-close.
func (c call) asked(groups ...*tckGroup) line {
	return c.askedWith(request(groups...))
}

// askedWith is asked with any payload.
func (c call) askedWith(payload *anypb.Any) line {
	return script.Sequence(c.openedBy(c.first(payload)), c.halfClose())
}

// openedBy makes the call with a first command, whatever it holds.
func (c call) openedBy(first *actionv1.ActionCommand) line {
	return c.sends(first).After(func(sc *scene) { c.wire.Open(sc, c.part) })
}

// first is the first command of the call.
func (c call) first(payload *anypb.Any) *actionv1.ActionCommand {
	return &actionv1.ActionCommand{ServiceName: modelService, Name: c.method, Payload: payload}
}

// requested sends a further request.
func (c call) requested(groups ...*tckGroup) line {
	return c.sends(&actionv1.ActionCommand{Payload: request(groups...)})
}

// sends is the line of a command, whatever it holds.
func (c call) sends(command *actionv1.ActionCommand) line {
	return c.wire.Sends(c.part, func(string) *actionv1.ActionCommand { return proto.CloneOf(command) })
}

// offers sends a command in a call that the subject may have ended.
func (c call) offers(command *actionv1.ActionCommand) line {
	return line{
		Text: c.sends(command).Text,
		Play: func(sc *scene) error {
			err := c.wire.Stream(sc, c.part).Send(proto.CloneOf(command))
			if errors.Is(err, io.EOF) {
				return nil // how it has ended is looked at next
			}
			return err
		},
	}
}

// given gives the call one request in the way of its shape, and half-closes it.
func (c call) given(groups ...*tckGroup) line {
	if !c.streamsIn {
		return c.asked(groups...)
	}
	return script.Sequence(c.opened(), c.requested(groups...), c.halfClose())
}

// givenWith is given with any payload. The subject may end the call at once.
func (c call) givenWith(payload *anypb.Any) line {
	if !c.streamsIn {
		return c.askedWith(payload)
	}
	return script.Sequence(c.opened(), c.offers(&actionv1.ActionCommand{Payload: payload}), c.halfClose())
}

// halfClose says that nothing more comes from the proxy.
func (c call) halfClose() line { return c.wire.HalfClose(c.part) }

// cancelled breaks the call off.
func (c call) cancelled() line { return c.wire.Reset(c.part) }

// askedOf makes a unary call in a message of exactly that size, in bytes.
func (c call) askedOf(size int, groups ...*tckGroup) line {
	return line{
		Text: fmt.Sprintf("%s in a message of %d B", c.asked(groups...).Text, size),
		Play: func(sc *scene) error {
			c.wire.Open(sc, c.part)
			if err := c.wire.Send(sc, c.part, padded(c.first(request(groups...)), size)); err != nil {
				return err
			}
			return c.halfClose().Play(sc)
		},
	}
}

// askedOfLargest makes a unary call in a message as large as the function has said that
// it takes, as far as the kit goes.
func (c call) askedOfLargest(groups ...*tckGroup) line {
	const farthest = 16 * mib
	return line{
		Text: c.asked(groups...).Text + " in a message as large as it takes",
		Play: func(sc *scene) error {
			announced := discovery.Newest(sc.Stage).GetServiceInfo().GetMaxMessageBytes()
			size := min(max(announced, 4*mib), farthest)
			return c.askedOf(int(size), groups...).Play(sc)
		},
	}
}

// padded gives a command metadata, until it has exactly that size in bytes.
func padded(command *actionv1.ActionCommand, size int) *actionv1.ActionCommand {
	padding := 0
	for missing := size - proto.Size(command); missing != 0; missing = size - proto.Size(command) {
		padding += missing
		command.Metadata = &entityv1.Metadata{Entries: []*entityv1.MetadataEntry{text("padding", strings.Repeat("x", padding))}}
	}
	return command
}

func text(key, value string) *entityv1.MetadataEntry {
	return &entityv1.MetadataEntry{Key: key, Value: &entityv1.MetadataEntry_StringValue{StringValue: value}}
}

// unknown is one field that nobody knows, encoded.
func unknown() []byte {
	const unknownField = 1000
	raw := protowire.AppendTag(nil, unknownField, protowire.BytesType)
	return protowire.AppendString(raw, "from a later version")
}

// later returns the command as one of a later version: with an unknown field in itself
// and in its payload.
func later(command *actionv1.ActionCommand) *actionv1.ActionCommand {
	command.ProtoReflect().SetUnknown(unknown())
	if payload := command.GetPayload(); payload != nil {
		payload.Value = append(bytes.Clone(payload.GetValue()), unknown()...)
	}
	return command
}

// What a request asks of the model.

// request is a request of the model, packed.
func request(groups ...*tckGroup) *anypb.Any {
	return peer.Pack(&tckactionv1.ProcessRequest{Groups: groups})
}

// group is what one response is made of.
func group(steps ...*tckactionv1.ProcessStep) *tckGroup {
	return &tckGroup{Steps: steps}
}

func reply(message string) *tckactionv1.ProcessStep {
	return &tckactionv1.ProcessStep{Step: &tckactionv1.ProcessStep_Reply{Reply: &tckactionv1.Reply{Message: message}}}
}

func forward(id string) *tckactionv1.ProcessStep {
	return &tckactionv1.ProcessStep{Step: &tckactionv1.ProcessStep_Forward{Forward: &tckactionv1.Forward{Id: id}}}
}

func fail(description string) *tckactionv1.ProcessStep {
	return &tckactionv1.ProcessStep{Step: &tckactionv1.ProcessStep_Fail{Fail: &tckactionv1.Fail{Message: description}}}
}

func effect(id string, synchronous bool) *tckactionv1.ProcessStep {
	return &tckactionv1.ProcessStep{Step: &tckactionv1.ProcessStep_Effect{
		Effect: &tckactionv1.Effect{Id: id, Synchronous: synchronous},
	}}
}
