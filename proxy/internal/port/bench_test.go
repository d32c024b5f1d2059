package port_test

import (
	"context"
	"net"
	"sync/atomic"
	"syscall"
	"testing"

	"google.golang.org/grpc"
)

// BenchmarkGRPC compares calls of gRPC through a port with the bare way. The ratio is of
// processor time in one run: the two take turns.
func BenchmarkGRPC(b *testing.B) {
	bare, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := grpc.NewServer(grpc.ForceServerCodecV2(raw{}), grpc.UnknownServiceHandler(echoGRPC), grpc.MaxConcurrentStreams(10_000))
	go func() { _ = server.Serve(bare) }() // ends with Stop
	b.Cleanup(server.Stop)
	ways := map[string]*grpc.ClientConn{
		"bare": (&stage{addr: bare.Addr().String()}).dial(b, nil),
		"port": open(b, nil).dial(b, nil),
	}
	for name, size := range map[string]int{"small": 100, "64KiB": 64 << 10, "1MiB": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			body := content(size)
			ns := map[string]int64{}
			b.SetBytes(int64(2 * size))
			for b.Loop() {
				for _, way := range []string{"bare", "port", "port", "bare"} {
					ns[way] += cost(b, ways[way], body)
				}
			}
			b.ReportMetric(float64(ns["port"])/float64(ns["bare"]), "port/bare")
		})
	}
}

// cost makes calls from eight callers, and returns what they cost.
func cost(b *testing.B, client *grpc.ClientConn, body []byte) int64 {
	b.Helper()
	var left atomic.Int64
	left.Store(max(2000*100/int64(len(body)), 16))
	before := cpu(b)
	done := make(chan error, 8)
	for range cap(done) {
		go func() {
			for left.Add(-1) >= 0 {
				if _, err := call(context.Background(), client, body); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	return cpu(b) - before
}

// cpu is how long this process has computed, in nanoseconds: other processes do not count.
func cpu(b *testing.B) int64 {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return used.Utime.Nano() + used.Stime.Nano()
}
