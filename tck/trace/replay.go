package trace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

// Row is one line of two conversations: what passed when the trace was written, and
// what passed now.
type Row struct {
	// Kind is that of the frame.
	Kind Kind
	// Then and Now are the notations.
	Then, Now string
	// Differs says that the subject has not done the same.
	Differs bool
}

// Replay sends the frames of the kit again, in their order, waits for one frame of the
// subject wherever the trace has one, for at most patience, and holds it against what
// came then. When a call has fallen silent, nothing more is waited for on it. Every
// call is over when Replay returns.
func Replay(ctx context.Context, conn grpc.ClientConnInterface, t *Trace, patience time.Duration) []Row {
	r := replayer{conn: conn, patience: patience, calls: map[int]*call{}}
	ctx, cancel := context.WithCancel(ctx)
	defer r.close()
	defer cancel()
	rows := make([]Row, 0, len(t.Frames))
	for _, f := range t.Frames {
		rows = append(rows, r.play(ctx, f))
	}
	return rows
}

type replayer struct {
	conn     grpc.ClientConnInterface
	patience time.Duration
	calls    map[int]*call
}

// call is one call of a replay. Its reader ends with the call.
type call struct {
	stream grpc.ClientStream // nil when it never came about
	cancel context.CancelFunc
	inbox  chan Frame
	last   *Frame // the end, once it has come
	silent bool
	done   chan struct{} // closed when the reader has ended
}

func (r *replayer) play(ctx context.Context, f Frame) Row {
	row := Row{Kind: f.Kind, Then: f.Text, Now: f.Text}
	if f.Kind == Note {
		row.Now = ""
		return row
	}
	c := r.calls[f.Call]
	if c == nil {
		c = r.open(ctx, f.Method)
		r.calls[f.Call] = c
	}
	switch f.Kind {
	case Sent, HalfClose:
		if err := c.send(f, r.patience); err != nil {
			row.Now, row.Differs = fmt.Sprintf("%s (%v)", f.Text, err), true
		}
	case Reset:
		c.cancel()
	default:
		row.Then, row.Now, row.Differs = compare(f, c.receive(r.patience))
	}
	return row
}

func (r *replayer) open(ctx context.Context, method string) *call {
	ctx, cancel := context.WithCancel(ctx)
	c := &call{cancel: cancel, inbox: make(chan Frame, 16), done: make(chan struct{})}
	hurry := time.AfterFunc(r.patience, cancel)
	defer hurry.Stop()
	both := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
	stream, err := r.conn.NewStream(ctx, both, method, grpc.ForceCodecV2(bytesCodec{}), grpc.MaxCallRecvMsgSize(math.MaxInt32))
	if err != nil {
		close(c.done)
		c.last = ending(method, err)
		return c
	}
	c.stream = stream
	go c.read(ctx, method)
	return c
}

// read passes on what the subject sends, to the end of the call.
func (c *call) read(ctx context.Context, method string) {
	defer close(c.done)
	for {
		var raw []byte
		err := c.stream.RecvMsg(&raw)
		frame := &Frame{Method: method, Kind: Received, Raw: raw}
		if err != nil {
			frame = ending(method, err)
		}
		select {
		case c.inbox <- *frame:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

func (c *call) send(f Frame, patience time.Duration) error {
	if c.stream == nil {
		return errors.New("the call has ended")
	}
	if f.Kind == HalfClose {
		return c.stream.CloseSend()
	}
	hurry := time.AfterFunc(patience, c.cancel)
	defer hurry.Stop()
	raw := f.Raw
	if err := c.stream.SendMsg(&raw); errors.Is(err, io.EOF) {
		return errors.New("the call has ended")
	} else if err != nil {
		return errors.New("the subject makes no room for it")
	}
	return nil
}

// receive returns the next frame; nil when none comes. After the end it returns the
// end again.
func (c *call) receive(patience time.Duration) *Frame {
	if c.last != nil || c.silent {
		return c.last
	}
	enough := time.NewTimer(patience)
	defer enough.Stop()
	select {
	case f := <-c.inbox:
		if f.Kind == End {
			c.last = &f
		}
		return &f
	case <-enough.C:
		c.silent = true
		return nil
	}
}

func (r *replayer) close() {
	for _, c := range r.calls {
		c.cancel()
		<-c.done
	}
}

// ending is the frame of an end, whose bytes are those of its status.
func ending(method string, err error) *Frame {
	if errors.Is(err, io.EOF) {
		return &Frame{Method: method, Kind: End, Text: "←end OK"}
	}
	end := status.Convert(err)
	text := "←end " + end.Code().String()
	if end.Message() != "" {
		text += fmt.Sprintf(" %q", end.Message())
	}
	return &Frame{Method: method, Kind: End, Text: text, Raw: Encode(end.Proto())}
}

// compare returns the notations of what came then and now, and whether they differ.
// Frames with the same bytes share the notation that was written down.
func compare(then Frame, now *Frame) (left, right string, differs bool) {
	switch {
	case now == nil:
		return then.Text, "nothing came", true
	case then.Kind == now.Kind && bytes.Equal(then.Raw, now.Raw), equalMessages(then, *now):
		return then.Text, then.Text, false
	case then.Kind == End && now.Kind == End:
		return then.Text, now.Text, true
	default:
		return whole(then), whole(*now), true
	}
}

// whole is the notation of a frame, and for a message all that is in it: two that
// differ may have the same notation.
func whole(f Frame) string {
	switch {
	case f.Kind == End:
		return f.Text
	case f.Text == "":
		return "←" + describe(f)
	default:
		return f.Text + " = " + describe(f)
	}
}
