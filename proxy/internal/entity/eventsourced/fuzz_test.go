package eventsourced_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/protocol"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/entitytest"
	"github.com/stateward/stateward/proxy/internal/entity/eventsourced"
	"github.com/stateward/stateward/proxy/internal/store"
)

// FuzzStep steps a machine through a random life. Each byte of life is one
// input, as far as the machine's contract allows it; the function's messages are
// whatever bytes decode to. The invariants hold in every phase.
func FuzzStep(f *testing.F) {
	text := func(l string) []byte {
		message, err := said(entitytest.Parse(l))
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
		text("received reply 1 ok=done event=A event=B snapshot=AB effect=shop.Log/Note"),
		text("received reply 2 forward=shop.Stock/Take"),
		text("received reply 1 fail=no event=A restart"),
		text("received reply 1 no-payload event=A snapshot=A"),
		text("received failure 1 text=oh"),
		text("received nothing"),
		text("received reply 1 ok=done event=A type=Text"),
		text("received reply 1 ok=done event=A durable=shop.Log/Note"),
		text("received reply 1 ok=done event=A about=k:v"),
		text("received reply 1 ok=done event=A delete retention=5"),
		text("received snapshot-response snapshot=A"),
		text("received reply 1 fail=no detail=A"),
		{0xff, 0x01},
	}
	for _, life := range []string{
		"o.rca", "o..rcawcbw", "occ", "orcaW", "orcbaw", "orcae", "orct", "orp", "orceXca",
		"*orcawbwp", "*orkacbW", "*orkacbU", "*orcgaw", "*orcalw", "*orcacbcawww",
	} {
		for _, first := range answers {
			f.Add([]byte(life), first, answers[1])
		}
	}
	known := map[string]bool{}
	for _, r := range protocol.Requirements() {
		known[r.ID] = true
	}
	f.Fuzz(func(t *testing.T, life, first, second []byte) {
		w := watcher{known: known, last: int64(bytes.Count(life, []byte{'.'}))}
		terms := entity.Terms{MaxMessage: 1 << 10, MaxMetadata: 64}
		if len(life) > 0 && life[0] == '*' {
			terms.Capabilities = ^entity.Capabilities(0)
		}
		w.machine = eventsourced.New(entity.ID{Service: "s", Entity: "e"}, terms, eventsourced.Config{Ask: 3, Ahead: 2})
		for _, b := range life {
			if in := w.input(b, first, second); in != nil {
				w.step(t, in)
			}
		}
	})
}

// watcher keeps the runtime's half of the contract and judges the machine's.
type watcher struct {
	machine   *eventsourced.Machine
	known     map[string]bool // the ids of the specification
	effects   []entity.Effect
	last      int64 // what the journal has
	opened    bool
	recovered bool
	closed    bool
	sequence  int64            // of the last event that was replayed or emitted
	sent      int64            // the id of the newest command
	answered  int64            // the id of the newest command that was answered
	open      []int64          // the commands that are not completed, in their order
	writes    []entity.Persist // those that have no outcome, in their order
}

// input returns the input that the byte stands for, nil when the contract does
// not allow it now.
func (w *watcher) input(b byte, first, second []byte) entity.Input {
	switch {
	case b == 'o' && !w.opened && !w.closed:
		w.opened = true
		return entity.Opened{Epoch: 1, Last: w.last}
	case b == '.' && w.opened && !w.recovered && !w.closed:
		w.sequence++
		return entity.Replayed{Event: entity.Event{Sequence: w.sequence}}
	case b == 'r' && w.opened && !w.recovered && !w.closed:
		w.recovered = true
		return entity.Recovered{}
	case (b == 'c' || b == 'k') && w.machine.Ready():
		w.sent++
		w.open = append(w.open, w.sent)
		return entity.Arrived{Command: entity.Command{Name: "Do", Response: "Text", Key: map[byte]string{'k': "key"}[b]}}
	case b == 'p' && w.machine.Idle():
		return entity.Passivate{}
	case b == 't' && w.answered < w.sent:
		return entity.TimedOut{}
	case b == 'g':
		return entity.Gone{Command: w.sent}
	case b == 'l':
		return entity.Elapsed{Timer: 1}
	case b == 'a':
		return received(first)
	case b == 'b':
		return received(second)
	case b == 'e':
		return entity.Ended{}
	case (b == 'w' || b == 'W' || b == 'U') && len(w.writes) > 0 && !w.closed:
		w.writes = w.writes[1:]
		return map[byte]entity.Persisted{
			'w': {}, 'W': {Err: store.ErrConflict}, 'U': {Err: errors.New("unknown"), Along: len(w.writes)},
		}[b]
	default:
		return nil
	}
}

func received(message []byte) entity.Input {
	response := &eventsourcedv1.HandleResponse{}
	if proto.Unmarshal(message, response) != nil {
		return nil // The stream's codec refuses it: the machine sees Ended.
	}
	return entity.Received{Message: response, At: entitytest.Moment}
}

