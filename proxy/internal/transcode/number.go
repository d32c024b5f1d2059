package transcode

import (
	"math"
	"strconv"
	"strings"
)

// numberLength returns how many bytes of the text are a number of JSON; 0 when it
// begins with none.
func numberLength[T string | []byte](text T) int {
	i := 0
	digits := func() bool {
		begin := i
		for i < len(text) && '0' <= text[i] && text[i] <= '9' {
			i++
		}
		return i > begin
	}
	if i < len(text) && text[i] == '-' {
		i++
	}
	zero := i < len(text) && text[i] == '0'
	if zero {
		i++
	} else if !digits() {
		return 0
	}
	if i < len(text) && text[i] == '.' {
		i++
		if !digits() {
			return 0
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		i++
		if i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		if !digits() {
			return 0
		}
	}
	return i
}

// isNumber reports whether the text is a number of JSON.
func isNumber(text string) bool { return text != "" && numberLength(text) == len(text) }

// whole returns the integer that a number of JSON is, in decimal: 1.5e1 is 15. It is
// false when it is none, or has more digits than any integer of protobuf.
func whole(number string) (string, bool) {
	if !strings.ContainsAny(number, ".eE") {
		return number, true
	}
	mantissa, sign := number, ""
	exponent := 0
	if e := strings.IndexAny(mantissa, "eE"); e >= 0 {
		exponent, _ = strconv.Atoi(mantissa[e+1:]) // out of range is as far as an int goes
		mantissa = mantissa[:e]
	}
	if strings.HasPrefix(mantissa, "-") {
		mantissa, sign = mantissa[1:], "-"
	}
	integer, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(integer+fraction, "0")
	if digits == "" {
		return "0", true
	}
	trimmed := strings.TrimRight(digits, "0")
	const most = 20 // digits of the largest uint64
	// zeros are those that follow the digits.
	zeros := exponent - len(fraction) + len(digits) - len(trimmed)
	if exponent == math.MinInt || zeros < 0 || zeros > most || len(trimmed)+zeros > most {
		return "", false
	}
	return sign + trimmed + strings.Repeat("0", zeros), true
}

// parseInt reads a signed integer of so many bits.
func parseInt(text string, bits int) (int64, bool) {
	digits, ok := whole(text)
	if !ok || !isNumber(text) {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, bits)
	return n, err == nil
}

// parseUint reads an integer without a sign of so many bits.
func parseUint(text string, bits int) (uint64, bool) {
	digits, ok := whole(text)
	if !ok || !isNumber(text) {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, bits)
	return n, err == nil
}

// parseFloat reads a floating-point number of so many bits.
func parseFloat(text string, bits int) (float64, bool) {
	switch text {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		return math.Inf(1), true
	case "-Infinity":
		return math.Inf(-1), true
	}
	if !isNumber(text) {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, bits)
	return n, err == nil
}
