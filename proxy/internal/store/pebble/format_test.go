package pebble

import (
	"bytes"
	"fmt"
	"testing"
)

func TestParseFormat(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]uint64{
		"stateward-pebble 1\n":                    1,
		"stateward-pebble 2\n":                    2,
		"stateward-pebble 3\n":                    3,
		"stateward-pebble 3\nmore of the later\n": 3,
		"stateward-pebble 18446744073709551615\n": 18446744073709551615,

		"":                                        0,
		"stateward-pebble 1":                      0,
		"stateward-pebble 1\n\n":                  0,
		"stateward-pebble 0\n":                    0,
		"stateward-pebble 01\n":                   0,
		"stateward-pebble -1\n":                   0,
		"stateward-pebble +1\n":                   0,
		"stateward-pebble 1 \n":                   0,
		"stateward-pebble\n":                      0,
		"stateward-pebble \n":                     0,
		"stateward-pebble  1\n":                   0,
		"stateward-sqlite 1\n":                    0,
		"Stateward-Pebble 1\n":                    0,
		"stateward-pebble 18446744073709551616\n": 0,
	} {
		got, err := parseFormat([]byte(data))
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("parseFormat(%q) = %d, %v, want %d, and an error for 0", data, got, err, want)
		}
	}
	if got, err := parseFormat(encodeFormat()); got != formatVersion || err != nil {
		t.Errorf("parseFormat of what is written = %d, %v", got, err)
	}
}

func FuzzParseFormat(f *testing.F) {
	f.Add(encodeFormat())
	f.Add([]byte("stateward-pebble 3\nlater\n"))
	f.Add([]byte("stateward-pebble \n"))
	f.Add(bytes.Repeat([]byte("9"), formatLimit))
	f.Fuzz(func(t *testing.T, data []byte) {
		version, err := parseFormat(data)
		if err == nil && !bytes.HasPrefix(data, fmt.Appendf(nil, "%s %d\n", formatName, version)) {
			t.Errorf("%q is read as version %d", data, version)
		}
	})
}
