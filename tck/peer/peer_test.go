package peer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	tckeventsourcedv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
	"github.com/stateward/stateward/tck/peer"
	"github.com/stateward/stateward/tck/trace"
)

// subject is a server whose streams are handled by a function.
type subject struct {
	eventsourcedv1.UnimplementedEventSourcedServiceServer

	handle func(grpc.BidiStreamingServer[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]) error
}

func (s subject) Handle(stream grpc.BidiStreamingServer[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]) error {
	return s.handle(stream)
}

type stream = peer.Stream[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]

var service = peer.Service[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]{
	Method: eventsourcedv1.EventSourcedService_Handle_FullMethodName,
	Sent: func(request *eventsourcedv1.HandleRequest) string {
		return fmt.Sprintf("command %d", request.GetCommand().GetId())
	},
	Received: func(response *eventsourcedv1.HandleResponse) string {
		return fmt.Sprintf("reply %d", response.GetReply().GetCommandId())
	},
}

// wire collects frames.
type wire struct {
	mu    sync.Mutex
	lines []string
}

func (w *wire) record(frame trace.Frame) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, frame.Text)
}

func (w *wire) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lines)
}

// open opens a stream to a subject in memory, so that a test may have a time of its own.
func open(t *testing.T, patience time.Duration, s subject) (*stream, *wire) {
	t.Helper()
	return openAs(t, patience, service, s)
}

// method is a method of the protocol, and how it is written down.
type method = peer.Service[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]

func openAs(t *testing.T, patience time.Duration, m method, s subject) (*stream, *wire) {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer()
	eventsourcedv1.RegisterEventSourcedServiceServer(server, s)
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(listener) })
	t.Cleanup(func() {
		server.Stop()
		serving.Wait()
	})
	return openAt(t, patience, m, "passthrough:///memory",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
}

func openAt(t *testing.T, patience time.Duration, m method, address string, options ...grpc.DialOption) (*stream, *wire) {
	t.Helper()
	conn, err := grpc.NewClient(address, append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	frames := &wire{}
	stream := peer.Open(t.Context(), m, peer.Config{Conn: conn, Patience: patience, Record: frames.record})
	t.Cleanup(stream.Close)
	return stream, frames
}

func command(id int64, actions ...*tckeventsourcedv1.RequestAction) *eventsourcedv1.HandleRequest {
	return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Command{Command: &entityv1.Command{
		Id: id, Name: "Process", Payload: peer.Pack(&tckeventsourcedv1.ProcessRequest{Actions: actions}),
	}}}
}

func reply(id int64) *eventsourcedv1.HandleResponse {
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{
		Reply: &eventsourcedv1.EventSourcedReply{CommandId: id},
	}}
}

func TestAStreamIsWrittenDown(t *testing.T) {
	t.Parallel()
	stream, frames := open(t, time.Minute, subject{handle: func(s grpc.BidiStreamingServer[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]) error {
		for id := int64(1); ; id++ {
			if _, err := s.Recv(); err != nil {
				return status.Error(codes.Aborted, "enough")
			}
			if err := s.Send(reply(id)); err != nil {
				return err
			}
		}
	}})
	if err := stream.Send(command(1)); err != nil {
		t.Fatal(err)
	}
	frame, err := stream.Receive()
	if err != nil || frame.Response.GetReply().GetCommandId() != 1 {
		t.Fatalf("received %v, %v", frame, err)
	}
	if err := stream.HalfClose(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the end comes again, as often as it is asked for
		frame, err = stream.Receive()
		if err != nil || frame.End.Code() != codes.Aborted {
			t.Fatalf("received %v, %v", frame, err)
		}
	}
	if stream.Open() {
		t.Error("the stream is open after its end")
	}
	want := []string{"→command 1", "←reply 1", "→half-close", `←end Aborted "enough"`}
	if diff := cmp.Diff(want, frames.all()); diff != "" {
		t.Error(diff)
	}
}

func TestSilenceIsAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stream, _ := open(t, time.Second, subject{handle: ignore})
		if frame, err := stream.Receive(); !errors.Is(err, peer.ErrSilent) {
			t.Errorf("received %v, %v", frame, err)
		}
	})
}

// ignore neither reads nor answers.
func ignore(s grpc.BidiStreamingServer[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]) error {
	<-s.Context().Done()
	return s.Context().Err()
}

// A notation that panics is the kit's error: the subject is not blamed, and the
// process lives on.
func TestAPanicIsTheKitsError(t *testing.T) {
	t.Parallel()
	stream, _ := openAs(t, time.Minute, peer.Service[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]{
		Method: service.Method, Sent: service.Sent,
		Received: func(*eventsourcedv1.HandleResponse) string { panic("no words") },
	}, subject{handle: func(s grpc.BidiStreamingServer[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]) error {
		return s.Send(&eventsourcedv1.HandleResponse{})
	}})
	if frame, err := stream.Receive(); err == nil || errors.Is(err, peer.ErrSilent) || !strings.Contains(err.Error(), "no words") {
		t.Errorf("received %v, %v", frame, err)
	}
}

// A subject may take connections and no streams. That the kit then gives up is
// its own doing, and no end that the subject gave the stream.
func TestNoRoomForAStreamIsSilence(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	stream, frames := openAt(t, 10*time.Millisecond, service, listener.Addr().String())
	if err := stream.Send(command(1)); !errors.Is(err, io.EOF) {
		t.Errorf("sent, %v", err)
	}
	if frame, err := stream.Receive(); !errors.Is(err, peer.ErrSilent) {
		t.Errorf("received %v, %v", frame, err)
	}
	if diff := cmp.Diff([]string{"→command 1"}, frames.all()); diff != "" {
		t.Error(diff)
	}
}

func TestASubjectThatDoesNotReadIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stream, _ := open(t, time.Second, subject{handle: ignore})
		large := command(1, &tckeventsourcedv1.RequestAction{Action: &tckeventsourcedv1.RequestAction_Emit{
			Emit: &tckeventsourcedv1.Emit{Value: strings.Repeat("x", 1<<20)},
		}})
		for range 100 {
			if err := stream.Send(large); err != nil {
				if !errors.Is(err, peer.ErrSilent) {
					t.Error(err)
				}
				return
			}
		}
		t.Error("100 MiB were taken by nobody")
	})
}

func TestNobodyIsAStreamThatHasEnded(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	stream, frames := openAt(t, time.Minute, service, address)
	if err := stream.Send(command(1)); !errors.Is(err, io.EOF) {
		t.Errorf("sent, %v", err)
	}
	if err := stream.HalfClose(); err != nil {
		t.Error(err)
	}
	frame, err := stream.Receive()
	if err != nil || frame.End.Code() != codes.Unavailable {
		t.Errorf("received %v, %v", frame, err)
	}
	if lines := frames.all(); len(lines) != 3 || !strings.HasPrefix(lines[0], "←end Unavailable") {
		t.Errorf("recorded %q", lines)
	}
}

func TestAResetIsSilent(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	stream, frames := open(t, time.Minute, subject{handle: func(s grpc.BidiStreamingServer[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]) error {
		<-s.Context().Done()
		close(gone)
		return s.Context().Err()
	}})
	if err := stream.Send(command(1)); err != nil {
		t.Fatal(err)
	}
	stream.Reset()
	<-gone
	if diff := cmp.Diff([]string{"→command 1", "→reset"}, frames.all()); diff != "" {
		t.Error(diff)
	}
}
