package sdk_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/stateward/stateward/reference-impl/go/sdk"
	"github.com/stateward/stateward/reference-impl/go/sdk/eventsourced"
	"github.com/stateward/stateward/reference-impl/go/sdk/sdktest"
	tckv1 "github.com/stateward/stateward/tck/gen/stateward/tck/eventsourced/v1"
)

func open(id string) *sdktest.Request { return sdktest.Init(twoService, id, nil) }

func call(id string) *sdktest.Request {
	return sdktest.Command(id, 1, "Call", &tckv1.ProcessRequest{Id: id})
}

// A stop answers the command at hand, ends the streams that wait, and takes no
// new one.
func TestStopAnswersFirst(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	proxy := sdktest.Start(t, one(entity("x", func(*eventsourced.Context) {
		close(entered)
		<-leave
	})))
	idle := proxy.Open(open("idle"))
	busy := proxy.Open(open("busy"), call("busy"))
	<-entered

	stopped := make(chan error, 1)
	go func() { stopped <- proxy.Stop() }()
	if err := idle.Status(); status.Code(err) != codes.Unavailable {
		t.Errorf("an idle stream ended with %v", err)
	}
	close(leave)
	if answer := busy.Receive(); answer.GetReply().GetCommandId() != 1 {
		t.Errorf("the command at hand got %v", answer)
	}
	if err := busy.Status(); status.Code(err) != codes.Unavailable {
		t.Errorf("its stream then ended with %v", err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stopped in order, and yet: %v", err)
	}
}

// A command that takes its time keeps no other entity waiting (CORE-STREAM-002).
func TestStreamsWaitForNobody(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	proxy := sdktest.Start(t, one(entity("x", func(ctx *eventsourced.Context) {
		if ctx.EntityID() == "slow" {
			close(entered)
			<-leave
		}
	})))
	slow := proxy.Open(open("slow"), call("slow"))
	<-entered
	quick := proxy.Open(open("quick"))
	quick.Ask(call("quick"))
	quick.Passivate()
	close(leave)
	slow.Receive()
	slow.Passivate()
}

// A handler that does not end is left behind after the bound, and Serve says so.
func TestStopIsBounded(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	config := one(entity("x", func(*eventsourced.Context) {
		close(entered)
		<-leave
	}))
	config.StopWithin = time.Millisecond
	proxy := sdktest.Start(t, config)
	proxy.Open(open("busy"), call("busy"))
	<-entered
	err := proxy.Stop()
	close(leave)
	if err == nil || !strings.Contains(err.Error(), "still being handled after 1ms") {
		t.Errorf("Serve returned %v", err)
	}
}

// The cause of a listener that fails is returned.
func TestServeFails(t *testing.T) {
	t.Parallel()
	function, err := sdk.New(one(another("x")))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := function.Serve(context.Background(), listener); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve returned %v", err)
	}
}

// A stop that comes before the first connection is a stop in order too.
func TestStopAtOnce(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for range 20 { // whichever is first, the server or its stop
		function, err := sdk.New(one(another("x")))
		if err != nil {
			t.Fatal(err)
		}
		listener := bufconn.Listen(1)
		if err := function.Serve(ctx, listener); err != nil {
			t.Error(err)
		}
		if _, err := listener.Accept(); err == nil {
			t.Error("the listener is open")
		}
	}
}

// A proxy that is lost without a word is asked for a sign of life, gives none, and keeps
// nothing in memory any longer.
func TestAProxyThatIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		function, err := sdk.New(one(another("x")))
		if err != nil {
			t.Fatal(err)
		}
		listener := bufconn.Listen(1 << 10)
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- function.Serve(ctx, listener) }()
		began := time.Now()
		conn, err := listener.Dial()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
			t.Fatal(err)
		}
		framer := http2.NewFramer(conn, conn)
		if err := framer.WriteSettings(); err != nil {
			t.Fatal(err)
		}
		var pinged time.Duration
		frame, err := framer.ReadFrame()
		for ; err == nil; frame, err = framer.ReadFrame() {
			if frame.Header().Type == http2.FramePing {
				pinged = time.Since(began)
			}
		}
		if ended := time.Since(began); pinged != 15*time.Second || ended != 35*time.Second {
			t.Errorf("pinged after %v, and let go after %v: %v", pinged, ended, err)
		}
		stop()
		if err := errors.Join(<-served, conn.Close()); err != nil {
			t.Error(err)
		}
	})
}

func TestHealth(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, one(another("x")))
	client := healthv1.NewHealthClient(proxy.Conn)
	ctx, _ := proxy.Context()
	got, err := client.Check(ctx, &healthv1.HealthCheckRequest{})
	if err != nil || got.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("health is %v, %v", got, err)
	}
	if _, err := client.Check(ctx, &healthv1.HealthCheckRequest{Service: "nobody"}); status.Code(err) != codes.NotFound {
		t.Errorf("health of nobody: %v", err)
	}
}

// Bytes that are no message end the stream; the next one is served.
func TestGarbage(t *testing.T) {
	t.Parallel()
	proxy := sdktest.Start(t, one(entity("x", atOnce)))
	ctx, _ := proxy.Context()
	stream, err := proxy.Conn.NewStream(ctx, eventSourcedHandle(), "/stateward.eventsourced.v1.EventSourcedService/Handle", asBytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.SendMsg([]byte{0xff, 0xff, 0xff}); err != nil {
		t.Fatal(err)
	}
	var answer []byte
	if err := stream.RecvMsg(&answer); status.Code(err) != codes.Internal {
		t.Errorf("garbage is answered by %v, %v", answer, err)
	}
	next := proxy.Open(open("e"))
	next.Ask(call("e"))
	next.Passivate()
}
