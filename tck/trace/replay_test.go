package trace_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/tck/trace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const method = eventsourcedv1.EventSourcedService_Handle_FullMethodName

// subject answers each command as its name says.
type subject struct {
	eventsourcedv1.UnimplementedEventSourcedServiceServer
}

func (subject) Handle(stream grpc.BidiStreamingServer[eventsourcedv1.HandleRequest, eventsourcedv1.HandleResponse]) error {
	for {
		request, err := stream.Recv()
		if err != nil {
			return nil //nolint:nilerr // the proxy is done
		}
		switch id := request.GetCommand().GetId(); request.GetCommand().GetName() {
		case "Answer":
			if err := stream.Send(reply(id)); err != nil {
				return err
			}
		case "Refuse":
			return status.Error(codes.Aborted, "no more")
		case "Hang": // and read on
		}
	}
}

func reply(id int64) *eventsourcedv1.HandleResponse {
	return &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: &eventsourcedv1.EventSourcedReply{CommandId: id}}}
}

// dial returns a connection in memory to a subject.
func dial(t *testing.T) *grpc.ClientConn {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer()
	eventsourcedv1.RegisterEventSourcedServiceServer(server, subject{})
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(listener) })
	t.Cleanup(func() {
		server.Stop()
		serving.Wait()
	})
	conn, err := grpc.NewClient("passthrough:///memory", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func sent(call int, id int64, name string) trace.Frame {
	return trace.Frame{
		Call: call, Method: method, Kind: trace.Sent, Text: "→command " + name,
		Raw: trace.Encode(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Command{
			Command: &entityv1.Command{Id: id, Name: name},
		}}),
	}
}

func received(call int, id int64) trace.Frame {
	return trace.Frame{Call: call, Method: method, Kind: trace.Received, Text: "←reply", Raw: trace.Encode(reply(id))}
}

func ended(call int, code codes.Code, text string) trace.Frame {
	f := trace.Frame{Call: call, Method: method, Kind: trace.End, Text: "←end " + code.String()}
	if code != codes.OK {
		f.Raw = trace.Encode(status.New(code, text).Proto())
	}
	return f
}

// replayed replays the frames in a time of its own: patience ends where nothing comes, and
// nowhere else.
func replayed(t *testing.T, frames ...trace.Frame) (lines []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		for _, row := range trace.Replay(t.Context(), dial(t), &trace.Trace{Frames: frames}, time.Second) {
			sign := "="
			if row.Differs {
				sign = "≠"
			}
			lines = append(lines, strings.Join([]string{row.Then, sign, row.Now}, " "))
		}
	})
	return lines
}

func TestTheSameIsDone(t *testing.T) {
	t.Parallel()
	halfClose := trace.Frame{Call: 1, Method: method, Kind: trace.HalfClose, Text: "→half-close"}
	reset := trace.Frame{Call: 2, Method: method, Kind: trace.Reset, Text: "→reset"}
	want := []string{
		"a note = ", "→command Answer = →command Answer", "→command Answer = →command Answer", "←reply = ←reply", "←reply = ←reply",
		"→half-close = →half-close", "←end OK = ←end OK", "→reset = →reset",
	}
	got := replayed(t, trace.Frame{Kind: trace.Note, Text: "a note"}, sent(1, 1, "Answer"), sent(2, 7, "Answer"),
		received(1, 1), received(2, 7), halfClose, ended(1, codes.OK, ""), reset)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDifferencesAreMarked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		frames []trace.Frame
		want   []string
	}{
		"another reply": {
			[]trace.Frame{sent(1, 1, "Answer"), received(1, 2)},
			[]string{"→command Answer = →command Answer", "←reply = reply:{command_id:2} ≠ ←reply:{command_id:1}"},
		},
		"an end instead": {
			[]trace.Frame{sent(1, 1, "Refuse"), received(1, 1), ended(1, codes.Aborted, "no more")},
			[]string{
				"→command Refuse = →command Refuse", `←reply = reply:{command_id:1} ≠ ←end Aborted "no more"`,
				"←end Aborted = ←end Aborted",
			},
		},
		"another end": {
			[]trace.Frame{sent(1, 1, "Refuse"), ended(1, codes.OK, "")},
			[]string{"→command Refuse = →command Refuse", `←end OK ≠ ←end Aborted "no more"`},
		},
		"silence, waited for once": {
			[]trace.Frame{sent(1, 1, "Hang"), received(1, 1), received(1, 2), received(1, 3)},
			[]string{
				"→command Hang = →command Hang", "←reply ≠ nothing came", "←reply ≠ nothing came", "←reply ≠ nothing came",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, replayed(t, test.frames...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Bytes that are no message are shown as that, and a subject that is gone ends every call.
func TestGarbageAndNobody(t *testing.T) {
	t.Parallel()
	garbage := received(1, 1)
	garbage.Raw = []byte{0xff}
	got := replayed(t, sent(1, 1, "Answer"), garbage)
	if want := "1 B that are no message of " + method; !strings.Contains(got[1], want) {
		t.Errorf("got %q, want %q", got[1], want)
	}
	conn, err := grpc.NewClient("127.0.0.1:1", grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	rows := trace.Replay(t.Context(), conn, &trace.Trace{Frames: []trace.Frame{sent(1, 1, "Answer"), received(1, 1)}}, time.Minute)
	if !rows[0].Differs || !strings.Contains(rows[0].Now, "the call has ended") || !strings.HasPrefix(rows[1].Now, "←end Unavailable") {
		t.Errorf("got %v", rows)
	}
}
