package cloudstate

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc/codes"
)

// tap reads the frames of one connection as they pass.
type tap struct {
	relay      *Relay
	connection int

	mu    sync.Mutex // both directions see the calls
	calls map[uint32]*tapped
}

// tapped is one call, and what has come of its next message from either side.
type tapped struct {
	call         *Call
	fromProxy    []byte
	fromFunction []byte
	halfClosed   bool
	over         bool
}

// follow reads the frames that one side sends, and passes each on once it stands in the
// record: what answers it is recorded after it. When there is no further frame the
// connection is over.
func (t *tap) follow(fromProxy bool, from, to net.Conn) {
	defer func() {
		_ = from.Close()
		_ = to.Close()
	}()
	var read bytes.Buffer
	reading := io.TeeReader(from, &read)
	if fromProxy {
		if _, err := io.CopyN(io.Discard, reading, int64(len(http2.ClientPreface))); err != nil {
			return
		}
	}
	framer := http2.NewFramer(io.Discard, reading)
	framer.SetMaxReadFrameSize(1<<24 - 1)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	framer.MaxHeaderListSize = 1 << 20
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		t.frame(fromProxy, frame)
		if _, err := read.WriteTo(to); err != nil {
			return
		}
	}
}

// frame takes in one frame.
func (t *tap) frame(fromProxy bool, frame http2.Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch f := frame.(type) {
	case *http2.MetaHeadersFrame:
		t.headers(fromProxy, f)
	case *http2.DataFrame:
		t.data(fromProxy, f)
	case *http2.RSTStreamFrame:
		if call := t.calls[f.StreamID]; call != nil && fromProxy && !call.over {
			call.over = true
			t.relay.happened(call.call, Event{What: Reset})
		}
	case *http2.PingFrame:
		if fromProxy && !f.IsAck() {
			t.relay.note(func() {
				c := t.relay.connections[t.connection-1]
				c.Pings = append(c.Pings, time.Now())
			})
		}
	case *http2.GoAwayFrame:
		if !fromProxy {
			debug := string(f.DebugData())
			t.relay.note(func() {
				c := t.relay.connections[t.connection-1]
				c.GoneAway, c.Debug = true, debug
			})
		}
	}
}

// headers takes in what opens a call, or what ends it.
func (t *tap) headers(fromProxy bool, f *http2.MetaHeadersFrame) {
	call := t.calls[f.StreamID]
	if fromProxy {
		if call == nil {
			call = &tapped{call: t.relay.opened(t.connection, f.PseudoValue("path"))}
			t.calls[f.StreamID] = call
		}
		return
	}
	if call == nil || !f.StreamEnded() || call.over {
		return
	}
	end := Event{What: Status, Code: codes.Unknown}
	for _, header := range f.RegularFields() {
		switch header.Name {
		case "grpc-status":
			if code, err := strconv.ParseUint(header.Value, 10, 32); err == nil {
				end.Code = codes.Code(code)
			}
		case "grpc-message":
			end.Text = header.Value
		}
	}
	call.over = true
	t.relay.happened(call.call, end)
}

// data takes in a part of a call's messages.
func (t *tap) data(fromProxy bool, f *http2.DataFrame) {
	call := t.calls[f.StreamID]
	if call == nil {
		return
	}
	pending := &call.fromFunction
	if fromProxy {
		pending = &call.fromProxy
	}
	*pending = append(*pending, f.Data()...)
	for len(*pending) >= 5 { // a flag and a length stand before each message
		size := int(binary.BigEndian.Uint32((*pending)[1:5]))
		if len(*pending) < 5+size {
			break
		}
		message := append([]byte{}, (*pending)[5:5+size]...)
		*pending = (*pending)[5+size:]
		t.relay.happened(call.call, Event{What: Message, FromProxy: fromProxy, Bytes: message})
	}
	if fromProxy && f.StreamEnded() && !call.halfClosed {
		call.halfClosed = true
		t.relay.happened(call.call, Event{What: HalfClose, Alone: len(f.Data()) == 0})
	}
}

// lost ends what was open when the connection ended.
func (t *tap) lost() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, call := range t.calls {
		if !call.over {
			call.over = true
			t.relay.happened(call.call, Event{What: Lost})
		}
	}
}
