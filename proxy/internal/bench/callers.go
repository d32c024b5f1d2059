package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/stateward/stateward/proxy/internal/bench/lean"
)

// shared is how many callers share a connection.
const shared = 64

// callers call one proxy. Each waits for its answer before it calls again.
type callers struct {
	conns []*grpc.ClientConn
}

// dial returns so many callers at most.
func dial(address string, most int) (*callers, error) {
	c := new(callers)
	for range (most + shared - 1) / shared {
		conn, err := grpc.NewClient("passthrough:///"+address,
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.ForceCodecV2(lean.NewCodec())))
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		c.conns = append(c.conns, conn)
	}
	return c, nil
}

func (c *callers) close() (err error) {
	for _, conn := range c.conns {
		err = errors.Join(err, conn.Close())
	}
	return err
}

// call makes one call by a caller.
func (c *callers) call(ctx context.Context, caller int, method string, request []byte) error {
	var response []byte
	return c.conns[caller%len(c.conns)].Invoke(ctx, method, &request, &response)
}

// once calls once for each request, a few at a time.
func (c *callers) once(ctx context.Context, method string, requests [][]byte) error {
	var next atomic.Int64
	return c.all(shared, func(caller int) error {
		for n := next.Add(1); n <= int64(len(requests)); n = next.Add(1) {
			if err := c.call(ctx, caller, method, requests[n-1]); err != nil {
				return err
			}
		}
		return nil
	})
}

// during has so many callers call for a time, each its own of the requests by turns, and
// returns how long each call took.
func (c *callers) during(ctx context.Context, count int, span time.Duration, method string, requests [][]byte) ([]time.Duration, error) {
	took := make([][]time.Duration, count)
	over := time.Now().Add(span)
	err := c.all(count, func(caller int) error {
		for n := caller; ; n += count {
			begin := time.Now()
			if begin.After(over) {
				return nil
			}
			if err := c.call(ctx, caller, method, requests[n%len(requests)]); err != nil {
				return err
			}
			took[caller] = append(took[caller], time.Since(begin))
		}
	})
	var all []time.Duration
	for _, some := range took {
		all = append(all, some...)
	}
	return all, err
}

// all runs so many callers and returns what went wrong with one of them.
func (c *callers) all(count int, run func(caller int) error) error {
	failed := make(chan error, count)
	var running sync.WaitGroup
	for caller := range count {
		running.Go(func() {
			if err := run(caller); err != nil {
				failed <- err
			}
		})
	}
	running.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// requests returns one for each of so many keys.
func requests(request func(key string) []byte, keys int) [][]byte {
	all := make([][]byte, keys)
	for n := range all {
		all[n] = request(fmt.Sprint("counter-", n))
	}
	return all
}
