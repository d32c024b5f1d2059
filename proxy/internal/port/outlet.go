package port

import (
	"encoding/binary"

	"golang.org/x/net/http2"
)

// write writes what grpc-go has to say: straight until there is a guest, and then in
// turns with the guests, frame by frame.
func (v *visits) write(p []byte) (int, error) {
	v.writing.Lock()
	n, err := v.straight(p)
	if err == nil && n < len(p) {
		err = v.enter(p[n:])
		n = len(p)
	}
	v.writing.Unlock()
	if err != nil || !v.mixed.Load() {
		return n, err
	}
	if err := v.flush(); err != nil {
		return n, err
	}
	return n, v.wait(&v.hosts)
}

// straight writes as much as goes to the wire as it is: all of it, or what is left of a
// frame that was begun before there were guests.
func (v *visits) straight(p []byte) (int, error) {
	n := v.tracker.advance(p, v.mixed.Load())
	if n == 0 {
		return 0, nil
	}
	return v.host.Write(p[:n])
}

// began counts a frame that is written straight.
func (v *visits) began(w *written) {
	switch w.kind {
	case http2.FrameData:
		v.purse.real.Add(-int64(w.length))
		v.frames.Add(1)
	case http2.FrameHeaders:
		v.frames.Add(1)
	default:
	}
}

// ended reads a frame that was written straight.
func (v *visits) ended(w *written) {
	switch w.kind {
	case http2.FrameWindowUpdate:
		if w.stream == 0 {
			v.allowed.Add(w.increment())
		}
	case http2.FrameHeaders:
		if v.resized.Load() {
			v.noted(w)
		}
	case http2.FrameGoAway, http2.FrameSettings:
		v.noted(w)
	default:
	}
}

// noted notes a frame that was written straight.
func (v *visits) noted(w *written) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.note(&w.frame, w.code())
}

// note keeps in mind what a frame of grpc-go's means to guests. The code is a GOAWAY's.
func (v *visits) note(f *frame, code http2.ErrCode) {
	switch {
	case f.kind == http2.FrameGoAway:
		v.goodbye = code == http2.ErrCodeNo
	case f.kind == http2.FrameHeaders:
		v.table.begun()
	case f.kind == http2.FrameSettings && f.isAck():
		v.table.answer()
	default:
	}
}

// enter puts the frames in p into grpc-go's lane. What is left of p is kept for the next
// call: a frame is written whole. It is called with the lock writing.
func (v *visits) enter(p []byte) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.err != nil {
		return v.err
	}
	v.partial = append(v.partial, p...)
	rest := v.partial
	for {
		f, ok := parseFrame(rest)
		if !ok || !f.complete() {
			break
		}
		n := len(f.bytes)
		if f.kind == http2.FrameHeaders {
			var err error
			if n, _, err = wholeBlock(rest, &f); err != nil {
				return err
			}
			if n == 0 {
				break
			}
		}
		v.enterUnit(&f, append([]byte(nil), rest[:n]...))
		rest = rest[n:]
	}
	v.partial = append(v.partial[:0], rest...)
	return nil
}

// enterUnit puts one frame, or header block, into the lane.
func (v *visits) enterUnit(f *frame, bytes []byte) {
	u := unit{bytes: bytes}
	switch f.kind {
	case http2.FrameData:
		u.data = int64(f.length)
	case http2.FrameWindowUpdate:
		if f.stream == 0 {
			v.allowed.Add(int64(f.number()))
		}
	case http2.FrameGoAway:
		v.note(f, http2.ErrCode(binary.BigEndian.Uint32(f.payload()[4:])))
		// The last stream that was served may be a guest.
		if last := binary.BigEndian.Uint32(bytes[frameHead:]); last < v.last {
			binary.BigEndian.PutUint32(bytes[frameHead:], v.last)
		}
	case http2.FrameHeaders, http2.FrameSettings:
		v.note(f, 0)
	default:
	}
	if len(v.hosts.units) > 0 && isUrgent(f.kind) {
		v.urgent = append(v.urgent, bytes...)
		return
	}
	v.hosts.add(u)
}

// wait returns when the lane is short enough to take more.
func (v *visits) wait(l *lane) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for l.size+len(v.urgent) > maxLane && v.err == nil {
		v.room.Wait()
	}
	return v.err
}

// flush writes what may be written. Where grpc-go is in the middle of a frame, nothing
// may: the end of the frame is followed by another flush.
func (v *visits) flush() error {
	v.writing.Lock()
	defer v.writing.Unlock()
	if !v.tracker.between() {
		return nil
	}
	for {
		v.mu.Lock()
		v.take()
		err := v.err
		v.mu.Unlock()
		if err != nil || len(v.batch) == 0 {
			return err
		}
		if _, err := v.host.Write(v.batch); err != nil {
			v.fail(err)
			return err
		}
	}
}

// take makes the next batch: first what is urgent, then a unit of each lane in turn.
func (v *visits) take() {
	v.batch = append(v.batch[:0], v.urgent...)
	v.urgent = v.urgent[:0]
	for len(v.batch) < maxBatch {
		one := v.takeHost()
		if other := v.takeGuest(); !one && !other {
			break
		}
	}
	v.room.Broadcast()
	if len(v.batch) == 0 {
		v.settle()
	}
}

// takeHost takes a unit of grpc-go's, if one may go.
func (v *visits) takeHost() bool {
	if len(v.hosts.units) == 0 || !v.purse.host(v.hosts.units[0].data) {
		return false
	}
	v.batch = append(v.batch, v.pop(&v.hosts).bytes...)
	return true
}

// takeGuest takes a unit of a guest's, if one may go.
func (v *visits) takeGuest() bool {
	if len(v.guests.units) == 0 || !v.purse.guest(v.guests.units[0].data) {
		return false
	}
	u := v.pop(&v.guests)
	v.batch = append(v.batch, u.bytes...)
	u.from.written(u.data)
	return true
}

// pop takes the first unit of a lane, and counts it.
func (v *visits) pop(l *lane) unit {
	u := l.pop()
	if u.isContent() {
		v.frames.Add(1)
	}
	return u
}

// pump writes what grpc-go and the guests do not write themselves, until all is over.
func (v *visits) pump() {
	for {
		select {
		case <-v.over:
			return
		case <-v.kick:
			if v.flush() != nil {
				return
			}
		}
	}
}
