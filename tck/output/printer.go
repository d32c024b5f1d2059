// Package output tells a person at a terminal what a run of the kit found.
package output

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// Config says what the reader's terminal can do. The zero Config suits a file
// or a pipe.
type Config struct {
	// Colour is whether text is coloured.
	Colour bool
	// Live is whether the last line can be written over.
	Live bool
	// Width is how many characters fit on a line; 100 when 0.
	Width int
	// Quiet leaves out all but what did not pass and the result.
	Quiet bool
}

// For returns the config for a writer: colour and a live line on a terminal,
// unless the environment says NO_COLOR or TERM=dumb.
func For(w io.Writer, getenv func(string) string) Config {
	file, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(file.Fd())) {
		return Config{}
	}
	dumb := getenv("TERM") == "dumb"
	config := Config{Live: !dumb, Colour: !dumb && getenv("NO_COLOR") == ""}
	if width, _, err := term.GetSize(int(file.Fd())); err == nil {
		config.Width = width
	}
	return config
}

// Printer writes to one reader. It is used from one goroutine at a time.
type Printer struct {
	out    io.Writer
	config Config
	live   bool // a live line stands on the last line
}

// New returns a printer. Errors of out are not reported: there is nobody left
// to report them to.
func New(out io.Writer, config Config) *Printer {
	if config.Width <= 0 {
		config.Width = 100
	}
	config.Live = config.Live && !config.Quiet
	return &Printer{out: out, config: config}
}

// colour is an ANSI code.
type colour string

const (
	plain  colour = ""
	bold   colour = "1"
	dim    colour = "2"
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
)

// paint colours text where the reader sees colours.
func (p *Printer) paint(c colour, text string) string {
	if !p.config.Colour || c == plain {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// printf writes lines, after taking the live line away.
func (p *Printer) printf(format string, args ...any) {
	p.erase()
	fmt.Fprintf(p.out, format, args...)
}

// show writes the live line over the last one.
func (p *Printer) show(text string) {
	if !p.config.Live {
		return
	}
	p.erase()
	fmt.Fprint(p.out, cut(text, p.config.Width-1))
	p.live = true
}

// Erase takes the live line away, before something else is written to the
// terminal.
func (p *Printer) Erase() { p.erase() }

func (p *Printer) erase() {
	if p.live {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.live = false
	}
}

// cut shortens text to so many characters.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:max(0, width-1)]) + "…"
}

// wrap breaks text into lines of at most width characters where it has spaces.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// pad fills text up to width characters.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}
