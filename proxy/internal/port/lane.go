package port

import "golang.org/x/net/http2"

// unit is what is written in one piece: a frame, or the frames of a header block.
type unit struct {
	bytes []byte
	data  int64  // what counts against the window
	from  *inner // nil where it is grpc-go's
}

// isContent reports whether the unit belongs to a call's answer.
func (u *unit) isContent() bool {
	kind := http2.FrameType(u.bytes[3])
	return kind == http2.FrameData || kind == http2.FrameHeaders
}

// lane is what one server has written, and waits to be written to the client.
type lane struct {
	units []unit
	size  int
}

// add adds a unit at the end.
func (l *lane) add(u unit) {
	l.units = append(l.units, u)
	l.size += len(u.bytes)
}

// pop takes the first unit.
func (l *lane) pop() unit {
	u := l.units[0]
	l.units[0] = unit{}
	if l.units = l.units[1:]; len(l.units) == 0 {
		l.units = nil
	}
	l.size -= len(u.bytes)
	return u
}

// isUrgent reports whether a frame of grpc-go's may overtake what waits for the window:
// without it the client might never allow more.
func isUrgent(kind http2.FrameType) bool {
	return kind == http2.FrameWindowUpdate || kind == http2.FramePing || kind == http2.FrameSettings
}
