package route

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ErrEncoding says that a path cannot be decoded (HTTP-PATH-008).
var ErrEncoding = errors.New("the path is not encoded as a path is")

// checkEncoding wants two hexadecimal digits behind each %, and UTF-8.
func checkEncoding(text string) error {
	encoded := false
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			continue
		}
		if i+2 >= len(text) || !isHex(text[i+1]) || !isHex(text[i+2]) {
			return fmt.Errorf("%w: two hexadecimal digits have to follow the %% at byte %d", ErrEncoding, i)
		}
		encoded = true
		i += 2
	}
	if encoded {
		text = decode(text)
	}
	if !utf8.ValidString(text) {
		return fmt.Errorf("%w: it is not UTF-8 once it is decoded", ErrEncoding)
	}
	return nil
}

// decode decodes each percent-encoding of a text that has been checked.
func decode(text string) string { return decodeBut(text, false) }

// decodeBut decodes as decode does; with slashes it leaves %2F and %2f as they came.
func decodeBut(text string, slashes bool) string {
	next := strings.IndexByte(text, '%')
	if next < 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for ; next >= 0; next = strings.IndexByte(text, '%') {
		b.WriteString(text[:next])
		c := hex(text[next+1])<<4 | hex(text[next+2])
		if c == '/' && slashes {
			b.WriteString(text[next : next+3])
		} else {
			b.WriteByte(c)
		}
		text = text[next+3:]
	}
	b.WriteString(text)
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// hex returns the value of a hexadecimal digit.
func hex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	default:
		return c - 'a' + 10
	}
}
