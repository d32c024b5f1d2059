package port

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"time"

	"golang.org/x/net/http2"
)

// kind is what a connection has turned out to be.
type kind int

const (
	kindHTTP1 kind = iota
	kindHTTP2      // and its first call is not gRPC's
	kindGRPC
)

// opens reads the first bytes of a connection, and gives it to the server that they ask
// for. Release is called once, when the connection is closed.
func (p *Port) opens(raw net.Conn, release func()) {
	done := func() {
		_ = raw.Close() // what is not served cannot be harmed
		release()
	}
	if !p.hold(raw) {
		done()
		return
	}
	defer p.letGo(raw)
	wire, state, err := p.handshake(raw)
	if err != nil {
		p.fails(raw, err)
		done()
		return
	}
	o := opening{port: p, wire: wire}
	kind, err := o.read()
	if err != nil {
		p.fails(raw, err)
		done()
		return
	}
	// The servers set deadlines of their own.
	if err := raw.SetDeadline(time.Time{}); err != nil {
		done()
		return
	}
	var target *listener
	var conn net.Conn
	served := identity{Conn: wire, state: state, release: release}
	switch kind {
	case kindGRPC:
		target, conn = p.grpc, newHost(p, &served, o.head)
	case kindHTTP2:
		target, conn = p.http, newDirect(p, &served, o.head)
	default:
		target, conn = p.http, newOld(&served, o.head)
	}
	if !target.deliver(conn) {
		_ = conn.Close() // as above
	}
}

// fails counts a connection whose opening has failed because of the client.
func (p *Port) fails(conn net.Conn, err error) {
	var why *cutoff
	switch {
	case errors.As(err, &why):
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		why = errSlow
	default:
		return // it has gone
	}
	p.cut(conn.RemoteAddr(), why)
}

// handshake makes the connection a TLS one, where the port has TLS.
func (p *Port) handshake(raw net.Conn) (net.Conn, *tls.ConnectionState, error) {
	if p.tls == nil {
		return raw, nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.config.HandshakeTimeout)
	defer cancel()
	conn := tls.Server(raw, p.tls)
	if err := conn.HandshakeContext(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, nil, errSlow
		}
		if errors.As(err, new(tls.RecordHeaderError)) || errors.As(err, new(tls.AlertError)) {
			return nil, nil, errHandshake
		}
		return nil, nil, err
	}
	state := conn.ConnectionState()
	return conn, &state, nil
}

// opening reads what comes before a connection is a server's.
type opening struct {
	port *Port
	wire net.Conn
	head []byte // what was read
}

// read reads until it is known whose the connection is.
func (o *opening) read() (kind, error) {
	deadline := time.Now().Add(o.port.config.HeadTimeout)
	if err := o.wire.SetDeadline(deadline); err != nil {
		return 0, err
	}
	preface := []byte(http2.ClientPreface)
	for len(o.head) < len(preface) {
		switch err := o.more(); {
		case len(o.head) > 0 && errors.Is(err, os.ErrDeadlineExceeded):
			// What begins like a preface may be a POST, and net/http tells a slow
			// client so. It knows the preface, too.
			return kindHTTP1, nil
		case err != nil:
			return 0, err
		}
		if len(o.head) < len(preface) {
			if err := o.wire.SetReadDeadline(o.patience(deadline)); err != nil {
				return 0, err
			}
		}
		if n := min(len(o.head), len(preface)); !bytes.Equal(o.head[:n], preface[:n]) {
			return kindHTTP1, nil
		}
	}
	if err := o.wire.SetReadDeadline(deadline); err != nil {
		return 0, err
	}
	// Some clients call nothing before they have had this.
	if _, err := o.wire.Write(appendSettings(nil,
		http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: o.port.config.MaxStreams},
	)); err != nil {
		return 0, err
	}
	return o.firstCall(deadline)
}

// firstCall reads frames until one says whose the connection is. Without one it is
// grpc-go's, which answers a PING as it should, and may have guests.
func (o *opening) firstCall(deadline time.Time) (kind, error) {
	patience := o.patience(deadline)
	at, said := len(http2.ClientPreface), false
	for {
		f, ok := parseFrame(o.head[at:])
		switch {
		case ok && f.length > maxBlock || len(o.head) > 2*maxBlock:
			return 0, errFrame
		case ok && f.complete() && f.kind == http2.FrameHeaders:
			n, block, err := wholeBlock(o.head[at:], &f)
			if err != nil {
				return 0, err
			}
			if n > 0 {
				return kindOf(block)
			}
		case ok && f.complete():
			if f.kind != http2.FrameSettings && f.kind != http2.FrameWindowUpdate && f.kind != http2.FramePriority {
				return kindGRPC, nil
			}
			said, at = said || f.kind == http2.FrameSettings, at+len(f.bytes)
			continue
		}
		// What is begun, and the SETTINGS, have until the deadline.
		waits := said && at == len(o.head)
		until := deadline
		if waits {
			until = patience
		}
		if err := o.wire.SetReadDeadline(until); err != nil {
			return 0, err
		}
		if err := o.more(); waits && errors.Is(err, os.ErrDeadlineExceeded) {
			return kindGRPC, nil
		} else if err != nil {
			return 0, err
		}
	}
}

// patience is until when something is waited for that need not come.
func (o *opening) patience(deadline time.Time) time.Time {
	if soon := time.Now().Add(o.port.config.Patience); soon.Before(deadline) {
		return soon
	}
	return deadline
}

// kindOf says whose a connection is by its first header block.
func kindOf(block []byte) (kind, error) {
	h := newHeaders()
	if err := h.read(block); err != nil {
		return 0, err
	}
	if h.isGRPC() || h.tooLarge() { // which grpc-go refuses as it should
		return kindGRPC, nil
	}
	return kindHTTP2, nil
}

// more reads what comes next.
func (o *opening) more() error {
	const step = 4 << 10
	if cap(o.head)-len(o.head) < step/2 {
		o.head = append(make([]byte, 0, 2*cap(o.head)+step), o.head...)
	}
	n, err := o.wire.Read(o.head[len(o.head):cap(o.head)])
	o.head = o.head[:len(o.head)+n]
	if n > 0 {
		return nil
	}
	return err
}
