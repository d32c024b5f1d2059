package simulation

import (
	"os"
	"testing"
)

func TestDump(t *testing.T) {
	h, _ := run(t, 3, defects{})
	os.WriteFile("/tmp/hist.txt", []byte(h), 0o644)
}