// step steps the machine and checks each effect.
func (w *watcher) step(t *testing.T, in entity.Input) {
	t.Helper()
	w.effects = w.machine.Step(in, w.effects[:0])
	if w.closed && len(w.effects) > 0 {
		t.Fatalf("%T after Close has effects: %v", in, w.effects)
	}
	for i, effect := range w.effects {
		if err := w.check(in, effect, i == len(w.effects)-1); err != nil {
			t.Fatalf("%T: %v: %s", in, err, kind.Effect(effect))
		}
	}
	if w.machine.Ready() && (w.answered < w.sent || w.closed) {
		t.Fatalf("ready after %T with command %d of %d answered, closed=%t", in, w.answered, w.sent, w.closed)
	}
	if w.machine.Idle() && (len(w.open) > 0 || len(w.writes) > 0) {
		t.Fatalf("idle after %T with %v open and %d writes", in, w.open, len(w.writes))
	}
	if w.closed && len(w.open) > 0 {
		t.Fatalf("closed by %T with %v open", in, w.open)
	}
}

func (w *watcher) check(in entity.Input, effect entity.Effect, last bool) error {
	switch effect := effect.(type) {
	case entity.Send:
		if init := effect.Message.(*eventsourcedv1.HandleRequest).GetInit(); init != nil && init.GetEpoch() < 1 {
			return errors.New("an init without an epoch") // CORE-EPOCH-001
		}
	case entity.Complete:
		return w.mayComplete(effect)
	case entity.Answered:
		w.answered = effect.Command
	case entity.Requeue:
		if !slices.Equal(effect.Commands, w.open) {
			return fmt.Errorf("requeues %v, open are %v", effect.Commands, w.open)
		}
		w.open = nil
	case entity.Persist:
		return w.mayPersist(in, effect)
	case entity.Report:
		return w.mayReport(effect)
	case entity.Close:
		w.closed = true
		if !last {
			return errors.New("Close is not the last effect")
		}
	}
	return nil
}

// mayComplete checks that commands are answered once and in their order, and that
// none is while something before it is on its way into the store (ES-STORE-002).
func (w *watcher) mayComplete(effect entity.Complete) error {
	if len(w.open) == 0 || w.open[0] != effect.Command {
		return fmt.Errorf("completes %d, open are %v", effect.Command, w.open)
	}
	w.open = w.open[1:]
	w.answered = max(w.answered, effect.Command)
	for _, write := range w.writes {
		if write.Command != 0 && write.Command <= effect.Command && effect.Outcome.Err == nil {
			return fmt.Errorf("the change of command %d is not durable", write.Command)
		}
	}
	return oneAnswer(effect.Outcome)
}

// mayReport checks that a report says what, how bad, by which sentence and, where
// one is unanswered, about which command (DISC-REPORT-002, DISC-REPORT-003).
func (w *watcher) mayReport(report entity.Report) error {
	switch {
	case !w.known[report.Requirement]:
		return fmt.Errorf("no requirement is called %q", report.Requirement)
	case report.Text == "" || report.Severity == discoveryv1.Severity_SEVERITY_UNSPECIFIED:
		return errors.New("a report without text or severity")
	case (w.answered < w.sent) != (report.CommandID != 0):
		return fmt.Errorf("a report of command %d", report.CommandID)
	default:
		return nil
	}
}

// oneAnswer checks that exactly one of Reply, Forward and Err is set.
func oneAnswer(outcome entity.Outcome) error {
	set := []bool{outcome.Reply != nil, outcome.Forward != nil, outcome.Err != nil}
	if n := len(slices.DeleteFunc(set, func(b bool) bool { return !b })); n != 1 {
		return fmt.Errorf("%d answers", n)
	}
	return nil
}

// mayPersist checks that only what did not fail is stored, after all that was emitted.
func (w *watcher) mayPersist(in entity.Input, effect entity.Persist) error {
	w.writes = append(w.writes, effect)
	w.answered = max(w.answered, effect.Command)
	received, _ := in.(entity.Received)
	reply := received.Message.(*eventsourcedv1.HandleResponse).GetReply()
	failed := reply.GetClientAction().GetFailure() != nil
	expected := w.sequence
	w.sequence += int64(len(effect.Events))
	switch {
	case failed && (len(effect.Events) > 0 || effect.Delete != nil || effect.Snapshot != nil):
		return errors.New("a failed reply changes the state")
	case !failed && len(effect.Events) != len(reply.GetEvents()):
		return fmt.Errorf("%d events of %d", len(effect.Events), len(reply.GetEvents()))
	case effect.Expected != expected:
		return fmt.Errorf("expects %d, the last event is %d", effect.Expected, expected)
	case len(effect.Events) > 0 && effect.Events[0].Sequence != expected+1:
		return fmt.Errorf("the first event has the sequence %d", effect.Events[0].Sequence)
	default:
		return nil
	}
}
