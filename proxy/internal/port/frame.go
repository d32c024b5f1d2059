package port

import (
	"encoding/binary"

	"golang.org/x/net/http2"
)

// Sizes in bytes.
const (
	// frameHead is what stands before the payload of a frame of HTTP/2.
	frameHead = 9
	// maxFrame is the largest payload that either server allows.
	maxFrame = 16 << 10
	// maxBlock is the largest header block with the heads of its frames, and the
	// largest header list that a block may say. The servers refuse smaller ones, with an
	// answer.
	maxBlock = 256 << 10
	// startWindow is how much either side may send before it is allowed more.
	startWindow = 65535
)

// frame is a frame of HTTP/2, or as much of it as has come.
type frame struct {
	length int
	kind   http2.FrameType
	flags  http2.Flags
	stream uint32
	bytes  []byte // head and payload
}

// parseFrame reads the head of the frame at the front of b; false where there is not
// all of it. The frame's bytes are cut from b, and short where the frame is not complete.
func parseFrame(b []byte) (frame, bool) {
	if len(b) < frameHead {
		return frame{}, false
	}
	f := frame{
		length: int(b[0])<<16 | int(b[1])<<8 | int(b[2]),
		kind:   http2.FrameType(b[3]),
		flags:  http2.Flags(b[4]),
		stream: binary.BigEndian.Uint32(b[5:]) & (1<<31 - 1),
	}
	f.bytes = b[:min(len(b), frameHead+f.length)]
	return f, true
}

// complete reports whether the whole payload is there.
func (f *frame) complete() bool { return len(f.bytes) == frameHead+f.length }

// payload is what there is of it.
func (f *frame) payload() []byte { return f.bytes[frameHead:] }

// body is the payload of a DATA or HEADERS frame without padding and priority; false
// where they do not fit into it.
func (f *frame) body() ([]byte, bool) {
	b := f.payload()
	pad := 0
	if f.flags.Has(http2.FlagDataPadded) { // the same bit in both
		if len(b) == 0 {
			return nil, false
		}
		pad, b = int(b[0]), b[1:]
	}
	if f.kind == http2.FrameHeaders && f.flags.Has(http2.FlagHeadersPriority) {
		if len(b) < 5 {
			return nil, false
		}
		b = b[5:]
	}
	if pad > len(b) {
		return nil, false
	}
	return b[:len(b)-pad], true
}

// ends reports whether the frame is the last of its stream. Only DATA and HEADERS are.
func (f *frame) ends() bool {
	return (f.kind == http2.FrameData || f.kind == http2.FrameHeaders) && f.flags.Has(http2.FlagDataEndStream)
}

// isAck reports whether the frame answers a SETTINGS or a PING.
func (f *frame) isAck() bool { return f.flags.Has(http2.FlagSettingsAck) }

// number is the number of 31 bits that the payload begins with; 0 where it is too short.
func (f *frame) number() uint32 {
	if f.length < 4 {
		return 0
	}
	return binary.BigEndian.Uint32(f.payload()) & (1<<31 - 1)
}

// settings calls each with every setting of the frame.
func (f *frame) settings(each func(id http2.SettingID, value uint32)) {
	for b := f.payload(); len(b) >= 6; b = b[6:] {
		each(http2.SettingID(binary.BigEndian.Uint16(b)), binary.BigEndian.Uint32(b[2:]))
	}
}

// appendFrame appends a frame to b.
func appendFrame(b []byte, kind http2.FrameType, flags http2.Flags, stream uint32, payload []byte) []byte {
	n := len(payload)
	b = append(b, byte(n>>16), byte(n>>8), byte(n), byte(kind), byte(flags))
	b = binary.BigEndian.AppendUint32(b, stream)
	return append(b, payload...)
}

// appendNumber appends a frame whose payload is one number: a RST_STREAM or a WINDOW_UPDATE.
func appendNumber(b []byte, kind http2.FrameType, stream, number uint32) []byte {
	return appendFrame(b, kind, 0, stream, binary.BigEndian.AppendUint32(nil, number))
}

// appendSettings appends a SETTINGS frame.
func appendSettings(b []byte, settings ...http2.Setting) []byte {
	var payload []byte
	for _, s := range settings {
		payload = binary.BigEndian.AppendUint16(payload, uint16(s.ID))
		payload = binary.BigEndian.AppendUint32(payload, s.Val)
	}
	return appendFrame(b, http2.FrameSettings, 0, 0, payload)
}

// appendBlock appends a header block, in as many frames as it takes.
func appendBlock(b []byte, stream uint32, block []byte, end bool) []byte {
	kind, flags := http2.FrameHeaders, http2.Flags(0)
	if end {
		flags = http2.FlagHeadersEndStream
	}
	for len(block) > maxFrame {
		b = appendFrame(b, kind, flags, stream, block[:maxFrame])
		kind, flags, block = http2.FrameContinuation, 0, block[maxFrame:]
	}
	return appendFrame(b, kind, flags|http2.FlagHeadersEndHeaders, stream, block)
}

// appendGoAway appends a GOAWAY that says that no stream above last has been served.
func appendGoAway(b []byte, last uint32, code http2.ErrCode, why string) []byte {
	payload := binary.BigEndian.AppendUint32(nil, last)
	payload = binary.BigEndian.AppendUint32(payload, uint32(code))
	return appendFrame(b, http2.FrameGoAway, 0, 0, append(payload, why...))
}
