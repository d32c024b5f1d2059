package function

import (
	"context"
	"slices"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/multiplex"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// seat gives an entity a handle on a multiplexed stream that is open; nil when none has
// room.
func (p *pool) seat(ctx context.Context, kind wire.Kind) *handle {
	for _, m := range p.seats(kind) {
		if h := m.seat(ctx); h != nil {
			return h
		}
	}
	return nil
}

// seats returns the multiplexed streams of the kind on which handles may open.
func (p *pool) seats(kind wire.Kind) []*multiplexed {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.connections {
		if conn.health == serving && conn.takes() && len(conn.seats[kind]) > 0 {
			return conn.seats[kind]
		}
	}
	return nil
}

// mayMultiplex reports whether a further multiplexed stream of the kind may be opened on
// the connection (MUX-USE-001, MUX-LIMIT-002, MUX-WRONG-005).
func (p *pool) mayMultiplex(conn *connection, kind wire.Kind) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return conn.terms.Capabilities.Has(discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM) &&
		conn.broken < mostBroken && len(conn.seats[kind]) < mostStreams
}

// enter adds a multiplexed stream. The list is a new one, so that seats may be read
// without the lock.
func (p *pool) enter(m *multiplexed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.conn.seats[m.kind] = append(slices.Clone(m.conn.seats[m.kind]), m)
}

// unseat takes a multiplexed stream out.
func (p *pool) unseat(m *multiplexed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.conn.seats[m.kind] = slices.DeleteFunc(slices.Clone(m.conn.seats[m.kind]), func(other *multiplexed) bool { return other == m })
}

// free lets the oldest waiter look again, since a handle is free.
func (p *pool) free() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wake(1)
}

// multiplex opens an entity's stream on a further multiplexed stream of the connection,
// on which a stream is counted in for that; nil when none may be opened.
func (c *Client) multiplex(ctx context.Context, conn *connection, entity wire.Entity) (*handle, error) {
	conn.entering.Lock()
	defer conn.entering.Unlock()
	if h := c.pool.seat(ctx, entity.Kind); h != nil { // another was faster
		c.pool.release(conn)
		return h, nil
	}
	if !c.pool.mayMultiplex(conn, entity.Kind) {
		return nil, nil
	}
	living, cancel := context.WithCancel(context.WithoutCancel(ctx)) // it outlives the entity that opens it
	waiting := context.AfterFunc(ctx, cancel)
	stream, err := c.newStream(living, conn, conn.dialect.Multiplex, true, false)
	if waiting(); err != nil {
		cancel()
		return nil, err
	}
	m := &multiplexed{
		client: c, conn: conn, kind: entity.Kind, grpc: stream, cancel: cancel,
		wake: make(chan struct{}, 1), machine: multiplex.New(), live: map[*handle]struct{}{},
	}
	_ = stream.SendMsg(raw(multiplex.Start(entity.Type))) // read says why not
	h := m.seat(ctx)
	c.pool.enter(m)
	c.owned.Go(m.read)
	c.owned.Go(m.write)
	return h, nil
}
