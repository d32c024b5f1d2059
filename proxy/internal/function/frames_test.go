package function

import (
	"bytes"
	"testing"

	"golang.org/x/net/http2"
)

// served returns what a server sends by write.
func served(tb testing.TB, write func(*http2.Framer) error) []byte {
	tb.Helper()
	var sent bytes.Buffer
	if err := write(http2.NewFramer(&sent, nil)); err != nil {
		tb.Fatal(err)
	}
	return sent.Bytes()
}

func TestFrames(t *testing.T) {
	t.Parallel()
	settings := func(limit uint32) func(*http2.Framer) error {
		return func(f *http2.Framer) error {
			return f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 3}, http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: limit})
		}
	}
	data := func(f *http2.Framer) error { return f.WriteData(1, false, bytes.Repeat([]byte{0, 0, 6, 7}, 100)) }
	ack := func(f *http2.Framer) error { return f.WriteSettingsAck() }
	none := func(f *http2.Framer) error { return f.WriteSettings() }
	away := func(f *http2.Framer) error { return f.WriteGoAway(1, 0, []byte("too_many_pings")) }
	tests := map[string]struct {
		sent  []func(*http2.Framer) error
		limit uint32
		gone  bool
	}{
		"nothing":          {nil, unlimitedStream, false},
		"no limit":         {[]func(*http2.Framer) error{none, ack, data}, unlimitedStream, false},
		"a limit":          {[]func(*http2.Framer) error{settings(7), data, ack}, 7, false},
		"another limit":    {[]func(*http2.Framer) error{settings(7), data, settings(0), none}, 0, false},
		"goes away":        {[]func(*http2.Framer) error{settings(7), data, away}, 7, true},
		"away, and serves": {[]func(*http2.Framer) error{away, data, settings(9)}, 9, true},
	}
	for name, test := range tests {
		var sent []byte
		for _, write := range test.sent {
			sent = append(sent, served(t, write)...)
		}
		for _, piece := range []int{1, 2, 5, 8, 9, 10, 1000} { // however it is cut
			f := newFrames()
			for left := sent; len(left) > 0; left = left[min(piece, len(left)):] {
				f.read(left[:min(piece, len(left))])
			}
			if f.limit != test.limit || f.goneAway != test.gone {
				t.Errorf("%s, in pieces of %d: limit %d, gone %t", name, piece, f.limit, f.goneAway)
			}
		}
	}
}

// FuzzFrames shows that any bytes are read, and that it makes no difference how they
// are cut.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1}, 4)
	f.Add([]byte{0, 0, 7, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1, 9, 0, 0, 0, 7, 0, 0, 0, 0, 0}, 1)
	f.Fuzz(func(t *testing.T, sent []byte, cut int) {
		whole, parts := newFrames(), newFrames()
		whole.read(sent)
		cut = min(max(cut, 0), len(sent))
		parts.read(sent[:cut])
		parts.read(sent[cut:])
		if whole != parts {
			t.Errorf("whole: %+v, in two: %+v", whole, parts)
		}
	})
}
