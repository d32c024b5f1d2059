package defect

import (
	"context"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"
)

// Pooled is the defect of a function that has so many threads on each connection for the
// streams of a service, which is given by its full name: one that finds none waits. On the
// first connection it has as many as it takes, for all cases share that one, and it is a
// matter of chance how many streams they have open at once.
func Pooled(service string, threads int) Defect {
	return func() Instance {
		p := &pools{method: "/" + service + "/", threads: threads}
		return Instance{Options: []grpc.ServerOption{grpc.StatsHandler(p), grpc.StreamInterceptor(p.serve)}}
	}
}

// pools gives each connection but the first a pool of threads.
type pools struct {
	tagger

	method  string // what the names of the service's methods begin with
	threads int
	came    atomic.Int64
}

type poolKey struct{}

// TagConn gives a connection its pool.
func (p *pools) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context {
	if p.came.Add(1) == 1 {
		return ctx
	}
	return context.WithValue(ctx, poolKey{}, make(chan struct{}, p.threads))
}

// serve serves a stream once there is a thread for it.
func (p *pools) serve(served any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	busy, pooled := stream.Context().Value(poolKey{}).(chan struct{})
	if !pooled || !strings.HasPrefix(info.FullMethod, p.method) {
		return handle(served, stream)
	}
	select {
	case busy <- struct{}{}:
	case <-stream.Context().Done():
		return stream.Context().Err()
	}
	defer func() { <-busy }()
	return handle(served, stream)
}
