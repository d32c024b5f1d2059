package pebble

import (
	"fmt"
	"log/slog"

	pebbledb "github.com/cockroachdb/pebble/v2"

	"github.com/stateward/stateward/proxy/internal/store/pebble/internal/disk"
)

// logger takes what pebble has to say.
type logger struct {
	log  *slog.Logger
	disk *disk.Disk
}

var _ pebbledb.Logger = logger{}

// Infof is what pebble does in the background; it is of no interest to most.
func (l logger) Infof(format string, args ...any) { l.log.Debug(fmt.Sprintf(format, args...)) }

// Errorf is an error that pebble has dealt with.
func (l logger) Errorf(format string, args ...any) { l.log.Error(fmt.Sprintf(format, args...)) }

// Fatalf is where pebble expects the process to end. The disk halts instead:
// nothing is written any more, and all who wait are told why.
func (l logger) Fatalf(format string, args ...any) {
	l.disk.Halt(fmt.Errorf("pebble cannot go on: "+format, args...))
}

// events sends two kinds of news to the log. Corruption would go to Fatalf by
// default; the Load that meets it returns it. What pebble would try again while
// it opens is given up.
func (l logger) events() *pebbledb.EventListener {
	return &pebbledb.EventListener{
		BackgroundError: func(err error) {
			l.log.Warn("pebble tries again", "error", err.Error()) // as a value it brings its stack trace
			l.disk.GiveUp()
		},
		DataCorruption: func(info pebbledb.DataCorruptionInfo) { l.log.Error("the store is corrupt", "where", info) },
	}
}
