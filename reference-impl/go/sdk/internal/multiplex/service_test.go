package multiplex

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
)

// patience ends a test whose wait would not end. A stream has one for all that is said on
// it, messages of 4 MiB among it, and a machine that does other work besides is slow.
const patience = time.Minute

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo is a kind whose messages are texts. It answers each by itself but for a few, and
// reads ahead, as a kind does.
func echo(stream grpc.ServerStream) error {
	texts := make(chan string)
	ended := make(chan error, 1)
	go func() {
		for {
			in := &wrapperspb.StringValue{}
			if err := stream.RecvMsg(in); err != nil {
				ended <- err
				return
			}
			select {
			case texts <- in.GetValue():
			case <-stream.Context().Done():
				return
			}
		}
	}()
	for {
		select {
		case text := <-texts:
			if err := answer(stream, text); err != nil {
				return err
			}
		case <-ended: // whatever the end is: the handle's last frame is decided, or closed
			return nil
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

func answer(stream grpc.ServerStream, text string) error {
	switch text {
	case "init":
		return nil
	case "never":
		<-stream.Context().Done()
		return stream.Context().Err()
	case "break":
		return status.Error(codes.DataLoss, strings.Repeat("é", longestDescription))
	case "large":
		text = strings.Repeat("l", window)
	case "too large":
		text = strings.Repeat("t", 4<<20)
	default:
	}
	return stream.SendMsg(wrapperspb.String(text))
}

// proxy is the other side of a stream.
type proxy struct {
	t      *testing.T
	stream grpc.BidiStreamingClient[request, response]
	reset  func()
	aside  map[int64][]string // what was read of other handles
	credit map[int64]int64
	stop   func()
}

// dial serves echo in memory, and opens a stream for it, with the handles 1 and 2.
func dial(t *testing.T) *proxy {
	t.Helper()
	p := connect(t)
	p.send(0, &multiplexv1.HandleRequest_Start{Start: &multiplexv1.Start{EntityType: "echo"}})
	p.open(1)
	p.open(2)
	return p
}

func connect(t *testing.T) *proxy {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.MaxRecvMsgSize(5<<20), grpc.WaitForHandlers(true))
	stopping, readers := make(chan struct{}), &sync.WaitGroup{}
	multiplexv1.RegisterMultiplexServiceServer(server, New(Config{
		Kinds: map[string]Kind{"echo": echo}, Log: slog.New(slog.DiscardHandler), Stopping: stopping, Readers: readers,
		MaxMessage: func(context.Context) int { return 4 << 20 },
	}))
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(listener) })
	conn, err := grpc.NewClient("passthrough:///function", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(5<<20)),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(func() {
		cancel()
		conn.Close()
		server.Stop()
		readers.Wait()
		serving.Wait()
	})
	stream, err := multiplexv1.NewMultiplexServiceClient(conn).Handle(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return &proxy{
		t: t, stream: stream, reset: cancel, aside: map[int64][]string{}, credit: map[int64]int64{},
		stop: sync.OnceFunc(func() { close(stopping) }),
	}
}

// send sends a frame, nil for one without a case.
func (p *proxy) send(handle int64, frame any) {
	p.t.Helper()
	in := &request{Handle: handle}
	switch frame := frame.(type) {
	case *multiplexv1.HandleRequest_Start:
		in.Frame = frame
	case *multiplexv1.HandleRequest_Open:
		in.Frame = frame
	case []byte:
		in.Frame = &multiplexv1.HandleRequest_Message{Message: frame}
	case string:
		in.Frame = &multiplexv1.HandleRequest_Message{Message: text(frame)}
	case int:
		in.Frame = &multiplexv1.HandleRequest_Credit{Credit: &multiplexv1.Credit{Bytes: int64(frame)}}
	case bool: // close, with reset
		in.Frame = &multiplexv1.HandleRequest_Close{Close: &multiplexv1.Close{Reset_: frame}}
	}
	p.stream.Send(in) // a stream that has ended says so when it is read
}

func (p *proxy) open(handle int64) {
	p.t.Helper()
	p.send(handle, &multiplexv1.HandleRequest_Open{Open: &multiplexv1.Open{Message: text("init")}})
}

func text(of string) []byte {
	raw, err := proto.Marshal(wrapperspb.String(of))
	if err != nil {
		panic(err)
	}
	return raw
}

// next returns the next frame of the handle, credit left out, or the end of the stream.
func (p *proxy) next(handle int64) string {
	for len(p.aside[handle]) == 0 {
		if end := p.read(); end != "" {
			return end
		}
	}
	frame := p.aside[handle][0]
	p.aside[handle] = p.aside[handle][1:]
	return frame
}

// read reads one frame, and returns the end of the stream where that comes.
func (p *proxy) read() string {
	frame, err := p.stream.Recv()
	if errors.Is(err, io.EOF) {
		return "end OK"
	}
	if err != nil {
		return "end " + status.Code(err).String()
	}
	handle := frame.GetHandle()
	var said string
	switch f := frame.GetFrame().(type) {
	case *multiplexv1.HandleResponse_Message:
		value := &wrapperspb.StringValue{}
		if err := proto.Unmarshal(f.Message, value); err != nil {
			return err.Error()
		}
		said = fmt.Sprintf("%.5s", value.GetValue())
	case *multiplexv1.HandleResponse_Credit:
		p.credit[handle] += f.Credit.GetBytes()
		return ""
	case *multiplexv1.HandleResponse_Closed:
		said = "closed"
	case *multiplexv1.HandleResponse_Failure:
		said = "failure " + codes.Code(f.Failure.GetCode()).String()
		if n := len(f.Failure.GetDescription()); n > longestDescription {
			said += fmt.Sprintf(" of %d bytes", n)
		}
	default:
		said = "unset"
	}
	p.aside[handle] = append(p.aside[handle], said)
	return ""
}

// wants expects what comes on the handle next.
func (p *proxy) wants(handle int64, all ...string) {
	p.t.Helper()
	for _, want := range all {
		if got := p.next(handle); got != want {
			p.t.Fatalf("handle %d: %q, want %q", handle, got, want)
		}
	}
}

// returned waits for credit, until that much was given back on the handle.
func (p *proxy) returned(handle, want int64) {
	p.t.Helper()
	for p.credit[handle] < want {
		if end := p.read(); end != "" {
			p.t.Fatalf("%s, and %d of %d bytes are given back", end, p.credit[handle], want)
		}
	}
	if p.credit[handle] > want {
		p.t.Fatalf("%d bytes are given back, of %d", p.credit[handle], want)
	}
}

// What one handle is told for a frame, and that another lives on (MUX-WRONG-007).
func TestOneHandle(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		send []any
		want []string
	}{
		"a message (MUX-MSG-002, MUX-MSG-007, MUX-MSG-008)": {[]any{"a", "b"}, []string{"a", "b"}},
		"no case (MUX-WRONG-001)":                           {[]any{nil}, []string{"failure InvalidArgument"}},
		"no bytes (MUX-WRONG-001)":                          {[]any{[]byte{}}, []string{"failure InvalidArgument"}},
		"credit of nothing (MUX-WRONG-001)":                 {[]any{0}, []string{"failure InvalidArgument"}},
		"credit below nothing (MUX-WRONG-001)":              {[]any{-1}, []string{"failure InvalidArgument"}},
		"credit that is not owed (MUX-WRONG-001)":           {[]any{1}, []string{"failure InvalidArgument"}},
		"more than the balance (MUX-WRONG-001)":             {[]any{"never", strings.Repeat("x", window), "y"}, []string{"failure InvalidArgument"}},
		"garbage (MUX-MSG-003)":                             {[]any{[]byte{0xff}}, []string{"failure InvalidArgument"}},
		"close (MUX-CLOSE-002, MUX-CLOSE-004)":              {[]any{false}, []string{"closed"}},
		"close behind a message (MUX-MSG-005)":              {[]any{"a", false}, []string{"a", "closed"}},
		"reset of a handler (MUX-CLOSE-003)":                {[]any{"never", true}, []string{"closed"}},
		"reset behind close (MUX-CLOSE-003)":                {[]any{"never", false, true}, []string{"closed"}},
		"close twice (MUX-WRONG-006)":                       {[]any{"never", false, false}, []string{"failure InvalidArgument"}},
		"a message behind close (MUX-WRONG-006)":            {[]any{"never", false, "a"}, []string{"failure InvalidArgument"}},
		"the kind breaks (MUX-FAIL-001, MUX-FAIL-003)":      {[]any{"break"}, []string{"failure DataLoss"}},
		"too large a message (MUX-LIMIT-005)":               {[]any{"too large"}, []string{"failure ResourceExhausted"}},
		"what crosses its failure (MUX-CLOSE-007)":          {[]any{nil, "a", 5, nil, false}, []string{"failure InvalidArgument"}},
		"what comes late (MUX-CLOSE-008)":                   {[]any{nil, false, 7, true}, []string{"failure InvalidArgument"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := dial(t)
			for _, frame := range row.send {
				p.send(1, frame)
			}
			p.wants(1, row.want...)
			p.send(2, "other")
			p.wants(2, "other")
			if len(p.aside[1]) > 0 {
				t.Errorf("behind it came %q", p.aside[1])
			}
		})
	}
}

