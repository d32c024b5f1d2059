package app

import (
	"fmt"
	"strconv"
	"strings"
)

// units are what a size may be given in, the longest names first.
var units = []struct {
	name  string
	bytes int
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"", 1}}

// size is a flag's value in bytes, written like 4MiB or 4194304.
type size int

// Set reads a size.
func (s *size) Set(text string) error {
	for _, unit := range units {
		digits, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 32)
		if err != nil || n < 0 || n*int64(unit.bytes) > 1<<30 {
			break
		}
		*s = size(int(n) * unit.bytes)
		return nil
	}
	return fmt.Errorf("%q is no size of up to 1GiB: write a number of bytes, or one with KiB, MiB or GiB", text)
}

// String writes a size as Set reads it.
func (s *size) String() string {
	for _, unit := range units[:3] {
		if n := int(*s) / unit.bytes; n > 0 && n < 1<<10 && int(*s)%unit.bytes == 0 {
			return strconv.Itoa(n) + unit.name
		}
	}
	return strconv.Itoa(int(*s))
}

// Type names the value in the help.
func (*size) Type() string { return "size" }
