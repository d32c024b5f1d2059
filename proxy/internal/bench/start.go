package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/stateward/stateward/proxy/internal/app"
	"github.com/stateward/stateward/proxy/internal/bench/lean"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// starts is how many proxies are started one after the other.
const starts = 9

// start is what a proxy costs that nobody has called yet, with a function that is up; all
// 0 where it was not measured.
type start struct {
	subject

	ready    time.Duration // from the start of its process to the open service port, the median
	answered time.Duration // to the first answer
	resident float64       // bytes of memory behind that answer, the median
}

// start starts proxies, one after the other, on a store that is there already: the first
// of them makes it, and does not count.
func (l *lab) start(ctx context.Context) (measured start, err error) {
	s := subject{store: app.StorePebble}
	if !l.only.MatchString(startName) {
		return measured, nil
	}
	store, err := l.storeOf(ctx, s.store)
	if err != nil {
		return measured, err
	}
	var ready, answered []time.Duration
	var resident []float64
	for n := range starts + 1 {
		begin := time.Now()
		err := l.with(ctx, s, store, func(c *callers, p *part) error {
			opened := time.Since(begin)
			if err := c.call(ctx, 0, lean.Method(wire.EventSourced, "Get"), lean.Get("first")); err != nil {
				return err
			}
			first := time.Since(begin)
			idle, err := p.tell(wordUsage)
			if n > 0 {
				ready, answered, resident = append(ready, opened), append(answered, first), append(resident, float64(idle.Resident))
			}
			return err
		})
		if err != nil {
			return measured, fmt.Errorf("%s: %w", startName, err)
		}
	}
	return start{
		subject: s, ready: percentile(ready, 50), answered: percentile(answered, 50), resident: percentile(resident, 50),
	}, nil
}

// startName is what -only matches.
const startName = "start"
