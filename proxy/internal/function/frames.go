package function

import "encoding/binary"

// What of HTTP/2 the proxy has to know, and gRPC does not tell (RFC 9113).
const (
	frameHead       = 9 // bytes in front of each frame
	frameSettings   = 4
	frameGoAway     = 7
	flagAck         = 1
	settingSize     = 6 // bytes of one setting
	settingStreams  = 3 // how many streams may be open at once
	unlimitedStream = 1<<32 - 1
)

// frames reads along with what an HTTP/2 server sends, however it is cut into
// pieces. It is pure, and takes any bytes.
type frames struct {
	// limit is how many streams the server allows at once, as it said last.
	limit uint32
	// goneAway says that the server takes no further stream.
	goneAway bool

	part [frameHead]byte // the beginning of a head or of a setting
	have int             // bytes in part
	left int             // bytes of the frame's payload that are still to come
	kept bool            // that the payload is read, and not passed over
}

// newFrames returns the frames of a server that has said nothing.
func newFrames() frames { return frames{limit: unlimitedStream} }

// read takes the next bytes, and reports whether limit or goneAway have changed.
func (f *frames) read(data []byte) (changed bool) {
	before, gone := f.limit, f.goneAway
	for len(data) > 0 {
		data = f.step(data)
	}
	return f.limit != before || f.goneAway != gone
}

// step takes some of the bytes, at least one, and returns the rest.
func (f *frames) step(data []byte) []byte {
	switch {
	case f.left == 0:
		if data = f.fill(data, frameHead); f.have == frameHead {
			f.begin()
		}
	case !f.kept || f.left < settingSize && f.have == 0: // what is too short is no setting
		n := min(f.left, len(data))
		f.left -= n
		data = data[n:]
	default:
		before := len(data)
		data = f.fill(data, settingSize)
		f.left -= before - len(data)
		if f.have == settingSize {
			f.set()
		}
	}
	return data
}

// fill moves bytes to part until it has so many.
func (f *frames) fill(data []byte, want int) []byte {
	n := copy(f.part[f.have:want], data)
	f.have += n
	return data[n:]
}

// begin reads a head: three bytes of length, the type, the flags, the stream.
func (f *frames) begin() {
	f.have = 0
	f.left = int(f.part[0])<<16 | int(f.part[1])<<8 | int(f.part[2])
	f.kept = f.part[3] == frameSettings && f.part[4]&flagAck == 0
	f.goneAway = f.goneAway || f.part[3] == frameGoAway
}

// set reads one setting: two bytes of name, four of value.
func (f *frames) set() {
	f.have = 0
	if binary.BigEndian.Uint16(f.part[:]) == settingStreams {
		f.limit = binary.BigEndian.Uint32(f.part[2:])
	}
}
