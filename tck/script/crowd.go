package script

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/stateward/stateward/tck/engine"
)

// A crowd is larger than the pools of threads that servers begin with, of which 200 is a
// common size. It shares few connections; on each are fewer streams than the 100 that a
// server of HTTP/2 should allow at the least, and fewer resets than it may take for an attack.
const (
	connections = 4
	each        = 64
)

// Crowd are the names of so many parts that do the same at once.
func Crowd() []string {
	names := make([]string, connections*each)
	for i := range names {
		names[i] = strconv.Itoa(i + 1)
	}
	return names
}

// Each returns the line in which every part of the crowd does what its step says, one
// after the other.
func Each(text string, step func(name string) engine.Step) engine.Step {
	return eachOf(text, Crowd(), step)
}

// EachBackwards is Each, beginning with the last.
func EachBackwards(text string, step func(name string) engine.Step) engine.Step {
	names := Crowd()
	slices.Reverse(names)
	return eachOf(text+", the last first", names, step)
}

// EachComes is Each for the first step of the parts, which opens their streams: over
// connections of the crowd's own.
func EachComes(text string, step func(name string) engine.Step) engine.Step {
	came := 0
	return Each(fmt.Sprintf("%s, over %d connections", text, connections), func(name string) engine.Step {
		came++
		if came%each == 1 {
			return alongside{step(name)}
		}
		return step(name)
	})
}

func eachOf(text string, names []string, step func(name string) engine.Step) engine.Step {
	all := together{text: fmt.Sprintf("1 to %d %s", len(names), text)}
	for _, name := range names {
		all.steps = append(all.steps, step(name))
	}
	return all
}

// together are several steps that read as one line.
type together struct {
	text  string
	steps []engine.Step
}

func (t together) Describe() string { return t.text }

func (t together) Perform(ctx context.Context, stage *engine.Stage) error {
	for _, step := range t.steps {
		if err := step.Perform(ctx, stage); err != nil {
			return err
		}
	}
	return nil
}

// alongside is a step on a further connection, which those behind it share.
type alongside struct{ engine.Step }

func (a alongside) Perform(ctx context.Context, stage *engine.Stage) error {
	if err := stage.Connect(); err != nil {
		return err
	}
	return a.Step.Perform(ctx, stage)
}
