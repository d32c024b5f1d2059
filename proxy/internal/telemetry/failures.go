package telemetry

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/fault"
)

const (
	// spell is how long lines about one code are counted together, and maxLines how many
	// of them are written in that time. So a flood of failures writes 16 codes times
	// maxLines a second at most.
	spell    = time.Second
	maxLines = 10
)

// Failures writes a line for each command that has failed, with the id of its trace: an
// error where the proxy or the function is at fault, a warning where something is out of
// reach or at its limit, and information where the caller is. Of those of one code that
// come thick and fast it leaves out the rest, and says how many. Nothing of a payload is
// in a line, nor what the domain says to its caller. Its methods may be called from any
// goroutine.
type Failures struct {
	log *slog.Logger

	mu     sync.Mutex
	closed bool
	spells map[codes.Code]*floods // those under way
}

// floods are the failures of one code in one spell.
type floods struct {
	lines, left int
	end         *time.Timer
}

// NewFailures returns failures that are written to the log. Close ends them.
func NewFailures(log *slog.Logger) *Failures {
	return &Failures{log: log, spells: map[codes.Code]*floods{}}
}

// CommandFailed says that a caller's command has failed: that of the method, for the
// entity, which may have no key. Trace is the id of its trace; empty where it has none.
func (f *Failures) CommandFailed(method string, id entity.ID, trace string, err error) {
	f.write("a command failed", err, trace, id.Entity, slog.String("command", id.Service+"/"+method))
}

// EffectFailed says the same of a side effect to the method, of the source.
func (f *Failures) EffectFailed(method string, source entity.ID, trace string, err error) {
	f.write("a side effect failed", err, trace, source.Entity, slog.String("effect", method), slog.String("of", source.Service))
}

// write writes a line, unless too many have been written just now.
func (f *Failures) write(what string, err error, trace, entity string, about ...slog.Attr) {
	code := fault.CodeOf(err)
	level := levelOf(code, err)
	if !f.log.Enabled(context.Background(), level) || !f.takes(code) {
		return
	}
	if entity != "" {
		about = append(about, slog.String("entity", entity))
	}
	about = append(about, slog.String("code", code.String()))
	if trace != "" {
		about = append(about, slog.String("trace", trace))
	}
	f.log.LogAttrs(context.Background(), level, what, append(about, slog.String("error", textOf(err)))...)
}

// takes reports whether one more line about the code may be written, and counts it.
func (f *Failures) takes(code codes.Code) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	now := f.spells[code]
	if now == nil {
		now = new(floods)
		now.end = time.AfterFunc(spell, func() { f.over(code) })
		f.spells[code] = now
	}
	if now.lines < maxLines {
		now.lines++
		return true
	}
	now.left++
	return false
}

// over ends the spell of a code, and says what was left out.
func (f *Failures) over(code codes.Code) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.spells[code]; now != nil {
		delete(f.spells, code)
		f.tell(code, now)
	}
}

// tell says what was left out in a spell. The caller holds mu.
func (f *Failures) tell(code codes.Code, of *floods) {
	if of.left > 0 {
		f.log.Warn("more commands or side effects failed than are listed", "code", code.String(), "left_out", of.left, "within", spell.String())
	}
}

// Close says what was left out so far. Nothing is written after it.
func (f *Failures) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for code, now := range f.spells {
		now.end.Stop()
		f.tell(code, now)
	}
	clear(f.spells)
}

// levelOf returns how grave an error with the code is.
func levelOf(code codes.Code, err error) slog.Level {
	if _, own := errors.AsType[*fault.Error](err); !own {
		return slog.LevelInfo // The domain has said so, or the caller has gone.
	}
	switch code {
	case codes.Internal, codes.DataLoss, codes.Unknown:
		return slog.LevelError
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// textOf returns what the proxy itself says of an error. What the domain has to say is
// for its caller.
func textOf(err error) string {
	if own, is := errors.AsType[*fault.Error](err); is {
		return own.Text
	}
	if _, is := errors.AsType[*entity.Failure](err); is {
		return "the function refused it"
	}
	return "the function ended it, or its caller did"
}
