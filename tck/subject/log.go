package subject

import (
	"bufio"
	"io"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

const (
	// keptLines is how many lines a log keeps; older ones are dropped.
	keptLines = 200
	// keptBytes is how much of one line a log keeps.
	keptBytes = 4096
	// shownLines is how many of the last lines an error shows.
	shownLines = 12
)

// log keeps the last lines that a process wrote. It may be used by several
// goroutines.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) == keptLines {
		l.lines = append(l.lines[:0], l.lines[1:]...)
	}
	l.lines = append(l.lines, line)
}

// tail is a copy of the last n lines, oldest first.
func (l *log) tail(n int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.lines[max(0, len(l.lines)-n):]...)
}

// escape is what a terminal takes for a colour, a movement or the like.
var escape = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]`)

// printable is the text of a line without what would colour a pipe, or move the
// cursor of whoever reads it.
func printable(line string) string {
	line = escape.ReplaceAllString(strings.ToValidUTF8(line, "\uFFFD"), "")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' {
			return -1
		}
		return r
	}, line)
}

// read adds every line of r until it ends. A line longer than keptBytes is cut,
// not refused, so that a process that writes without line ends cannot block.
func (l *log) read(r io.Reader) {
	reader := bufio.NewReaderSize(r, keptBytes)
	for cut := false; ; {
		part, more, err := reader.ReadLine()
		if err != nil {
			return // the writers are gone, or the owner closed the pipe
		}
		if !cut {
			l.add(printable(string(part)))
		}
		cut = more
	}
}
