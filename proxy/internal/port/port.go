// Package port is one TCP port for two servers: calls of gRPC go to grpc-go's own
// transport, everything else to net/http, and whoever only costs is cut off.
package port

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// The reasons why a connection is refused.
const (
	// RefusedFull is that as many are open as may be.
	RefusedFull = "full"
	// RefusedAddress is that its address has as many open as it may have.
	RefusedAddress = "address"
)

// Observer is told of connections, from any goroutine.
type Observer interface {
	// Connections says that so many more, or fewer, are open.
	Connections(change int)
	// Refused counts one that was closed at once, by reason.
	Refused(reason string)
	// CutOff counts one that the port has ended, by reason: slow, handshake, resets,
	// flood, headers, backlog or protocol.
	CutOff(reason string)
}

// Config is how a port treats its connections. Start from [Defaults]; Observer and Log
// are needed beside.
type Config struct {
	// TLS is nil for plain connections. ALPN is the port's: h2 and http/1.1.
	TLS *tls.Config
	// MaxConnections is how many may be open, and MaxPerAddress how many of them from
	// one address; 0 is any number for the second. One more is closed at once.
	MaxConnections, MaxPerAddress int
	// MaxStreams is how many streams one connection is told that it may have open. The
	// servers behind announce their own number a moment later.
	MaxStreams uint32
	// MaxResets is how many streams the client of one connection may cancel in 10 s.
	MaxResets int
	// HandshakeTimeout is how long the handshake of TLS may take, HeadTimeout the first
	// byte after it, and the preface and SETTINGS of HTTP/2.
	HandshakeTimeout, HeadTimeout time.Duration
	// Patience is how long a connection of HTTP/2 waits for its first call before it is
	// given to grpc-go, which answers what does not belong to a call; and one that may
	// become HTTP/2 for the rest of the preface before net/http gets it.
	Patience time.Duration
	// Clock measures the 10 s in which a client may cancel so much, and cost so much.
	Clock func() time.Time

	Observer Observer
	Log      *slog.Logger
}

// Defaults returns a config for plain connections.
func Defaults() Config {
	return Config{
		MaxConnections:   10_000,
		MaxStreams:       10_000,
		MaxResets:        2000,
		HandshakeTimeout: 10 * time.Second,
		HeadTimeout:      10 * time.Second,
		Patience:         time.Second,
		Clock:            time.Now,
	}
}

// validate returns what is wrong with the config; nil when nothing is.
func (c *Config) validate() error {
	if c.Observer == nil || c.Log == nil || c.Clock == nil {
		return errors.New("port: Observer, Log and Clock are needed")
	}
	if c.MaxConnections <= 0 || c.MaxPerAddress < 0 || c.MaxStreams == 0 || c.MaxResets <= 0 {
		return errors.New("port: MaxConnections, MaxStreams and MaxResets are above 0")
	}
	if c.HandshakeTimeout <= 0 || c.HeadTimeout <= 0 || c.Patience <= 0 {
		return errors.New("port: HandshakeTimeout, HeadTimeout and Patience are above 0")
	}
	return nil
}

// silence is how long a client may acknowledge nothing of what is sent to it, or, where
// the kernel counts that too, may have no room for more.
const silence = 20 * time.Second

// Port is one open port. Each of its two listeners is served by one server; when the
// first of them is closed, no further connection is accepted.
type Port struct {
	config  Config
	tls     *tls.Config // nil for plain connections
	raw     net.Listener
	grpc    *listener
	http    *listener
	ended   chan struct{} // closed when the port accepts no more
	end     sync.Once
	working sync.WaitGroup // accepting, openings, and what serves guests

	mu        sync.Mutex
	held      map[net.Conn]struct{} // not yet a server's, or no longer
	closed    bool                  // and there are no more
	open      int                   // connections, and those by address
	addresses map[netip.Addr]int
	said      time.Time // when a refusal was logged
}

