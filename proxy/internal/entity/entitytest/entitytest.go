// Package entitytest plays transcripts: what goes into the machine of one kind, a
// line for each input, and the effects that come out.
package entitytest

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
)

// Kind is what the transcripts of one kind have for themselves.
type Kind struct {
	// New returns the machine that a line asks for.
	New func(Line, entity.ID, entity.Terms) entity.Machine
	// Keys are those that an input has of the kind's own.
	Keys map[string][]string
	// MaxMessage is the largest message that the function takes; 160 where it is 0.
	MaxMessage int
	// Opened adds to the input what the kind has in the store.
	Opened func(Line, *entity.Opened)
	// Said reads a message of the function.
	Said func(Line) (proto.Message, error)
	// Sent writes a message to the function.
	Sent func(proto.Message) string
	// Persist writes what goes to the store besides what all kinds store.
	Persist func(entity.Persist) string
	// Merged reads what has changed elsewhere, and Apply writes a change; of a kind
	// that several proxies write at once.
	Merged func(Line) (entity.Merged, error)
	Apply  func(entity.Apply) string
}

// Play plays each file of testdata with machines of the kind. The input "new" begins
// with a fresh machine, as each file does; words behind it are its terms.
func (k Kind) Play(t *testing.T, rewrite bool) {
	t.Helper()
	Play(t, rewrite, k.script)
}

// script steps machines through the inputs of one transcript.
func (k Kind) script() Script {
	machine := k.fresh(Line{})
	return func(l Line) (string, error) {
		if l.Word(0) == "new" {
			if err := l.Known(k.keys()); err != nil {
				return "", err
			}
			machine = k.fresh(l)
			return state(machine), nil
		}
		in, err := k.Input(l)
		if err != nil {
			return "", err
		}
		var out strings.Builder
		for _, effect := range machine.Step(in, nil) {
			out.WriteString(k.Effect(effect) + "\n")
		}
		return out.String() + state(machine), nil
	}
}

func state(machine entity.Machine) string {
	switch {
	case machine.Idle():
		return "idle\n"
	case machine.Ready():
		return "ready\n"
	default:
		return ""
	}
}

// fresh returns a machine under small limits, so that a transcript can pass them,
// and under the terms that the line names.
func (k Kind) fresh(l Line) entity.Machine {
	terms := entity.Terms{Persistence: "cart", MaxMessage: k.MaxMessage, MaxMetadata: 12, Cloudstate: l.Has("cloudstate-0.2")}
	if terms.MaxMessage == 0 {
		terms.MaxMessage = 160
	}
	terms.Capabilities = entity.CapabilitiesOf(capabilities(l)...)
	return k.New(l, entity.ID{Service: "shop.Cart", Entity: "7"}, terms)
}

// capabilities returns those whose names, in small letters with dashes, stand in the
// line.
func capabilities(l Line) []discoveryv1.Capability {
	var named []discoveryv1.Capability
	for name, number := range discoveryv1.Capability_value {
		if l.Has(strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, "CAPABILITY_")), "_", "-")) {
			named = append(named, discoveryv1.Capability(number))
		}
	}
	return named
}
