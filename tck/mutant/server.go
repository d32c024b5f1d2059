package mutant

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/dialect"
	"github.com/stateward/stateward/tck/engine"
	"github.com/stateward/stateward/tck/mutant/defect"
	"github.com/stateward/stateward/tck/peer"
)

// pipe is how many bytes a connection in memory holds, in each direction. A run makes
// hundreds of connections. A self-check makes many thousand
// connections, and their buffers live on for a while after them.
const pipe = 64 << 10

// target is a subject in this process.
type target struct {
	conn   *grpc.ClientConn
	dialer dialer
	answer *discoveryv1.DiscoverResponse // the first to Discover; an impostor's is nil
	in     dialect.Dialect               // what it is asked in; version 1 when empty
}

// dialer makes a connection of bytes to a subject in this process.
type dialer func(context.Context) (net.Conn, error)

// Conn is the connection to it.
func (t target) Conn() grpc.ClientConnInterface { return t.in.Client(t.conn) }

// Dial prepares a further connection to it.
func (t target) Dial() (engine.Connection, error) {
	conn, err := dial(t.dialer)
	if err != nil {
		return nil, err
	}
	return t.in.Connection(conn), nil
}

// Discovery is its first answer.
func (t target) Discovery() *discoveryv1.DiscoverResponse { return t.answer }

// with runs use against a server in memory, and returns once nothing of the
// server and of the connection to it is left.
func with(server *grpc.Server, use func(target) error) error {
	listener := bufconn.Listen(pipe)
	var serving sync.WaitGroup
	var served error
	serving.Go(func() { served = server.Serve(listener) })
	err := reach(listener.DialContext, use)
	server.Stop()
	serving.Wait()
	return errors.Join(err, served)
}

// reach runs use on a connection that is made by the dialer.
func reach(by dialer, use func(target) error) error {
	conn, err := dial(by)
	if err != nil {
		return fmt.Errorf("no connection in memory: %w", err)
	}
	return errors.Join(use(target{conn: conn, dialer: by}), conn.Close())
}

// dial prepares a connection that is made by the dialer.
func dial(by dialer) (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:///subject", grpc.WithInitialWindowSize(peer.Window),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return by(ctx) }))
}

// serve runs use against the model with the defect.
func serve(d defect.Defect, use func(target) error) error { return serveIn(dialect.V1, d, use) }

// serveIn runs use against the model with the defect, which speaks this dialect alone,
// once it has answered Discover, as every subject has.
func serveIn(in dialect.Dialect, d defect.Defect, use func(target) error) error {
	server := newFunction(in, d)
	return with(server, func(t target) error {
		t.in = in
		answer, err := discoveryv1.NewDiscoveryServiceClient(t.Conn()).
			Discover(context.Background(), peer.Question())
		if err != nil {
			return fmt.Errorf("the model is not ready: %w", err)
		}
		t.answer = answer
		return use(t)
	})
}
