package frontend

import (
	"context"
	"testing"

	"google.golang.org/grpc/peer"
)

// Of a call without TLS there is nothing to find out about its connection, and that is free.
func TestConnectionOfPlain(t *testing.T) {
	ctx := peer.NewContext(context.Background(), new(peer.Peer))
	if n := testing.AllocsPerRun(100, func() {
		if connectionOf(ctx) != nil {
			t.Fatal("a plain connection has TLS")
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
