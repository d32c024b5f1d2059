package replicated_test

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/protocol"
	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/crdt"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/entitytest"
	"github.com/stateward/stateward/proxy/internal/entity/replicated"
)

// FuzzStep steps a machine through a random life. Each byte of life is one input, as
// far as the machine's contract allows it; the function's messages are whatever bytes
// decode to. The invariants hold in every phase.
func FuzzStep(f *testing.F) {
	text := func(line string) []byte {
		message, err := said(entitytest.Parse("received " + line))
		if err != nil {
			f.Fatal(err)
		}
		encoded, err := proto.Marshal(message)
		if err != nil {
			f.Fatal(err)
		}
		return encoded
	}
	answers := [][]byte{
		text("reply 1 ok=done update=gcounter:1"),
		text("reply 1 ok=done update=orset:+a+b majority streamed effect=shop.Log/Note"),
		text("reply 1 fail=no update=gcounter:1 restart"),
		text("reply 2 ok=done update=ormap:+k{vote:true}"),
		text("reply 1 ok=gone delete"),
		text("reply 1 streamed"),
		text("message 1 ok=done"),
		text("message 1 ok=done end"),
		text("message 1 fail=no"),
		text("cancelled 1 update=gcounter:1"),
		text("failure 1 text=oh"),
		text("nothing"),
		{0xff, 0x01},
	}
	for _, life := range []string{"orcamg", "orsamgab", "orscmmhabhs", "orssagtt", "orsagb01bm", "orcde", "orcx", "omrp", "orcaSd", "orcasaS"} {
		for _, first := range answers {
			f.Add([]byte(life), first, answers[1])
			f.Add([]byte(life), first, answers[9])
		}
	}
	known := map[string]bool{}
	for _, r := range protocol.Requirements() {
		known[r.ID] = true
	}
	f.Fuzz(func(t *testing.T, life, first, second []byte) {
		w := &watcher{
			machine: replicated.New(entity.ID{Service: "s", Entity: "e"}, entity.Terms{MaxMessage: 1 << 10, MaxMetadata: 64}),
			known:   known, waiting: map[int64]bool{}, spreads: map[int64]bool{}, other: &crdt.State{},
		}
		for _, b := range life {
			if in := w.input(b, first, second); in != nil {
				w.step(t, in)
			}
		}
	})
}

// watcher keeps the runtime's half of the contract and judges the machine's.
type watcher struct {
	machine           entity.Machine
	known             map[string]bool // the ids of the specification
	opened, recovered bool
	closed            bool
	newest            int64
	// waiting are the commands that have got no last outcome, spreads the changes that
	// have to spread.
	waiting, spreads map[int64]bool
	other            *crdt.State
}

// input returns the input that the byte stands for, nil when the contract does not allow
// it now.
func (w *watcher) input(b byte, first, second []byte) entity.Input {
	switch b {
	case 'o':
		if w.opened {
			return nil
		}
		w.opened = true
		return entity.Opened{Self: "P", Members: []string{"P", "Q"}}
	case 'r':
		if !w.opened || w.recovered || w.closed {
			return nil
		}
		w.recovered = true
		return entity.Recovered{}
	case 'c', 's':
		if !w.machine.Ready() {
			return nil
		}
		w.newest++
		w.waiting[w.newest] = true
		return entity.Arrived{Command: entity.Command{Name: "Do", Response: "Text", Streamed: b == 's'}}
	}
	if !w.recovered {
		return nil
	}
	return w.later(b, first, second)
}

func (w *watcher) later(b byte, first, second []byte) entity.Input {
	switch b {
	case 'a':
		return decoded(first)
	case 'b':
		return decoded(second)
	case 'm':
		change, err := w.other.Apply(parseDelta("gcounter:3"), crdt.Author{Replica: "Q"})
		if err != nil {
			panic(err)
		}
		return entity.Merged{Delta: change.Encode()}
	case 'd':
		return entity.Merged{Delta: (&crdt.State{}).Delete().Encode()}
	case 'h':
		return entity.Elapsed{}
	case '0', '1':
		return entity.Elapsed{Timer: entity.Timer(b-'0') + 1}
	case 'g':
		return entity.Gone{Command: w.newest}
	case 'x':
		return entity.TimedOut{}
	case 'e':
		return entity.Ended{}
	case 'p':
		if w.machine.Idle() {
			return entity.Passivate{}
		}
	case 'S', 't':
		for number := range w.spreads {
			delete(w.spreads, number)
			if b == 't' {
				return entity.Spread{Apply: number, Err: errLate}
			}
			return entity.Spread{Apply: number}
		}
	}
	return nil
}

func decoded(message []byte) entity.Input {
	response := &replicatedv1.HandleResponse{}
	if proto.Unmarshal(message, response) != nil {
		return nil // The stream's codec refuses it: the machine sees Ended.
	}
	return entity.Received{Message: response}
}

func (w *watcher) step(t *testing.T, in entity.Input) {
	t.Helper()
	effects := w.machine.Step(in, nil)
	if w.closed && len(effects) > 0 {
		t.Fatalf("%T after Close has effects: %v", in, effects)
	}
	for i, effect := range effects {
		if wrong := w.check(effect, i == len(effects)-1); wrong != "" {
			t.Fatalf("%T: %s: %s", in, wrong, kind.Effect(effect))
		}
	}
	if w.machine.Idle() && (len(w.waiting) > 0 || len(w.spreads) > 0 || w.closed) {
		t.Fatalf("idle after %T while %v wait, and %v spread", in, w.waiting, w.spreads)
	}
}

// check says what is wrong with the effect; "" when nothing is.
func (w *watcher) check(effect entity.Effect, last bool) string {
	switch effect := effect.(type) {
	case entity.Send:
		if size := proto.Size(effect.Message); size > 1<<10 {
			return "larger than the function takes" // CORE-LIMIT-008
		}
	case entity.Apply:
		if effect.Consistency != replicatedv1.WriteConsistency_WRITE_CONSISTENCY_LOCAL {
			w.spreads[effect.Apply] = true
		}
		if _, err := crdt.Decode(effect.Delta); err != nil {
			return err.Error()
		}
	case entity.Complete:
		if !w.waiting[effect.Command] {
			return "a command that has got its last outcome"
		}
		if !effect.More {
			delete(w.waiting, effect.Command)
		}
	case entity.Report:
		if !w.known[effect.Requirement] || effect.Text == "" {
			return "no requirement is called so"
		}
	case entity.Close:
		w.closed = true
		switch {
		case !last:
			return "Close is not the last effect"
		case len(w.waiting) > 0:
			return "commands wait for ever"
		}
	}
	return ""
}

var errLate = errors.New("too late")
