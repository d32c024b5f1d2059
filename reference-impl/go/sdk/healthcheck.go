package sdk

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// healthTimeout is how long the function may take to say how it is.
const healthTimeout = 2 * time.Second

// healthcheck asks the function that serves at the environment's address how it is. Its
// error is any answer but SERVING, or that none came in time.
func healthcheck(ctx context.Context, getenv func(string) string, timeout time.Duration) error {
	network, address, err := ownAddress(getenv)
	if err != nil {
		return err
	}
	conn, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		// A dialer of its own: a path is no URL, and no proxy of the environment is asked.
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, network, address)
		}))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // it has said what it had to say
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answer, err := healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{})
	if err != nil {
		return fmt.Errorf("%s: %s: %s", address, status.Code(err), status.Convert(err).Message())
	}
	if answer.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		return fmt.Errorf("%s: %s", address, answer.GetStatus())
	}
	return nil
}

// ownAddress returns where this machine reaches the function that the environment
// describes: a host that means every address is asked on the loopback. Its error is the
// port 0, behind which is whichever was free.
func ownAddress(getenv func(string) string) (network, address string, err error) {
	network, address = addressOf(getenv)
	if network == "unix" {
		return network, address, nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", "", err
	}
	if number, err := strconv.Atoi(port); err == nil && number == 0 {
		return "", "", fmt.Errorf("PORT=%s does not say where the function listens", port)
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.To4() == nil {
			host = "::1"
		}
	}
	return network, net.JoinHostPort(host, port), nil
}
