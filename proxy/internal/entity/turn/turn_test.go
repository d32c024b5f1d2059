package turn_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/turn"
)

// A function that is faster than the store is asked nothing more once so many answers
// wait, and again when one has left; none is lost or leaves out of order, however often
// that happens.
func TestHeldAnswersAreBounded(t *testing.T) {
	t.Parallel()
	turns := turn.New(entity.ID{Service: "s", Entity: "e"}, entity.Terms{}, turn.Rules{})
	turns.Open(entity.Opened{})
	turns.Recovered(entity.Recovered{})
	reply := &entityv1.Reply{Payload: &anypb.Any{TypeUrl: "/Text"}}
	change := entity.Persist{Value: &entity.Value{Update: &anypb.Any{}}}
	var completed int64
	for range 5 {
		for turns.Ready() {
			turns.Ask(entity.Arrived{})
			turns.Answer(entity.Outcome{Reply: reply}, change, nil, nil)
		}
		if waiting := turns.Command() - completed; waiting != 256 {
			t.Fatalf("%d answers wait", waiting)
		}
		for range 100 {
			completed++
			effects := turns.Persisted(entity.Persisted{}, nil)
			if done, ok := effects[0].(entity.Complete); !ok || done.Command != completed || len(effects) != 1 {
				t.Fatalf("the write of command %d led to %v", completed, effects)
			}
		}
	}
}

// A machine whose runtime breaks the contract panics, rather than to go on with a state
// that nobody has thought of.
func TestMisuse(t *testing.T) {
	t.Parallel()
	for name, misuse := range map[string]func(*turn.Turns){
		"a command before it is recovered": func(turns *turn.Turns) { turns.Ask(entity.Arrived{}) },
		"recovered before it is open":      func(turns *turn.Turns) { turns.Recovered(entity.Recovered{}) },
		"an outcome of no write":           func(turns *turn.Turns) { turns.Persisted(entity.Persisted{}, nil) },
		"passivated before it is idle":     func(turns *turn.Turns) { turns.Passivate(entity.Passivate{}) },
		"opened when it is over": func(turns *turn.Turns) {
			turns.Close(entity.Close{}, nil)
			turns.Over(entity.Opened{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("it did not panic")
				}
			}()
			turns := turn.New(entity.ID{}, entity.Terms{}, turn.Rules{})
			misuse(&turns)
		})
	}
}