// What ends the stream (MUX-WRONG-002, MUX-OPEN-004, MUX-START-003, MUX-START-004).
func TestTheStreamEnds(t *testing.T) {
	t.Parallel()
	start := &multiplexv1.HandleRequest_Start{Start: &multiplexv1.Start{EntityType: "echo"}}
	open := &multiplexv1.HandleRequest_Open{Open: &multiplexv1.Open{Message: text("init")}}
	type frame struct {
		handle int64
		frame  any
	}
	for name, row := range map[string]struct {
		send []frame
		want string
	}{
		"a second start":      {[]frame{{0, start}, {0, start}}, "end InvalidArgument"},
		"start on a handle":   {[]frame{{1, start}}, "end InvalidArgument"},
		"no start":            {[]frame{{1, open}}, "end InvalidArgument"},
		"no case first":       {[]frame{{0, nil}}, "end InvalidArgument"},
		"an unknown kind":     {[]frame{{0, &multiplexv1.HandleRequest_Start{Start: &multiplexv1.Start{EntityType: "x"}}}}, "end Unimplemented"},
		"the second first":    {[]frame{{0, start}, {2, open}}, "end InvalidArgument"},
		"open twice":          {[]frame{{0, start}, {1, open}, {1, open}}, "end InvalidArgument"},
		"never opened":        {[]frame{{0, start}, {1, "a"}}, "end InvalidArgument"},
		"never opened, reset": {[]frame{{0, start}, {1, true}}, "end InvalidArgument"},
		"handle 0":            {[]frame{{0, start}, {0, "a"}}, "end InvalidArgument"},
		"below 0":             {[]frame{{0, start}, {-1, false}}, "end InvalidArgument"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := connect(t)
			for _, f := range row.send {
				p.send(f.handle, f.frame)
			}
			p.wants(9, row.want)
		})
	}
	t.Run("a message when done", func(t *testing.T) {
		t.Parallel()
		p := dial(t)
		p.send(1, false)
		p.wants(1, "closed")
		p.send(1, "a")
		p.wants(1, "end InvalidArgument")
	})
}

