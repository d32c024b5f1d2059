package app

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
)

const (
	loopback = "127.0.0.1:0"
	patience = 20 * time.Second
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is a proxy that runs in this process.
type running struct {
	ports map[string]chan string // the address of each port, once it is open
	admin string
	stop  context.CancelFunc
	ended chan error
}

// quick is a config for tests: everything on loopback, nothing on disk.
func quick(target string) Config {
	c := Defaults()
	c.Function = target
	c.Listen, c.Admin = loopback, loopback
	c.Store = StoreMemory
	c.DrainTimeout = patience
	return c
}

// runProxy runs a proxy until the end of the test, or until stopped.
func runProxy(tb testing.TB, config Config) *running {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{
		ports: map[string]chan string{PortAdmin: make(chan string, 1), PortService: make(chan string, 1)},
		stop:  cancel,
		ended: make(chan error, 1),
	}
	config.Opened = func(port string, address net.Addr) { r.ports[port] <- address.String() }
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.ended <- Serve(ctx, config)
	}()
	tb.Cleanup(func() {
		cancel()
		<-done
	})
	select {
	case r.admin = <-r.ports[PortAdmin]:
	case err := <-r.ended:
		tb.Fatal(err)
	}
	return r
}

// halt stops the proxy and returns what became of it.
func (r *running) halt(tb testing.TB) error {
	tb.Helper()
	r.stop()
	return take(tb, r.ended)
}

// ready returns the code and the body of /readyz.
func (r *running) ready(tb testing.TB) (int, string) {
	tb.Helper()
	return r.page(tb, "/readyz")
}

// page returns the code and the body of a page of the admin port.
func (r *running) page(tb testing.TB, path string) (int, string) {
	tb.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	response, err := client.Get("http://" + r.admin + path)
	if err != nil {
		tb.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// client is a caller of the counters.
type client struct {
	conn     *grpc.ClientConn
	messages descriptortest.Messages
}

// dial waits for the service port and returns a caller.
func (r *running) dial(tb testing.TB) *client {
	tb.Helper()
	return dial(tb, take(tb, r.ports[PortService]))
}

// dial returns a caller of the counters at the address.
func dial(tb testing.TB, address string) *client {
	tb.Helper()
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	return &client{conn: conn, messages: descriptortest.NewMessages()}
}

// add adds to a counter and returns its total.
func (c *client) add(id string, amount int64, options ...grpc.CallOption) (int64, error) {
	return c.call(descriptortest.Add, c.messages.AddRequest(id, amount), options...)
}

// get returns the total of a counter.
func (c *client) get(id string) (int64, error) {
	return c.call(descriptortest.Get, c.messages.GetRequest(id))
}

func (c *client) call(path string, request proto.Message, options ...grpc.CallOption) (int64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	response := c.messages.New("GetResponse") // both responses look like this
	err := c.conn.Invoke(ctx, path, request, response, options...)
	return descriptortest.Int64(response, "total"), err
}

// mustAdd adds to a counter and checks its total.
func (c *client) mustAdd(tb testing.TB, id string, amount, want int64) {
	tb.Helper()
	if got, err := c.add(id, amount); got != want || err != nil {
		tb.Fatalf("adding %d to %s gave %d, %v; want %d", amount, id, got, err, want)
	}
}

// watch opens a stream of what gRPC health says of the proxy.
func (c *client) watch(tb testing.TB) grpc_health_v1.Health_WatchClient {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	tb.Cleanup(cancel)
	watch, err := grpc_health_v1.NewHealthClient(c.conn).Watch(ctx, new(grpc_health_v1.HealthCheckRequest))
	if err != nil {
		tb.Fatal(err)
	}
	return watch
}

// await waits until gRPC health says whether the proxy serves.
func (c *client) await(tb testing.TB, want grpc_health_v1.HealthCheckResponse_ServingStatus) {
	tb.Helper()
	for watch := c.watch(tb); ; {
		response, err := watch.Recv()
		if err != nil {
			tb.Fatal(err)
		}
		if response.GetStatus() == want {
			return
		}
	}
}

// take waits for the next value.
func take[T any](tb testing.TB, from <-chan T) T {
	tb.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		tb.Fatal("nothing came in time")
		panic("unreachable")
	}
}
