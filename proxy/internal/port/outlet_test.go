package port

import (
	"bytes"
	"net"
	"testing"

	"golang.org/x/net/http2"
	"pgregory.net/rapid"
)

// record is a wire that keeps what is written.
type record struct {
	net.Conn // nil

	bytes []byte
}

func (r *record) Write(p []byte) (int, error) {
	r.bytes = append(r.bytes, p...)
	return len(p), nil
}

// recorded returns visits that write to a record, and a guest's connection.
func recorded() (*visits, *record, *inner) {
	r := new(record)
	v := newVisits(nil, &identity{Conn: r})
	return v, r, &inner{visits: v, wake: make(chan struct{}, 1)}
}

// TestOutletKeepsFramesWhole writes the frames of both servers, those of grpc-go in
// pieces, with the first guest at any point of them: each frame comes out whole, and each
// server's in their order.
func TestOutletKeepsFramesWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v, wire, in := recorded()
		var said []byte
		for i := range rapid.IntRange(1, 10).Draw(t, "frames") {
			block := make([]byte, rapid.SampledFrom([]int{0, 3, 20_000}).Draw(t, "block"))
			said = appendBlock(said, uint32(2*i+1), block, false)
			said = appendFrame(said, http2.FrameData, 0, uint32(2*i+1), make([]byte, rapid.IntRange(0, 50).Draw(t, "data")))
		}
		at := rapid.IntRange(0, len(said)).Draw(t, "first guest")
		var guests int
		for rest := said; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			if len(said)-len(rest)+n > at {
				v.mixed.Store(true)
				guests++
				v.mu.Lock()
				v.guests.add(unit{bytes: appendFrame(nil, http2.FrameData, 0, 1001, []byte("guest")), data: 5, from: in})
				v.mu.Unlock()
				if err := v.flush(); err != nil {
					t.Fatal(err)
				}
			}
			if m, err := v.write(rest[:n]); m != n || err != nil {
				t.Fatal(m, err)
			}
			rest = rest[n:]
		}
		var host []byte
		for out := wire.bytes; len(out) > 0; {
			f, ok := parseFrame(out)
			if !ok || !f.complete() {
				t.Fatalf("%d bytes are no frame", len(out))
			}
			n := len(f.bytes)
			switch f.kind {
			case http2.FrameHeaders: // a guest's may not stand in between
				if n, _, _ = wholeBlock(out, &f); n == 0 {
					t.Fatal("a header block is interrupted")
				}
				host = append(host, out[:n]...)
			case http2.FrameData:
				if f.stream == 1001 {
					guests--
				} else {
					host = append(host, out[:n]...)
				}
			default:
				t.Fatalf("a frame %v came out", f.kind)
			}
			out = out[n:]
		}
		if !bytes.Equal(host, said) || guests != 0 {
			t.Fatalf("%d bytes of grpc-go's %d came out, and %d guests' frames did not", len(host), len(said), guests)
		}
	})
}

// TestGoodbyeNamesGuests has grpc-go say which was its last stream: guests were served too.
func TestGoodbyeNamesGuests(t *testing.T) {
	t.Parallel()
	v, wire, _ := recorded()
	v.mixed.Store(true)
	v.last = 7
	for last, want := range map[uint32]uint32{5: 7, 9: 9, 1<<31 - 1: 1<<31 - 1} {
		wire.bytes = nil
		if _, err := v.write(appendGoAway(nil, last, http2.ErrCodeNo, "bye")); err != nil {
			t.Fatal(err)
		}
		if f, _ := parseFrame(wire.bytes); f.number() != want {
			t.Errorf("the last stream is %d, want %d", f.number(), want)
		}
	}
}

// TestPurse lends and pays back: nobody sends more than the client allows, and both get on
// as long as the client gives back what it has taken.
func TestPurse(t *testing.T) {
	t.Parallel()
	if half := new(purse).grant(100, true); half != 50 {
		t.Errorf("of 100 bytes grpc-go is told of %d while a guest waits", half)
	}
	rapid.Check(t, func(t *rapid.T) {
		var p purse
		window := rapid.Int64Range(startWindow, 1<<20).Draw(t, "window")
		p.real.Store(window)
		belief, taken := window, int64(0) // grpc-go's, and what the client has not given back
		got := map[bool]int64{}
		step := func(guest bool, n int64) bool {
			if guest {
				if !p.guest(n) {
					return false
				}
			} else {
				if n > belief || !p.host(n) {
					return false
				}
				belief -= n
			}
			got[guest] += n
			if taken += n; taken > window {
				t.Fatalf("%d bytes are sent, and %d allowed", taken, window)
			}
			return true
		}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			switch n := rapid.Int64Range(1, maxFrame).Draw(t, "bytes"); rapid.IntRange(0, 2).Draw(t, "who") {
			case 0:
				step(false, n)
			case 1:
				step(true, n)
			default:
				n = min(n, taken)
				taken -= n
				belief += p.grant(n, rapid.Bool().Draw(t, "a guest waits"))
			}
			if belief < 0 || belief != p.real.Load()+p.lent {
				t.Fatalf("grpc-go believes in %d, of %d with %d lent", belief, p.real.Load(), p.lent)
			}
		}
		// Both have much to say, and the client takes it all.
		before := map[bool]int64{false: got[false], true: got[true]}
		for range 200 {
			step(false, maxFrame)
			waits := !step(true, maxFrame)
			n := min(taken, maxFrame)
			taken -= n
			belief += p.grant(n, waits)
		}
		for guest := range before {
			if got[guest]-before[guest] < 10*maxFrame {
				t.Fatalf("guest %t got %d bytes of %d", guest, got[guest]-before[guest], 200*maxFrame)
			}
		}
	})
}