// MUX-CREDIT-003, MUX-CREDIT-004, MUX-CREDIT-005, MUX-CREDIT-006, MUX-CREDIT-007,
// MUX-CREDIT-008, MUX-FAIR-004, MUX-READ-001, MUX-READ-003: a handle without credit waits,
// its own credit does not, and nobody else notices. MUX-FAIR-002 is the order of the outbox.
func TestCredit(t *testing.T) {
	t.Parallel()
	p := dial(t)
	owed := int64(len(text("init")))
	for range 2 {
		p.send(1, "large")
		owed += int64(len(text("large")))
	}
	p.wants(1, "lllll")
	p.returned(1, owed) // the second is taken, and not answered
	p.send(2, "other")
	p.wants(2, "other")
	if len(p.aside[1]) > 0 {
		t.Fatalf("sent without credit: %q", p.aside[1])
	}
	p.send(1, len(text(strings.Repeat("l", window)))-1)
	p.send(2, "again")
	p.wants(2, "again")
	if len(p.aside[1]) > 0 {
		t.Fatalf("sent while a byte is owed: %q", p.aside[1])
	}
	p.send(1, 1)
	p.wants(1, "lllll")
}

// MUX-CREDIT-011, MUX-LIMIT-004.
func TestLargeMessages(t *testing.T) {
	t.Parallel()
	p := dial(t)
	owed := int64(len(text("init")))
	for _, size := range []int{window, 4<<20 - 5} {
		p.returned(1, owed)
		large := strings.Repeat("x", size)
		p.send(1, large)
		p.wants(1, "xxxxx")
		p.send(1, len(text(large)))
		owed += int64(len(text(large)))
	}
	p.returned(1, owed)
}

