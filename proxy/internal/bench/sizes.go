package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/stateward/stateward/proxy/internal/app"
	"github.com/stateward/stateward/proxy/internal/bench/lean"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// multiplexedMost is how many entities of a kind a connection multiplexes: 1,024 on each
// of 8 streams (MUX-LIMIT-001, MUX-LIMIT-002). Those beyond have plain streams.
const multiplexedMost = 8 * 1024

// entitySize is what active entities cost the proxy.
type entitySize struct {
	subject

	entities int
	bytes    float64 // of resident memory, each
	// heap and stacks are of bytes; the rest is between them.
	heap, stacks float64
	goroutines   float64 // each
	rate         float64 // activations a second
}

// entitySizes measures what an active entity costs, on plain streams and multiplexed.
func (l *lab) entitySizes(ctx context.Context) (all []entitySize, err error) {
	if l.entities == 0 {
		return nil, nil
	}
	for _, s := range []subject{{store: app.StorePebble}, {store: app.StorePebble, multiplexed: true}} {
		n := l.entities
		if s.multiplexed {
			n = min(n, multiplexedMost)
		}
		measured, err := l.entitySize(ctx, s, n)
		if err != nil {
			return nil, fmt.Errorf("%d entities, %v: %w", n, s, err)
		}
		all = append(all, measured)
	}
	return all, nil
}

// entitySize activates so many entities in a proxy of its own. Nothing is stored of
// them, so that the memory is not the store's.
func (l *lab) entitySize(ctx context.Context, s subject, n int) (e entitySize, err error) {
	p, err := l.startSubject(ctx, s)
	if err != nil {
		return e, err
	}
	defer p.kill()
	c, err := dial(p.at.TCP, shared)
	if err != nil {
		return e, err
	}
	defer c.close() //nolint:errcheck // it has done its work
	all, method := requests(lean.Get, n+shared), lean.Method(wire.EventSourced, "Get")
	if err := c.once(ctx, method, all[n:]); err != nil { // what the first need is not the others'
		return e, err
	}
	before, err := p.tell(wordSettle)
	if err != nil {
		return e, err
	}
	begin := time.Now()
	if err := c.once(ctx, method, all[:n]); err != nil {
		return e, err
	}
	rate := float64(n) / time.Since(begin).Seconds()
	after, err := p.tell(wordSettle)
	if err == nil && l.profiles != "" {
		_, err = p.tell(wordHeap, filepath.Join(l.profiles, "heap "+s.String()+".pprof"))
	}
	return entitySize{
		subject: s, entities: n, rate: rate,
		bytes:      float64(after.Resident-before.Resident) / float64(n),
		heap:       float64(after.Heap-before.Heap) / float64(n),
		stacks:     float64(after.Stacks-before.Stacks) / float64(n),
		goroutines: float64(after.Goroutines-before.Goroutines) / float64(n),
	}, err
}
