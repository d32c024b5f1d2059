// Package script is what scripts of cases are written in. A script reads as the wire
// does: each line is one frame that the kit sends, or one that is expected next. That
// nothing more has come is never concluded from silence, but from a barrier: the
// answer to a further command, or the end of the stream.
package script

import (
	"context"
	"strings"

	"github.com/stateward/stateward/tck/engine"
)

// Line is one line of a script.
type Line struct {
	// Text says what is sent or expected, in the notation of the wire.
	Text string
	// Play does it. Its error is that of [engine.Step.Perform].
	Play func(*Scene) error
}

var _ engine.Step = Line{}

// Describe returns the text.
func (l Line) Describe() string { return l.Text }

// Perform plays the line.
func (l Line) Perform(ctx context.Context, stage *engine.Stage) error {
	return l.Play(&Scene{Stage: stage, ctx: ctx})
}

// After returns the line with something done before it.
func (l Line) After(first func(*Scene)) Line {
	return Line{Text: l.Text, Play: func(sc *Scene) error {
		first(sc)
		return l.Play(sc)
	}}
}

// Sequence makes one line of several.
func Sequence(lines ...Line) Line {
	texts := make([]string, len(lines))
	for i, one := range lines {
		texts[i] = one.Text
	}
	return Line{Text: strings.Join(texts, " "), Play: func(sc *Scene) error {
		for _, one := range lines {
			if err := one.Play(sc); err != nil {
				return err
			}
		}
		return nil
	}}
}

// Scene is what a line plays on.
type Scene struct {
	*engine.Stage

	ctx context.Context // lives for one line
}
