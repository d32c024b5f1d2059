package multiplex

import (
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/cases/eventsourced"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/script"
)

// The numbers of the protocol.
const (
	mostHandles  = 1024
	mostStreams  = 8
	messageBytes = 4 << 20
	frameBytes   = messageBytes + 64
)

// limits are the cases on how many, and how large.
func limits() []engine.Case {
	var s stream
	a, b, last, beyond, next := s.nth(1), s.nth(2), s.nth(mostHandles), s.nth(mostHandles+1), s.nth(mostHandles+2)
	var abreast, answers, over []engine.Step
	for i := range mostStreams {
		t := stream{Name: fmt.Sprintf("stream %d", i+1), Entity: fmt.Sprintf("%c", 'a'+i)}
		abreast = append(abreast, t.start(), t.openAll(mostStreams))
		answers = append(answers, t.nth(1).barrier(1, ""), t.nth(mostStreams).barrier(1, ""))
		over = append(over, t.over())
	}
	state, more := strings.Repeat("s", messageBytes-100_000), strings.Repeat("m", 200_000)
	return []engine.Case{
		{
			ID:           "multiplexed-stream/limits/handles",
			Requirements: []string{"MUX-LIMIT-003"},
			Script:       []engine.Step{s.start(), s.openAll(mostHandles), a.barrier(1, ""), last.barrier(1, ""), s.over()},
		},
		{
			ID:           "multiplexed-stream/limits/streams",
			Requirements: []string{"MUX-LIMIT-003"},
			Script:       append(append(abreast, answers...), over...),
		},
		{
			ID:           "multiplexed-stream/limits/a-handle-too-many",
			Requirements: []string{"MUX-LIMIT-007"},
			Script: []engine.Step{
				s.start(), s.openAll(mostHandles), beyond.open(), beyond.failed(codes.ResourceExhausted), last.barrier(1, ""),
				a.closed(), next.open(), next.barrier(1, ""), s.over(),
			},
		},
		{
			ID:           "multiplexed-stream/limits/the-largest-frame",
			Requirements: []string{"MUX-LIMIT-004"},
			Script:       []engine.Step{s.start(), a.open(), b.open(), a.processOfLargest(1), a.reply(1, ""), a.barrier(2, ""), b.barrier(1, ""), s.over()},
		},
		{
			ID:           "multiplexed-stream/limits/a-message-too-large",
			Requirements: []string{"MUX-LIMIT-005"},
			Script: []engine.Step{
				s.start(), a.openFrom(5, state), b.open(), a.process(1, more), a.failed(codes.ResourceExhausted),
				b.barrier(1, ""), s.over(),
			},
		},
	}
}

// openAll opens handles from 1 on, each for an entity of its own.
func (s stream) openAll(handles int) script.Line {
	return script.Line{
		Text: s.part().Label() + fmt.Sprintf("→open, of each handle from 1 to %d", handles),
		Play: func(sc *script.Scene) error {
			for i := range int64(handles) {
				if err := s.nth(i + 1).open().Play(sc); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// processOfLargest sends a command in the largest message, and that in the largest frame.
func (h handle) processOfLargest(id int64) script.Line {
	line := h.carries(func(entity string) *eventsourcedv1.HandleRequest {
		return eventsourced.Padded(eventsourced.Process(entity, id), messageBytes)
	}, largest)
	line.Text += fmt.Sprintf(" in a message of %d B and a frame of %d B", messageBytes, frameBytes)
	return line
}

// largest fills a frame up with a field of a later version.
func largest(number int64, message []byte) *request {
	f := carrying(number, message)
	for filling := 0; proto.Size(f) < frameBytes; filling++ {
		f.ProtoReflect().SetUnknown(protowire.AppendBytes(protowire.AppendTag(nil, 1000, protowire.BytesType), make([]byte, filling)))
	}
	return f
}
