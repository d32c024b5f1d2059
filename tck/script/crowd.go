package script

import (
	"context"

	"github.com/stateward/stateward/tck/engine"
)

// A crowd is larger than the pools of threads that many servers begin with. On each of its
// connections are fewer streams than the 100 that HTTP/2 asks a server to allow at least
// (RFC 9113, 6.5.2), so that none of them has to wait for another to end.
const (
	connections = 2
	each        = 64
)

// Member is what one of a crowd does, in turn with the others.
type Member struct {
	// Opens opens its stream, Asks sends what is to be answered, and Answered expects it.
	Opens, Asks, Answered engine.Step
}

// Crowd returns the script of many parts at once: each opens its stream before any asks,
// and each asks before any has to be answered. No stream is ended. Connect makes the
// connection for the lines behind it, and members are numbered from 1.
func Crowd(connect engine.Step, member func(number int) Member) []engine.Step {
	var lines []engine.Step
	var asking, answers together
	for connection := range connections {
		var opening together
		for i := range each {
			m := member(connection*each + i + 1)
			opening, asking, answers = append(opening, m.Opens), append(asking, m.Asks), append(answers, m.Answered)
		}
		lines = append(lines, connect, opening)
	}
	return append(lines, asking, answers)
}

// together are many steps that read as one line.
type together []engine.Step

// Describe says what the first of them is, and the last.
func (t together) Describe() string { return t[0].Describe() + " … " + t[len(t)-1].Describe() }

// Perform performs them up to the first that errs.
func (t together) Perform(ctx context.Context, stage *engine.Stage) error {
	for _, step := range t {
		if err := step.Perform(ctx, stage); err != nil {
			return err
		}
	}
	return nil
}
