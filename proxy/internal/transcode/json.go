package transcode

import (
	"math"
	"strconv"
)

// appendFloat appends the shortest number that reads as the same one.
func appendFloat(to []byte, n float64, bits int) []byte {
	switch {
	case math.IsNaN(n):
		return append(to, `"NaN"`...)
	case math.IsInf(n, 1):
		return append(to, `"Infinity"`...)
	case math.IsInf(n, -1):
		return append(to, `"-Infinity"`...)
	}
	const least, most = 1e-6, 1e21 // between them there is no exponent
	abs := math.Abs(n)
	if abs == 0 || abs < most && (abs >= least || bits == 32 && float32(abs) >= least) {
		return strconv.AppendFloat(to, n, 'f', -1, bits)
	}
	to = strconv.AppendFloat(to, n, 'e', -1, bits)
	if end := len(to) - len("e-09"); to[end] == 'e' && to[end+1] == '-' && to[end+2] == '0' {
		to = append(to[:end+2], to[end+3])
	}
	return to
}

// appendString appends a text as a string of JSON.
func appendString(to []byte, text string) []byte {
	const digits = "0123456789abcdef"
	to = append(to, '"')
	begin := 0
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		to = append(to, text[begin:i]...)
		begin = i + 1
		switch c {
		case '"', '\\':
			to = append(to, '\\', c)
		case '\b':
			to = append(to, '\\', 'b')
		case '\f':
			to = append(to, '\\', 'f')
		case '\n':
			to = append(to, '\\', 'n')
		case '\r':
			to = append(to, '\\', 'r')
		case '\t':
			to = append(to, '\\', 't')
		default:
			to = append(to, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
		}
	}
	return append(append(to, text[begin:]...), '"')
}
