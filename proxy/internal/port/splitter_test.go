package port

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// register are guests that only take notes.
type register struct {
	streams []uint32
	bodies  map[uint32][]byte
	fields  map[uint32][]hpack.HeaderField
	host    int
}

func (r *register) open(stream uint32, fields []hpack.HeaderField, _ bool) error {
	r.streams = append(r.streams, stream)
	if r.fields != nil {
		r.fields[stream] = slices.Clone(fields)
	}
	return nil
}
func (r *register) refuse(uint32) error                              { return nil }
func (r *register) owns(stream uint32) bool                          { return slices.Contains(r.streams, stream) }
func (r *register) trailers(uint32, []hpack.HeaderField, bool) error { return nil }
func (r *register) reset(uint32, http2.ErrCode) error                { return nil }
func (r *register) allow(uint32, uint32) error                       { return nil }
func (r *register) settings(*frame) error                            { return nil }
func (r *register) hosted(n int)                                     { r.host += n }
func (r *register) granted(n uint32) uint32                          { return n }
func (r *register) data(stream uint32, body []byte, _ int, _ bool) error {
	if r.bodies != nil {
		r.bodies[stream] = append(r.bodies[stream], body...)
	}
	return nil
}

// split returns a splitter with guests, whose preface and answer have been read.
func split(guests guests) *splitter {
	return &splitter{
		guard:  guard{maxResets: 1000, now: func() time.Time { return time.Time{} }, written: func() int { return 0 }},
		guests: guests, headers: newHeaders(),
	}
}

// talk is a client's side of a connection: calls of gRPC, and every so many a guest.
type talk struct {
	out   bytes.Buffer
	block bytes.Buffer
	table *hpack.Encoder
	next  uint32
}

func newTalk() *talk {
	t := &talk{next: 1}
	t.table = hpack.NewEncoder(&t.block)
	return t
}

// call adds one call, and returns its stream.
func (t *talk) call(contentType, timeout string, body []byte) uint32 {
	t.block.Reset()
	for _, f := range [][2]string{
		{":method", "POST"},
		{":scheme", "http"},
		{":path", "/shopping.Cart/AddItem"},
		{":authority", "127.0.0.1:9000"},
		{"content-type", contentType},
		{"user-agent", "grpc-go/1.85.0"},
		{"te", "trailers"},
		{"grpc-timeout", timeout},
	} {
		_ = t.table.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	stream := t.next
	t.next += 2
	t.out.Write(appendBlock(nil, stream, t.block.Bytes(), false))
	t.out.Write(appendFrame(nil, http2.FrameData, http2.FlagDataEndStream, stream, body))
	return stream
}

func BenchmarkSplitter(b *testing.B) {
	t := newTalk()
	t.call("application/grpc", "59998771u", make([]byte, 100))
	first := bytes.Clone(t.out.Bytes())
	t.out.Reset()
	t.call("application/grpc", "59998772u", make([]byte, 100))
	s := split(new(register))
	if pass, _, err := s.feed(first); err != nil || len(pass) != len(first) {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := s.feed(t.out.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTracker(b *testing.B) {
	v := newVisits(nil, nil)
	answer := appendBlock(nil, 1, make([]byte, 10), false)
	answer = appendFrame(answer, http2.FrameData, 0, 1, make([]byte, 100))
	answer = appendBlock(answer, 1, make([]byte, 10), true)
	for b.Loop() {
		v.tracker.advance(answer, false)
	}
}

// chunks is a wire that gives its bytes in pieces of a size each.
type chunks struct {
	net.Conn // nil

	bytes []byte
	size  int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.bytes) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.size)], c.bytes)
	c.bytes = c.bytes[n:]
	return n, nil
}

// readAll reads all that is passed on, in reads of some size.
func readAll(input []byte, guests guests, chunk, room int) (pass []byte, err error) {
	r := reader{wire: &chunks{bytes: bytes.Clone(input), size: chunk}, splitter: split(guests)}
	for p := make([]byte, room); err == nil; {
		var n int
		n, err = r.read(p)
		pass = append(pass, p[:n]...)
	}
	return pass, err
}

