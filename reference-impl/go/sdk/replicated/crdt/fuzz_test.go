package crdt

import (
	"testing"

	"google.golang.org/protobuf/proto"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
)

// A value takes any bytes that are a delta, or says what is wrong with them.
func FuzzApply(f *testing.F) {
	for _, newValue := range makers() {
		value := newValue()
		f.Add([]byte{}, mustMarshal(f, value.Delta()))
	}
	set := NewORSet(String())
	set.Add("a")
	first := mustMarshal(f, set.Delta())
	set.Commit()
	set.Clear()
	f.Add(first, mustMarshal(f, set.Delta()))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		for name, newValue := range makers() {
			value := newValue()
			for _, text := range [][]byte{first, second} {
				delta := &replicatedv1.Delta{}
				if proto.Unmarshal(text, delta) != nil {
					return
				}
				if _, err := value.Apply(delta); err != nil {
					break // void
				}
				if value.Changed() {
					t.Fatalf("%s: what was received is to be sent", name)
				}
				plain(value)
			}
		}
	})
}

func mustMarshal(tb testing.TB, message proto.Message) []byte {
	tb.Helper()
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}
