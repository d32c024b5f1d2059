package frontend_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/grpc/health/grpc_health_v1"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// TestDrainHTTP covers LIFE-STOP-003 for calls by HTTP: one that is under way is answered,
// and no new one is taken.
func TestDrainHTTP(t *testing.T) {
	eachHTTP(t, func(t *testing.T, http2 bool) {
		t.Helper()
		begun, finish := make(chan struct{}), make(chan struct{})
		b := start(t, func(context.Context, request) (*entityv1.Reply, error) {
			close(begun)
			<-finish
			return total(42), nil
		})
		b.drained.Store(true) // by the test itself
		url, client := b.overHTTP(t, http2)
		outcome := make(chan string, 1)
		go func() { // ends with the call
			response, err := client.Post(url+descriptortest.Add, "", strings.NewReader("{}"))
			if err != nil {
				outcome <- err.Error()
				return
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			outcome <- string(body) + errors.Join(err, errors.New("")).Error()
		}()
		<-begun
		closed, drained := make(chan struct{}), make(chan error, 1)
		b.closing = func() { close(closed) }
		go func() { drained <- b.frontend.Drain(context.Background()) }()
		<-closed
		close(finish)
		if got := <-outcome; got != `{"total":"42"}` {
			t.Errorf("the call under way: %s", got)
		}
		if err := <-drained; err != nil {
			t.Error(err)
		}
		if conn, err := net.Dial("tcp", b.address); err == nil {
			conn.Close()
			t.Error("the port is open")
		}
	})
}

// TestDrainEndsWatches shows that a caller by Connect that watches health does not keep
// the frontend.
func TestDrainEndsWatches(t *testing.T) {
	b := start(t, never(t))
	b.drained.Store(true)
	url, client := b.overHTTP(t, true)
	watch := connect.NewClient[grpc_health_v1.HealthCheckRequest, grpc_health_v1.HealthCheckResponse](client, url+grpc_health_v1.Health_Watch_FullMethodName)
	stream, err := watch.CallServerStream(t.Context(), connect.NewRequest(new(grpc_health_v1.HealthCheckRequest)))
	if err != nil || !stream.Receive() {
		t.Fatal(err)
	}
	if err := b.frontend.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	for stream.Receive() {
	}
	if connect.CodeOf(stream.Err()) != connect.CodeUnavailable {
		t.Errorf("the end is %v", stream.Err())
	}
	stream.Close()
}

// TestDrainGivesUpHTTP shows that the end of its context breaks off a stream that nobody
// ends, and that its call has ended by then.
func TestDrainGivesUpHTTP(t *testing.T) {
	eachHTTP(t, func(t *testing.T, http2 bool) {
		t.Helper()
		ended := false
		b := serve(t, streams(func(ctx context.Context, _ *entityv1.Metadata, caller calls.Caller) error {
			if err := caller.Send(total(1)); err != nil {
				return err
			}
			<-ctx.Done()
			ended = true
			return fault.FromContext(ctx)
		}), watchers(""))
		b.drained.Store(true)
		url, client := b.overHTTP(t, http2)
		response, err := client.Post(url+descriptortest.Add, "", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body := bufio.NewReader(response.Body)
		if _, err := body.ReadString('\n'); err != nil || response.StatusCode != http.StatusOK {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.frontend.Drain(ctx); !errors.Is(err, context.Canceled) || !ended {
			t.Errorf("%v; the call has ended: %v", err, ended)
		}
		if _, err := io.ReadAll(body); err == nil {
			t.Error("the stream ended as if it were whole")
		}
	})
}
