package scenario_test

import (
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"

	cartv1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/cart/v1"
)

// connection is the clients' way to the proxy, wherever it listens now. It is
// safe for concurrent use.
type connection struct {
	mu      sync.Mutex
	address string
	conn    *grpc.ClientConn
}

// use points the clients at an address. A proxy that kept its address keeps
// its connection, as clients of a proxy do.
func (c *connection) use(address string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.address == address {
		return nil
	}
	conn, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: pause, Multiplier: 1, MaxDelay: pause},
			MinConnectTimeout: attemptTime,
		}),
	)
	if err != nil {
		return err
	}
	if c.conn != nil {
		c.conn.Close()
	}
	c.address, c.conn = address, conn
	return nil
}

func (c *connection) client() cartv1.ShoppingCartServiceClient {
	c.mu.Lock()
	defer c.mu.Unlock()
	return cartv1.NewShoppingCartServiceClient(c.conn)
}

func (c *connection) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		c.conn.Close()
	}
}
