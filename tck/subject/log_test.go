package subject

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLogKeepsTheLastLines(t *testing.T) {
	t.Parallel()

	var text strings.Builder
	for i := range keptLines + 10 {
		text.WriteString(strconv.Itoa(i) + "\n")
	}

	var kept log
	kept.read(strings.NewReader(text.String()))

	all := kept.tail(10 * keptLines)
	if len(all) != keptLines || all[0] != "10" || all[keptLines-1] != strconv.Itoa(keptLines+9) {
		t.Errorf("kept %d lines from %q to %q", len(all), all[0], all[len(all)-1])
	}

	if diff := cmp.Diff(all[keptLines-2:], kept.tail(2)); diff != "" {
		t.Error(diff)
	}
}

func TestLogCutsLongLines(t *testing.T) {
	t.Parallel()

	var kept log
	kept.read(strings.NewReader("a\n" + strings.Repeat("x", 3*keptBytes) + "\nb\xff\nc"))

	got := kept.tail(keptLines)
	if diff := cmp.Diff([]string{"a", strings.Repeat("x", keptBytes), "b\uFFFD", "c"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestLogKeepsNoControls(t *testing.T) {
	t.Parallel()

	var kept log
	kept.read(strings.NewReader("\x1b[1;31mred\x1b[0m\tand\x1b[2K \x07black\r\n"))

	if diff := cmp.Diff([]string{"red\tand black"}, kept.tail(1)); diff != "" {
		t.Error(diff)
	}
}