// New returns a port that accepts what comes to the listener, which it owns, until
// [Port.Close].
func New(raw net.Listener, config Config) (*Port, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	p := &Port{
		config:    config,
		tls:       withALPN(config.TLS),
		raw:       raw,
		ended:     make(chan struct{}),
		held:      map[net.Conn]struct{}{},
		addresses: map[netip.Addr]int{},
	}
	p.grpc, p.http = newListener(p), newListener(p)
	p.working.Go(p.accept)
	return p, nil
}

// GRPC returns the listener for grpc-go. Its server needs [Credentials].
func (p *Port) GRPC() net.Listener { return p.grpc }

// HTTP returns the listener for net/http. Its connections are plain to the server, also
// where TLS is spoken outside: it has to allow HTTP/1 and unencrypted HTTP/2, and to use
// [Context] and [Identify].
func (p *Port) HTTP() net.Listener { return p.http }

// Close closes the port, and returns when nothing of it runs. The servers close the
// connections that they have, and have to do it first.
func (p *Port) Close() error {
	err := errors.Join(p.grpc.Close(), p.http.Close())
	p.mu.Lock()
	p.closed = true
	held := slices.Collect(maps.Keys(p.held))
	p.mu.Unlock()
	for _, conn := range held {
		_ = conn.Close() // it is nobody's
	}
	p.working.Wait()
	return err
}

// hold keeps a connection that is no server's, for Close to close it; false where Close
// has been called.
func (p *Port) hold(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.held[conn] = struct{}{}
	return true
}

// letGo ends hold.
func (p *Port) letGo(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.held, conn)
}

// stop accepts no more.
func (p *Port) stop() (err error) {
	p.end.Do(func() {
		close(p.ended)
		err = p.raw.Close()
	})
	return err
}

// accept accepts until the port is stopped. An error that is not the end, such as too
// many open files, is waited for.
func (p *Port) accept() {
	for {
		conn, err := p.raw.Accept()
		if err == nil {
			p.admit(conn)
			continue
		}
		select {
		case <-p.ended:
			return
		case <-time.After(100 * time.Millisecond):
			p.seldom("the port cannot accept", "error", err)
		}
	}
}

// admit opens the connection in a goroutine of its own, unless there are too many.
func (p *Port) admit(conn net.Conn) {
	release, refused := p.count(conn.RemoteAddr())
	if refused != "" {
		p.config.Observer.Refused(refused)
		p.seldom("connections are refused", "reason", refused, "address", conn.RemoteAddr().String())
		_ = conn.Close() // nobody has used it yet
		return
	}
	p.config.Observer.Connections(1)
	giveUp(conn, silence)
	p.working.Go(func() {
		p.opens(conn, func() {
			release()
			p.config.Observer.Connections(-1)
		})
	})
}

// count counts a connection until release is called, or says why it is refused.
func (p *Port) count(remote net.Addr) (release func(), refused string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open >= p.config.MaxConnections {
		return nil, RefusedFull
	}
	address := addressOf(remote)
	if most := p.config.MaxPerAddress; most > 0 && p.addresses[address] >= most {
		return nil, RefusedAddress
	}
	p.open++
	p.addresses[address]++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.open--
		if p.addresses[address]--; p.addresses[address] == 0 {
			delete(p.addresses, address)
		}
	}, ""
}

// addressOf returns the address of a host; none where it has none.
func addressOf(remote net.Addr) netip.Addr {
	if tcp, ok := remote.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// seldom logs a warning, unless one was logged in the last 10 s.
func (p *Port) seldom(text string, attributes ...any) {
	p.mu.Lock()
	now := time.Now()
	quiet := now.Sub(p.said) < span
	if !quiet {
		p.said = now
	}
	p.mu.Unlock()
	if !quiet {
		p.config.Log.Warn(text, attributes...)
	}
}

// cut counts a connection that the port has ended.
func (p *Port) cut(remote net.Addr, why *cutoff) {
	p.config.Observer.CutOff(why.reason)
	p.config.Log.Log(context.Background(), slog.LevelDebug, "connection cut off", "reason", why.reason, "why", why.text, "address", remote.String())
}
