package app

import (
	"context"
	"time"
)

const (
	// pingTimeout is how long the store may take to say that it takes a write.
	pingTimeout = 2 * time.Second
	// watchInterval is how often the store is asked, for gRPC health.
	watchInterval = time.Second
)

// reasons returns why the proxy is not ready, for people; none when it is.
func (p *proxy) reasons(ctx context.Context) []string {
	p.mu.Lock()
	stopping := p.stopping
	p.mu.Unlock()
	if stopping {
		return []string{"the proxy is stopping"}
	}
	reasons := p.user.client.Reasons()
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if err := p.store.Ping(ctx); err != nil {
		reasons = append(reasons, "the store takes no write: "+err.Error())
	}
	return reasons
}

// watch keeps gRPC health in step with readiness until ctx ends.
func (p *proxy) watch(ctx context.Context) {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	ready := false
	for {
		reasons := p.reasons(ctx)
		p.frontend.SetHealth(len(reasons) == 0, p.user.names())
		if now := len(reasons) == 0; now != ready && ctx.Err() == nil {
			ready = now
			p.tellReady(reasons)
		}
		select {
		case <-ctx.Done():
			return
		case <-p.changed:
		case <-tick.C:
		}
	}
}

// tellReady logs a change.
func (p *proxy) tellReady(reasons []string) {
	if len(reasons) == 0 {
		p.config.Log.Info("ready")
	} else {
		p.config.Log.Warn("not ready", "reasons", reasons)
	}
}
