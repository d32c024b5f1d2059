// Package telemetry is what the proxy lets its operator see: logs, metrics, and
// the pages of the admin port.
package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"
)

// The formats of logs.
const (
	// FormatAuto is FormatText on a terminal and FormatJSON elsewhere.
	FormatAuto = "auto"
	// FormatText is for people.
	FormatText = "text"
	// FormatJSON is for machines, one object for each line.
	FormatJSON = "json"
)

// NewLog returns a logger that writes what is at the level or above it, in the
// format. An error says which words are understood.
func NewLog(w io.Writer, level, format string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("the log level %q is none of debug, info, warn and error", level)
	}
	options := &slog.HandlerOptions{Level: least}
	switch {
	case format == FormatText, format == FormatAuto && isTerminal(w):
		return slog.New(slog.NewTextHandler(w, options)), nil
	case format == FormatJSON, format == FormatAuto:
		return slog.New(slog.NewJSONHandler(w, options)), nil
	default:
		return nil, fmt.Errorf("the log format %q is none of %s, %s and %s", format, FormatAuto, FormatText, FormatJSON)
	}
}

// isTerminal reports whether a person reads what is written.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
