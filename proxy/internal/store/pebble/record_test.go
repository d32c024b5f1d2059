package pebble

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// TestValueBytes holds the values to FORMAT.md.
func TestValueBytes(t *testing.T) {
	t.Parallel()
	payload := &anypb.Any{TypeUrl: "t/T", Value: []byte{0x0a, 0x00}}
	for name, test := range map[string]struct{ got, want []byte }{
		"head":     {encodeHead(nil, 258), []byte{0, 0, 0, 0, 0, 0, 1, 2}},
		"snapshot": {encodeSnapshot(nil, 3, payload), []byte{0, 0, 0, 0, 0, 0, 0, 3, 3, 't', '/', 'T', 0x0a, 0}},
		"event":    {encodeEvent(nil, payload), []byte{3, 't', '/', 'T', 0x0a, 0}},
		"no event": {encodeEvent(nil, nil), []byte{0}},
	} {
		if got := test.got[checksumSize:]; !bytes.Equal(got, test.want) {
			t.Errorf("the body of the %s is % x, want % x", name, got, test.want)
		}
	}
	// The check value of CRC-32C, over a key and a body.
	if got, want := encodeEvent([]byte("1234567"), nil)[:checksumSize], seal([]byte("123456"), []byte("7\x00"))[:checksumSize]; !bytes.Equal(got, want) {
		t.Errorf("the checksum is % x, want that of key and body together, % x", got, want)
	}
	if got, want := seal([]byte("1234"), []byte("56789"))[:checksumSize], []byte{0xe3, 0x06, 0x92, 0x83}; !bytes.Equal(got, want) {
		t.Errorf("the checksum of 123456789 is % x, want % x", got, want)
	}
}

func TestChecksumCoversKeyAndBody(t *testing.T) {
	t.Parallel()
	key := []byte("key")
	value := encodeEvent(key, &anypb.Any{TypeUrl: "t", Value: []byte("value")})
	if _, err := decodeEvent([]byte("kez"), value); err == nil {
		t.Error("a value is taken for that of another key")
	}
	for i := range value {
		for bit := range 8 {
			broken := bytes.Clone(value)
			broken[i] ^= 1 << bit
			if _, err := decodeEvent(key, broken); err == nil {
				t.Errorf("a value with bit %d of byte %d turned is taken", bit, i)
			}
		}
		if _, err := decodeEvent(key, value[:i]); err == nil {
			t.Errorf("a value cut at byte %d is taken", i)
		}
	}
}

// The fuzz targets seal what they are given, so that it gets past the checksum.

func FuzzDecodeHead(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 1})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0x80, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, body []byte) {
		key := []byte("key")
		last, err := decodeHead(key, seal(key, body))
		if err == nil && (last < 1 || !bytes.Equal(encodeHead(key, last), seal(key, body))) {
			t.Errorf("% x is read as a head at %d", body, last)
		}
		if _, err := decodeHead(key, body); err == nil && !bytes.Equal(encodeHead(key, last), body) {
			t.Errorf("% x is read as a sealed head", body)
		}
	})
}

func FuzzDecodeSnapshot(f *testing.F) {
	key := []byte("key")
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 9, 1, 't', 0xff})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 9, 5, 't'})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, body []byte) {
		snapshot, err := decodeSnapshot(key, seal(key, body))
		if err != nil {
			return
		}
		again, err := decodeSnapshot(key, encodeSnapshot(key, snapshot.Sequence, snapshot.State))
		if err != nil || again.Sequence != snapshot.Sequence || !proto.Equal(again.State, snapshot.State) {
			t.Errorf("% x is read as %v, and that as %v (%v)", body, snapshot, again, err)
		}
	})
}

func FuzzDecodeEvent(f *testing.F) {
	key := []byte("key")
	f.Add([]byte{})
	f.Add([]byte{0})
	f.Add([]byte{1, 't', 'v'})
	f.Add([]byte{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 't'})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, body []byte) {
		payload, err := decodeEvent(key, seal(key, body))
		if err != nil {
			return
		}
		again, err := decodeEvent(key, encodeEvent(key, payload))
		if err != nil || !proto.Equal(again, payload) {
			t.Errorf("% x is read as %v, and that as %v (%v)", body, payload, again, err)
		}
	})
}
