package multiplex

import (
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
)

// FuzzFrames speaks any sequence of frames, each with its length before it, and then
// half-closes. Whatever comes: nothing panics, every handle that was opened gets one last
// frame and nothing behind it, and nobody is left who serves one.
func FuzzFrames(f *testing.F) {
	start := &request{Frame: &multiplexv1.HandleRequest_Start{Start: &multiplexv1.Start{EntityType: "repeat"}}}
	open := func(handle int64) *request {
		return &request{Handle: handle, Frame: &multiplexv1.HandleRequest_Open{Open: &multiplexv1.Open{Message: text("init")}}}
	}
	say := func(handle int64, message []byte) *request {
		return &request{Handle: handle, Frame: &multiplexv1.HandleRequest_Message{Message: message}}
	}
	credit := func(handle, bytes int64) *request {
		return &request{Handle: handle, Frame: &multiplexv1.HandleRequest_Credit{Credit: &multiplexv1.Credit{Bytes: bytes}}}
	}
	end := func(handle int64, reset bool) *request {
		return &request{Handle: handle, Frame: &multiplexv1.HandleRequest_Close{Close: &multiplexv1.Close{Reset_: reset}}}
	}
	large := text(string(make([]byte, window)))
	for _, seed := range [][]*request{
		{},
		{{}},
		{start, open(1), say(1, text("a")), credit(1, 6), end(1, false)},
		{start, open(1), open(2), say(2, text("b")), end(1, true), say(1, text("late")), end(2, false), say(2, nil)},
		{start, open(1), say(1, large), say(1, large), credit(1, window)},
		{start, open(1), say(1, []byte{0xff}), credit(1, 1), open(2)},
		{start, open(2)},
		{start, open(1), end(1, false), end(1, false), end(1, true), end(1, true), open(2), {Handle: 2}},
		{start, start},
		{open(1)},
	} {
		var data []byte
		for _, frame := range seed {
			bytes, err := proto.Marshal(frame)
			if err != nil {
				f.Fatal(err)
			}
			data = protowire.AppendBytes(data, bytes)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &session{
			ctx: t.Context(), log: slog.New(slog.DiscardHandler), kinds: map[string]Kind{"repeat": repeat},
			handles: map[int64]*handle{}, out: outbox{wake: make(chan struct{}, 1)}, maxMessage: 2 * window,
		}
		defer s.broken()
		j := judge{t: t, s: s, done: map[int64]bool{}}
		for len(data) > 0 {
			bytes, n := protowire.ConsumeBytes(data)
			frame := &request{}
			if n < 0 || proto.Unmarshal(bytes, frame) != nil {
				return // grpc ends such a stream itself
			}
			data = data[n:]
			if s.hear(frame) != nil {
				return
			}
			j.read()
		}
		s.halfClose()
		j.readAll()
	})
}

// repeat is a kind that says what it hears.
func repeat(stream grpc.ServerStream) error {
	for {
		said := &wrapperspb.StringValue{}
		if err := stream.RecvMsg(said); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.SendMsg(said); err != nil {
			return err
		}
	}
}

// judge reads what a session has to write, and holds it to what must be so.
type judge struct {
	t    *testing.T
	s    *session
	done map[int64]bool // handles whose last frame was read
}

// read reads what there is.
func (j *judge) read() {
	j.t.Helper()
	for frame := j.s.next(); frame != nil; frame = j.s.next() {
		number := frame.GetHandle()
		if number < 1 || number > j.s.opened || j.done[number] {
			j.t.Fatalf("%v is written, of %d handles; its end was: %v", frame, j.s.opened, j.done[number])
		}
		j.done[number] = frame.GetClosed() != nil || frame.GetFailure() != nil
	}
}

// readAll reads until every handle has its last frame.
func (j *judge) readAll() {
	j.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for j.read(); !j.s.finished(); j.read() {
		select {
		case <-j.s.out.wake:
		case <-late.C:
			j.t.Fatalf("of %d handles %d have ended", j.s.opened, len(j.done))
		}
	}
	for number := range j.s.opened {
		if !j.done[number+1] {
			j.t.Fatalf("handle %d has no last frame", number+1)
		}
	}
}
