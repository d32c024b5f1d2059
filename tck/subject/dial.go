package subject

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/peer"
)

// Dial prepares a connection without transport security whose first attempts
// follow one another quickly: what it reaches for is just being started.
func Dial(address string) (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:///"+address, grpc.WithInitialWindowSize(peer.Window),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: firstPause, Multiplier: 1.6, Jitter: 0.2, MaxDelay: lastPause},
			MinConnectTimeout: oneProbe,
		}))
}

// discover asks once. A server that lacks the service altogether will not grow
// it.
func discover(ctx context.Context, conn grpc.ClientConnInterface) (*discoveryv1.DiscoverResponse, error) {
	answer, err := discoveryv1.NewDiscoveryServiceClient(conn).Discover(ctx, peer.Question())
	switch code := status.Code(err); code {
	case codes.OK:
		return answer, nil
	case codes.Unimplemented:
		return nil, Hopeless(errors.New("it does not serve " + discoveryv1.DiscoveryService_ServiceDesc.ServiceName))
	default:
		return nil, fmt.Errorf("Discover ended with %v: %s", code, status.Convert(err).Message())
	}
}
