package function

import (
	"slices"
	"sync"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

// pool holds the connections on which an answer has come, and those that wait for a
// stream. It says on which connection a stream opens, whether a further connection
// is wanted, and why the function does not serve. It does no I/O.
type pool struct {
	mu sync.Mutex
	// connections stand, and are not refused, oldest first.
	connections []*connection
	// refused is the connection whose answer was refused, which is not asked again,
	// and mistakes are what was wrong with it; nil when there is none.
	refused  *connection
	mistakes []string
	// trouble is why there is no connection, for people.
	trouble string
	// drained is the incarnation that has last said that it drains.
	drained string
	// waiters are those that wait for a stream, oldest first: each is closed when it
	// is worth another look.
	waiters []chan struct{}
}

// claim counts a stream in on a connection that takes it. Without such a connection it
// returns a channel that is closed when it is worth another look, which the caller
// gives back by leave; or an error, of the kind fault.Unavailable, when no connection
// is in Serving.
func (p *pool) claim() (*connection, chan struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if reasons := p.wrong(); len(reasons) > 0 {
		return nil, nil, unavailable(reasons)
	}
	for _, conn := range p.connections {
		if conn.health == serving && conn.takes() && !conn.full() {
			conn.streams++
			return conn, nil, nil
		}
	}
	look := make(chan struct{})
	p.waiters = append(p.waiters, look)
	return nil, look, nil
}

// terms are those of the connection on which a stream would open now; false when none
// would.
func (p *pool) terms() (entity.Terms, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.connections {
		if conn.health == serving && conn.takes() {
			return conn.terms, true
		}
	}
	return entity.Terms{}, false
}

// leave gives a channel of claim back. One that was closed meanwhile, and is not used,
// is passed on to the next.
func (p *pool) leave(look chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.waiters, look); i >= 0 {
		p.waiters = slices.Delete(p.waiters, i, i+1)
		return
	}
	p.wake(1)
}

// release counts a stream out.
func (p *pool) release(conn *connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	conn.streams--
	p.settle(conn)
	p.wake(1)
}

// settle closes parting when the connection takes no call any more, and over when it
// has none left either. The caller holds mu.
func (p *pool) settle(conn *connection) {
	if conn.takes() {
		return
	}
	closeOnce(conn.parting)
	if conn.streams == 0 {
		closeOnce(conn.over)
	}
}

// closeOnce closes the channel unless it is closed. The caller holds mu.
func closeOnce(signal chan struct{}) {
	select {
	case <-signal:
	default:
		close(signal)
	}
}

// wake lets the oldest waiters look again. The caller holds mu.
func (p *pool) wake(most int) {
	n := min(most, len(p.waiters))
	for _, look := range p.waiters[:n] {
		close(look)
	}
	p.waiters = slices.Delete(p.waiters, 0, n)
}

// change changes the pool, and lets every waiter look again.
func (p *pool) change(with func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	with()
	for _, conn := range p.connections {
		p.settle(conn)
	}
	p.wake(len(p.waiters))
}

// remove takes the connection out, and those that its answer holds for. It returns
// all that were in.
func (p *pool) remove(conn *connection) (removed []*connection) {
	p.change(func() {
		if p.refused == conn {
			p.refused, p.mistakes = nil, nil
			removed = append(removed, conn)
		}
		p.connections = slices.DeleteFunc(p.connections, func(c *connection) bool {
			gone := c == conn || c.first == conn
			if gone {
				removed = append(removed, c)
			}
			return gone
		})
	})
	return removed
}

// wants reports whether a further connection is wanted, and whether none stands that
// takes calls.
func (p *pool) wants() (wanted, alone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused != nil {
		return false, false
	}
	room, anonymous, begins := false, false, false
	alone = true
	for _, conn := range p.connections {
		if !conn.takes() {
			continue
		}
		alone = false
		anonymous = anonymous || conn.incarnation == "" && !conn.dialect.Cloudstate
		begins = begins || conn.health == starting
		room = room || conn.streams == 0 || conn.health == serving && !conn.full()
	}
	// A function that takes not one stream of an entity takes none on another
	// connection either.
	return alone || len(p.waiters) > 0 && !room && !anonymous && !begins, alone
}

// crowd returns how many wait for the end of another stream, since no further
// connection may be made (DISC-INC-006).
func (p *pool) crowd() int {
	wanted, alone := p.wants()
	p.mu.Lock()
	defer p.mu.Unlock()
	if wanted || alone {
		return 0
	}
	return len(p.waiters)
}

