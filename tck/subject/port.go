package subject

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
)

// Ports that FreePort chooses from. Every usual system takes the ports that it
// gives to outgoing connections, and to whoever listens on port 0, from above
// them (Linux from 32768, others from 49152), so that what the kit chooses is
// not given to somebody else before its process has it.
const (
	firstPort = 20000
	lastPort  = 32000
)

// portTries is how many ports FreePort looks at before it gives up.
const portTries = 100

// order is that in which ports are drawn: at random, so that two kits on one machine do
// not choose the same one.
var order = sync.OnceValue(func() []int { return rand.Perm(lastPort - firstPort) }) //nolint:gosec // nobody is kept out by it

// drawn counts the ports that were.
var drawn atomic.Uint64

// FreePort returns a port that nobody listens on, neither on 127.0.0.1 nor on
// every address. None comes twice before every other has, so that whoever has one
// may take its time until it listens.
func FreePort(ctx context.Context) (int, error) {
	for range portTries {
		port := firstPort + order()[drawn.Add(1)%(lastPort-firstPort)]
		err := probe(ctx, port)
		switch {
		case err == nil:
			return port, nil
		case !errors.Is(err, syscall.EADDRINUSE):
			return 0, fmt.Errorf("subject: no free port: %w", err)
		}
	}
	return 0, fmt.Errorf("subject: no free port: %d of those from %d to %d are all taken", portTries, firstPort, lastPort)
}

// probe listens for a moment.
func probe(ctx context.Context, port int) error {
	var config net.ListenConfig
	for _, host := range []string{"127.0.0.1", ""} {
		listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			return err
		}
		if err := listener.Close(); err != nil {
			return err
		}
	}
	return nil
}
