package postgres

import (
	"context"
	"sync"

	"github.com/stateward/stateward/proxy/internal/store"
)

// gates lets one write of an entity at a time be under way, and no read besides.
type gates struct {
	mu   sync.Mutex
	shut map[store.ID]chan struct{} // guarded by mu; each is closed when its gate opens
}

// enter shuts the entity's gate behind the caller, who opens it again with leave.
func (g *gates) enter(ctx context.Context, id store.ID, closing <-chan struct{}) (leave func(), err error) {
	for {
		opens, mine := g.try(id)
		if mine {
			return func() { g.open(id, opens) }, nil
		}
		select {
		case <-opens:
		case <-closing:
			return nil, store.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// try returns what is closed when the gate opens, and whether the caller has just
// shut it.
func (g *gates) try(id store.ID) (opens chan struct{}, mine bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if opens, shut := g.shut[id]; shut {
		return opens, false
	}
	opens = make(chan struct{})
	g.shut[id] = opens
	return opens, true
}

func (g *gates) open(id store.ID, opens chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.shut, id)
	close(opens)
}