// TestSplitter passes calls of gRPC on, and keeps guests out, however it is read.
func TestSplitter(t *testing.T) {
	t.Parallel()
	talk := newTalk()
	bodies := map[uint32][]byte{}
	for i := range 40 {
		kind := "application/grpc"
		body := bytes.Repeat([]byte{byte(i)}, i*300)
		if i%3 == 2 {
			kind = "text/plain"
		}
		if stream := talk.call(kind, fmt.Sprint(i, "m"), body); kind == "text/plain" {
			bodies[stream] = body
		}
		talk.out.Write(appendFrame(nil, http2.FramePing, 0, 0, make([]byte, 8)))
	}
	for _, chunk := range []int{1, 7, 1000, 100_000} {
		for _, room := range []int{1, 9, 5000, 100_000} {
			guests := &register{bodies: map[uint32][]byte{}, fields: map[uint32][]hpack.HeaderField{}}
			pass, err := readAll(talk.out.Bytes(), guests, chunk, room)
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			if !maps.EqualFunc(guests.bodies, bodies, bytes.Equal) {
				t.Errorf("chunks of %d, reads of %d: guests have other bodies", chunk, room)
			}
			for stream, fields := range guests.fields {
				if len(fields) != 8 || fields[4].Value != "text/plain" {
					t.Errorf("guest %d has %v", stream, fields)
				}
			}
			// grpc-go's own framer reads the rest, with its own table.
			framer := http2.NewFramer(nil, bytes.NewReader(pass))
			framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
			calls, pings := 0, 0
			for {
				f, err := framer.ReadFrame()
				if err != nil {
					if !errors.Is(err, io.EOF) {
						t.Errorf("chunks of %d, reads of %d: %v", chunk, room, err)
					}
					break
				}
				switch f := f.(type) {
				case *http2.MetaHeadersFrame:
					i := int(f.StreamID-1) / 2
					if calls++; len(f.Fields) != 8 || f.Fields[7].Value != fmt.Sprint(i, "m") {
						t.Errorf("call %d has %v", i, f.Fields)
					}
				case *http2.PingFrame:
					pings++
				default:
				}
			}
			if calls != 27 || pings != 40 {
				t.Errorf("chunks of %d, reads of %d: %d calls and %d pings", chunk, room, calls, pings)
			}
		}
	}
}

// FuzzSplitter feeds anything: what comes out does not depend on how it came in.
func FuzzSplitter(f *testing.F) {
	talk := newTalk()
	talk.call("application/grpc", "1m", []byte("abc"))
	talk.out.Write(appendSettings(nil, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1}))
	talk.call("text/plain", "1m", []byte("abc"))
	talk.out.Write(appendNumber(nil, http2.FrameWindowUpdate, 0, 100))
	talk.out.Write(appendNumber(nil, http2.FrameWindowUpdate, 3, 100))
	talk.call("application/grpc", "2m", []byte("abc"))
	talk.out.Write(appendNumber(nil, http2.FrameRSTStream, 3, 8))
	talk.out.Write(appendGoAway(nil, 0, http2.ErrCodeNo, "bye"))
	talk.out.Write(appendBlock(nil, 7, make([]byte, 20_000), true))
	f.Add(talk.out.Bytes(), uint16(10), uint16(10))
	f.Add([]byte("\x00\x00\x00\x01\x08\x00\x00\x00\x01"), uint16(1), uint16(1))
	f.Fuzz(func(t *testing.T, input []byte, chunk, room uint16) {
		one, other := &register{bodies: map[uint32][]byte{}}, &register{bodies: map[uint32][]byte{}}
		whole, wholeErr := readAll(input, one, len(input)+1, 100_000)
		parts, partsErr := readAll(input, other, int(chunk)+1, int(room)+1)
		if !bytes.Equal(whole, parts) || fmt.Sprint(wholeErr) != fmt.Sprint(partsErr) {
			t.Errorf("at once %d bytes, %v; in parts %d bytes, %v", len(whole), wholeErr, len(parts), partsErr)
		}
		if !slices.Equal(one.streams, other.streams) || !maps.EqualFunc(one.bodies, other.bodies, bytes.Equal) || one.host != other.host {
			t.Error("guests depend on how the bytes came")
		}
	})
}

// FuzzTracker follows anything in pieces as it does at once.
func FuzzTracker(f *testing.F) {
	f.Add(appendGoAway(appendBlock(nil, 1, make([]byte, 20), false), 1, http2.ErrCodeNo, "bye"), uint8(3))
	f.Fuzz(func(t *testing.T, input []byte, chunk uint8) {
		follow := func(size int) (said []string, between bool) {
			var tr tracker
			tr.began = func(w *written) { said = append(said, fmt.Sprint("began ", w.kind, w.stream, w.length)) }
			tr.ended = func(w *written) { said = append(said, fmt.Sprint("ended ", w.kind, w.increment(), w.code())) }
			for part := range slices.Chunk(input, size) {
				if n := tr.advance(part, false); n != len(part) {
					t.Fatalf("followed %d bytes of %d", n, len(part))
				}
			}
			return said, tr.between()
		}
		whole, one := follow(len(input) + 1)
		parts, other := follow(int(chunk) + 1)
		if !slices.Equal(whole, parts) || one != other {
			t.Errorf("at once %v %t, in parts %v %t", whole, one, parts, other)
		}
	})
}
