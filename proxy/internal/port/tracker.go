package port

import (
	"encoding/binary"

	"golang.org/x/net/http2"
)

// written is a frame that grpc-go has written, and of its payload what tracks of it.
type written struct {
	frame

	begin [8]byte // of the payload
}

// tracker follows the frames in what grpc-go writes, wherever it is cut. It is for one
// goroutine at a time.
type tracker struct {
	head  [frameHead]byte
	heads int // how much of head has come
	left  int // of the payload is still to come
	open  bool
	last  written
	// began is called with the head of each frame, and ended when all of it has come.
	began, ended func(*written)
}

// between reports whether the next byte begins a frame, and another stream's may stand
// before it: header blocks are not interrupted.
func (t *tracker) between() bool { return t.heads == 0 && t.left == 0 && !t.open }

// advance follows p, or only as far as between where stop is set, and returns how much.
func (t *tracker) advance(p []byte, stop bool) int {
	at := 0
	for at < len(p) && (!stop || !t.between()) {
		if t.left > 0 {
			n := min(t.left, len(p)-at)
			if come := t.last.length - t.left; come < len(t.last.begin) {
				copy(t.last.begin[come:], p[at:at+n])
			}
			t.left -= n
			at += n
			if t.left == 0 {
				t.finish()
			}
			continue
		}
		n := copy(t.head[t.heads:], p[at:])
		t.heads += n
		at += n
		if t.heads == frameHead {
			t.start()
		}
	}
	return at
}

// start begins the frame whose head is there.
func (t *tracker) start() {
	f, _ := parseFrame(t.head[:])
	f.bytes = nil
	t.last = written{frame: f}
	t.heads, t.left = 0, f.length
	t.began(&t.last)
	if t.left == 0 {
		t.finish()
	}
}

// finish ends the frame.
func (t *tracker) finish() {
	if kind := t.last.kind; kind == http2.FrameHeaders || kind == http2.FrameContinuation {
		t.open = !t.last.flags.Has(http2.FlagHeadersEndHeaders)
	}
	t.ended(&t.last)
}

// increment is what a WINDOW_UPDATE allows.
func (w *written) increment() int64 {
	return int64(binary.BigEndian.Uint32(w.begin[:]) & (1<<31 - 1))
}

// code is that of a GOAWAY.
func (w *written) code() http2.ErrCode {
	return http2.ErrCode(binary.BigEndian.Uint32(w.begin[4:]))
}
