package port

import (
	"time"

	"golang.org/x/net/http2"
)

// cutoff is why the port ends a connection itself. It is also the error that the
// servers read then.
type cutoff struct {
	reason string // for metrics
	code   http2.ErrCode
	text   string
}

// Error says why.
func (c *cutoff) Error() string { return "port: connection ended: " + c.text }

// The reasons why a connection is cut off.
var (
	errSlow      = &cutoff{"slow", http2.ErrCodeNo, "its opening took too long"}
	errHandshake = &cutoff{"handshake", http2.ErrCodeNo, "its handshake failed"}
	errResets    = &cutoff{"resets", http2.ErrCodeEnhanceYourCalm, "too many streams were cancelled"}
	errFlood     = &cutoff{"flood", http2.ErrCodeEnhanceYourCalm, "too many frames that ask for nothing"}
	errHeaders   = &cutoff{"headers", http2.ErrCodeEnhanceYourCalm, "a header block is too large"}
	errFrame     = &cutoff{"protocol", http2.ErrCodeFrameSize, "a frame is too large"}
	errBlock     = &cutoff{"protocol", http2.ErrCodeCompression, "a header block cannot be read"}
	errOrder     = &cutoff{"protocol", http2.ErrCodeProtocol, "a frame came out of order"}
	errWindow    = &cutoff{"protocol", http2.ErrCodeFlowControl, "more was sent than was allowed"}
	errBacklog   = &cutoff{"backlog", http2.ErrCodeEnhanceYourCalm, "too much waits to be served"}
)

// Limits of what one connection may do, in a span of time.
const (
	span = 10 * time.Second
	// maxIdle is how many frames that ask for nothing may come more than there are
	// others, on either way.
	maxIdle = 10_000
	// maxFrames is how many frames one header block may be cut into.
	maxFrames = 32
)

// guard counts what only costs. It is for one goroutine.
type guard struct {
	maxResets int
	now       func() time.Time
	// written returns how many frames of content the server has written since the last
	// call: whoever gets much may ask for much, such as the PING by which a client
	// measures its bandwidth.
	written func() int

	since  time.Time
	resets int
	idle   int
}

// observe counts one frame of the client's; an error is a *cutoff.
func (g *guard) observe(f *frame) error {
	switch f.kind {
	case http2.FrameHeaders:
		g.idle = max(g.idle-1, 0)
		return nil
	case http2.FrameData:
		if f.length > 0 || f.ends() {
			g.idle = max(g.idle-1, 0)
			return nil
		}
	case http2.FrameWindowUpdate:
		return nil
	case http2.FrameRSTStream:
		g.turn()
		if g.resets++; g.resets > g.maxResets {
			return errResets
		}
		return nil
	default: // PING, SETTINGS, PRIORITY, CONTINUATION, and what nobody knows
	}
	g.turn()
	if g.idle = max(g.idle-g.written(), 0) + 1; g.idle > maxIdle {
		return errFlood
	}
	return nil
}

// turn begins a new span when the last one is over.
func (g *guard) turn() {
	if now := g.now(); now.Sub(g.since) > span {
		g.since, g.resets, g.idle = now, 0, 0
	}
}
