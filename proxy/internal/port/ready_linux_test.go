package port

import (
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"google.golang.org/grpc/mem"
)

// lender is a pool that tells when a buffer comes back.
type lender struct {
	mem.NopBufferPool

	back chan struct{}
}

func (l *lender) Put(*[]byte) { l.back <- struct{}{} }

// TestIdleNeedsNoBuffer has a connection on which nothing comes: it gives its buffer back.
func TestIdleNeedsNoBuffer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(&Port{config: Defaults()}, &identity{Conn: conn, release: func() {}}, []byte(http2.ClientPreface)).(*host)
	defer h.Close()
	pool := &lender{back: make(chan struct{}, 10)}
	if b, n, err := h.ReadOnReady(1000, pool); err != nil || string((*b)[:n]) != http2.ClientPreface {
		t.Fatalf("%d bytes at first, %v", n, err)
	}
	read := make(chan string)
	go func() {
		b, n, _ := h.ReadOnReady(1000, pool)
		read <- string((*b)[:n])
	}()
	select {
	case <-pool.back: // nothing has come, and it has none
	case <-time.After(10 * time.Second):
		t.Fatal("an idle connection keeps its buffer")
	}
	ping := string(appendFrame(nil, http2.FramePing, 0, 0, make([]byte, 8)))
	if _, err := client.Write([]byte(ping)); err != nil {
		t.Fatal(err)
	}
	if got := <-read; got != ping {
		t.Errorf("%q came, and was %q", got, ping)
	}
}
