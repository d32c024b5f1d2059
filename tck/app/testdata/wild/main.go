// Command wild is a subject for the tests of the kit: it answers discovery as the
// kit's own model does, and misbehaves in every other call, as its argument says.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/tck/mutant"
	"github.com/stateward/stateward/tck/peer"
)

// discovery answers as the model does, and takes reports.
type discovery struct {
	discoveryv1.UnimplementedDiscoveryServiceServer

	answer *discoveryv1.DiscoverResponse
	wavers bool // lists nothing every other time
	asked  atomic.Int64
}

func (d *discovery) Discover(context.Context, *discoveryv1.DiscoverRequest) (*discoveryv1.DiscoverResponse, error) {
	if d.asked.Add(1)%2 == 0 && d.wavers {
		return &discoveryv1.DiscoverResponse{}, nil
	}
	return d.answer, nil
}

func main() {
	handlers := map[string]grpc.StreamHandler{
		"hangs":   hang,   // takes what is sent, and says nothing
		"floods":  flood,  // answers without end
		"babbles": babble, // answers what is no message of the protocol
		"dies":    die,
		"wavers":  die, // is asked for discovery alone
	}
	server := grpc.NewServer(grpc.UnknownServiceHandler(handlers[os.Args[1]]))
	discoveryv1.RegisterDiscoveryServiceServer(server, &discovery{answer: ask(), wavers: os.Args[1] == "wavers"})
	listener, err := net.Listen("tcp", net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT"))) //nolint:noctx // it listens as long as it lives
	check(err)
	check(server.Serve(listener))
}

// ask asks the model what it serves.
func ask() *discoveryv1.DiscoverResponse {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // for one call
	check(err)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { check(mutant.Listen(ctx, listener, "")) }()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(err)
	answer, err := discoveryv1.NewDiscoveryServiceClient(conn).Discover(ctx, peer.Question(), grpc.WaitForReady(true))
	check(err)
	check(conn.Close())
	return answer
}

func hang(_ any, stream grpc.ServerStream) error {
	<-stream.Context().Done()
	return stream.Context().Err()
}

func flood(_ any, stream grpc.ServerStream) error {
	for {
		if err := stream.SendMsg(wrapperspb.String(strings.Repeat("x", 1<<10))); err != nil {
			return err
		}
	}
}

// babble sends a field that is a message by its number, and none by its bytes.
func babble(_ any, stream grpc.ServerStream) error {
	if err := stream.RecvMsg(&emptypb.Empty{}); err != nil {
		return err
	}
	return stream.SendMsg(wrapperspb.Bytes([]byte{0xff}))
}

func die(any, grpc.ServerStream) error {
	fmt.Println("out of memory")
	os.Exit(9)
	return nil
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