// MUX-LIMIT-003, MUX-LIMIT-007.
func TestManyHandles(t *testing.T) {
	t.Parallel()
	p := dial(t)
	for handle := int64(3); handle <= maxHandles+1; handle++ {
		p.open(handle)
	}
	p.wants(maxHandles+1, "failure ResourceExhausted")
	p.send(maxHandles+1, false)
	p.send(maxHandles, "last")
	p.wants(maxHandles, "last")
	p.send(1, false)
	p.wants(1, "closed")
	p.open(maxHandles + 2)
	p.send(maxHandles+2, "next")
	p.wants(maxHandles+2, "next")
}

// MUX-END-003: with a handler that waits for credit, too.
func TestHalfClose(t *testing.T) {
	t.Parallel()
	p := dial(t)
	p.send(1, "large")
	p.send(1, "large")
	p.wants(1, "lllll")
	p.returned(1, int64(len(text("init"))+2*len(text("large"))))
	p.stream.CloseSend()
	p.wants(1, "closed")
	p.wants(2, "closed", "end OK")
}

// MUX-END-004: nothing is left of a stream that was reset; goleak looks for it.
func TestReset(t *testing.T) {
	t.Parallel()
	p := dial(t)
	p.send(1, "never")
	p.send(2, "here")
	p.wants(2, "here")
	p.reset()
	p.wants(1, "end Canceled")
}

// A function that stops lets nobody in, and ends when the handles have (MUX-DRAIN-002).
func TestStop(t *testing.T) {
	t.Parallel()
	p := dial(t)
	p.send(2, "here")
	p.wants(2, "here")
	p.stop()
	for handle := int64(3); ; handle++ {
		p.open(handle)
		p.send(handle, "new")
		if got := p.next(handle); got == "failure Unavailable" {
			break
		} else if got != "new" {
			t.Fatal(got)
		}
	}
	p.stream.CloseSend()
	p.wants(1, "closed")
}

// A frame that is read while the stream ends opens nothing: whoever served it would be
// waited for by nobody.
func TestABrokenStreamOpensNothing(t *testing.T) {
	t.Parallel()
	served := make(chan struct{})
	s := &session{
		ctx: t.Context(), log: slog.New(slog.DiscardHandler), handles: map[int64]*handle{},
		out: outbox{wake: make(chan struct{}, 1)}, maxMessage: window,
		kind: func(grpc.ServerStream) error { close(served); return nil },
	}
	s.broken()
	err := s.hear(&request{Handle: 1, Frame: &multiplexv1.HandleRequest_Open{Open: &multiplexv1.Open{Message: text("init")}}})
	if s.handlers.Wait(); status.Code(err) != codes.Canceled {
		t.Errorf("a late open gets %v", err)
	}
	select {
	case <-served:
		t.Error("it is served")
	default:
	}
}
