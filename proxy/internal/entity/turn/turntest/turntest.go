// Package turntest leads machines whose commands take turns through random lives.
// Whatever a function and a store do, what package turn promises holds.
package turntest

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/protocol"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/entitytest"
)

// Kind is what lives of one kind of entity have for themselves.
type Kind struct {
	entitytest.Kind

	// Begin returns a machine and the inputs that lead up to Recovered, for a life
	// that has so many of the stored parts; special lives have other terms.
	Begin func(special bool, stored int) (entity.Machine, []entity.Input)
	// Decode reads a message of the function, whose reply answers the command; nil for
	// bytes that are none.
	Decode func(message []byte, command int64) proto.Message
	// Wrong says why the write is none that the message asks for; nil where it is.
	Wrong func(message proto.Message, change entity.Persist) error
}

// Fuzz steps machines through random lives. Each byte of a life is one input, as far
// as the machine's contract allows it; a "*" in front makes it special. The function's
// messages are whatever two texts decode to, which begin as those of the transcripts.
func (k Kind) Fuzz(f *testing.F, lives, messages []string) {
	f.Helper()
	var encoded [][]byte
	for _, text := range messages {
		message, err := k.Said(entitytest.Parse("received " + text))
		if err != nil {
			f.Fatal(err)
		}
		bytes, err := proto.Marshal(message)
		if err != nil {
			f.Fatal(err)
		}
		encoded = append(encoded, bytes)
	}
	encoded = append(encoded, []byte{0xff, 0x01}) // No message.
	for _, life := range lives {
		for _, first := range encoded {
			f.Add([]byte(life), first, encoded[0])
		}
	}
	known := map[string]bool{}
	for _, r := range protocol.Requirements() {
		known[r.ID] = true
	}
	f.Fuzz(func(t *testing.T, life, first, second []byte) {
		l := k.begin(life, known)
		for _, b := range life {
			if in := l.input(b, first, second); in != nil {
				l.step(t, in)
			}
		}
	})
}