// teller returns a connection on which the function can be told something.
func (p *pool) teller() (*connection, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var taken *connection
	for _, conn := range p.connections {
		switch {
		case !conn.takes():
		case !conn.full():
			return conn, nil
		case taken == nil:
			taken = conn // it may have room in a while
		}
	}
	if taken != nil {
		return taken, nil
	}
	return nil, unavailable(append(p.wrong(), "no connection to it takes calls"))
}

// reasons returns why the function does not serve now; none when it does.
func (p *pool) reasons() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.wrong())
}

// wrong is reasons for who holds mu. A connection that takes no more calls since the
// function has sent GOAWAY still serves; one that drains does not (LIFE-READY-006).
func (p *pool) wrong() []string {
	if p.refused != nil {
		return p.mistakes
	}
	var unwell, drains, begins bool
	reason := ""
	for _, conn := range p.connections {
		switch {
		case conn.isDraining():
			drains = true
		case conn.health == serving:
			return nil
		case conn.health == notServing:
			unwell, reason = true, conn.reason
		default:
			begins = true
		}
	}
	switch {
	case unwell && reason != "":
		return []string{"the user function says that it does not serve: " + reason}
	case unwell:
		return []string{"the user function says that it does not serve"}
	case begins:
		return []string{"the user function has yet to say how it is"}
	case drains:
		return []string{"the user function drains"}
	default:
		return []string{p.trouble}
	}
}

// unavailable is the error of a function that does not serve for these reasons.
func unavailable(reasons []string) error {
	return fault.New(fault.Unavailable, "the user function does not serve: %s", join(reasons))
}

// accept puts a connection in whose answer was accepted. In the same breath, so that
// nobody finds the pool empty, those are taken out, and returned, that end because
// another process has answered.
func (p *pool) accept(conn *connection, another bool) (old []*connection) {
	p.change(func() {
		old = p.outdated(another)
		p.connections = append(p.connections, conn)
	})
	return old
}

// refuse puts a connection in whose answer was refused; otherwise it is as accept.
func (p *pool) refuse(conn *connection, mistakes []string, another bool) (old []*connection) {
	p.change(func() {
		old = p.outdated(another)
		p.refused, p.mistakes = conn, mistakes
	})
	return old
}

// extend puts a connection in that was not asked. It reports false where the one
// whose answer holds for it has gone.
func (p *pool) extend(conn *connection) (stands bool) {
	p.change(func() {
		if stands = slices.Contains(p.connections, conn.first); stands {
			p.connections = append(p.connections, conn)
		}
	})
	return stands
}

// first returns the connection whose answer holds for a further one, which is not
// asked; nil when a further one is.
func (p *pool) first() *connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.connections {
		if conn.dialect.Cloudstate && conn.first == nil && conn.takes() {
			return conn
		}
	}
	return nil
}

// goes reports whether the incarnation is one on whose connection the function has
// said that it drains (LIFE-DRAIN-011).
func (p *pool) goes(incarnation string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return incarnation != "" && p.drained == incarnation
}

// outdated takes out, and returns, the connections that end when another process has
// answered: all but those on which the function drains (LIFE-DRAIN-010). The caller
// holds mu.
func (p *pool) outdated(another bool) (old []*connection) {
	if !another {
		return nil
	}
	p.connections = slices.DeleteFunc(p.connections, func(conn *connection) bool {
		if conn.isDraining() {
			return false
		}
		old = append(old, conn)
		return true
	})
	return old
}

// drain notes that the function has said on the connection that it drains.
func (p *pool) drain(conn *connection) {
	p.change(func() {
		p.drained = conn.incarnation
		closeOnce(conn.draining)
	})
}

// feel notes how the function on the connection is.
func (p *pool) feel(conn *connection, health health, reason string) {
	p.change(func() { conn.health, conn.reason = health, reason })
}

// begin takes the function on the connection for well when it has said nothing yet, and
// reports whether that is so.
func (p *pool) begin(conn *connection) (silent bool) {
	p.change(func() {
		if silent = conn.health == starting; silent {
			conn.health = serving
		}
	})
	return silent
}

// stands reports whether the connection is in the pool and takes calls.
func (p *pool) stands(conn *connection) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.connections, conn) && conn.takes()
}

// well returns why the function takes no further command on a stream of the
// connection; nil when it does.
func (p *pool) well(conn *connection) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if conn.health != notServing {
		return nil
	}
	return fault.New(fault.Unavailable, "the user function says that it does not serve: %s", conn.reason)
}
