package scenario_test

import (
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"

	cartv1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/cart/v1"
	presencev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/presence/v1"
	profilev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/profile/v1"
	temperaturev1 "github.com/stateward/stateward/reference-impl/gen/stateward/samples/temperature/v1"
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

// now is the connection of this moment.
func (c *connection) now() *grpc.ClientConn {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn
}

// where is the address of this moment.
func (c *connection) where() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.address
}

func (c *connection) cart() cartv1.ShoppingCartServiceClient {
	return cartv1.NewShoppingCartServiceClient(c.now())
}

func (c *connection) profile() profilev1.CustomerProfileServiceClient {
	return profilev1.NewCustomerProfileServiceClient(c.now())
}

func (c *connection) presence() presencev1.PresenceServiceClient {
	return presencev1.NewPresenceServiceClient(c.now())
}

func (c *connection) temperature() temperaturev1.TemperatureServiceClient {
	return temperaturev1.NewTemperatureServiceClient(c.now())
}

func (c *connection) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		c.conn.Close()
	}
}
