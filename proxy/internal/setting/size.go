package setting

import (
	"fmt"
	"strconv"
	"strings"
)

// maxSize is the largest size that can be given.
const maxSize = 1 << 30

// unit is what a size may be given in.
type unit struct {
	name  string
	bytes int
}

// units are all of them, the one without a name last.
func units() []unit {
	return []unit{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"", 1}}
}

// Size returns the kind of numbers of bytes, written like 4MiB or 4194304.
func Size() Kind[int] { return One("size", parseSize, formatSize) }

func parseSize(text string) (int, error) {
	for _, unit := range units() {
		digits, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 31)
		if err != nil || n > maxSize/uint64(unit.bytes) {
			break
		}
		return int(n) * unit.bytes, nil
	}
	return 0, fmt.Errorf("%q is no size of up to 1GiB: write a number of bytes, or one with KiB, MiB or GiB", text)
}

// formatSize writes a size as parseSize reads it, in the unit in which it is short.
func formatSize(size int) string {
	for _, unit := range units() {
		if n := size / unit.bytes; n > 0 && n < 1<<10 && size%unit.bytes == 0 {
			return strconv.Itoa(n) + unit.name
		}
	}
	return strconv.Itoa(size)
}
