package eventsourced_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/stateward/stateward/protocol"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/eventsourced"
	"github.com/stateward/stateward/proxy/internal/store"
)

// FuzzStep steps a machine through a random life. Each byte of life is one
// input, as far as the machine's contract allows it; the function's messages are
// whatever bytes decode to. The invariants hold in every phase.
func FuzzStep(f *testing.F) {
	text := func(l string) []byte {
		in, err := parseInput(l)
		if err != nil {
			f.Fatal(err)
		}
		message, err := proto.Marshal(in.(entity.Received).Message)
		if err != nil {
			f.Fatal(err)
		}
		return message
	}
	answers := [][]byte{
		text("received reply 1 ok=done event=A event=B snapshot=AB effect=shop.Log/Note"),
		text("received reply 2 forward=shop.Stock/Take"),
		text("received reply 1 fail=no event=A restart"),
		text("received reply 1 no-payload event=A snapshot=A"),
		text("received failure 1 text=oh"),
		text("received nothing"),
		text("received reply 1 ok=done event=A type=Text"),
		text("received reply 1 ok=done event=A effect=shop.Log/Note durable"),
		text("received reply 1 ok=done event=A event-metadata delete"),
		text("received snapshot-response"),
		text("received reply 1 fail=no detail=A"),
		{0xff, 0x01},
	}
	for _, life := range []string{"o.rca", "o..rcacbac", "occ", "orcA", "orcxa", "orcea", "orct", "orpc", "orceXca"} {
		for _, first := range answers {
			f.Add([]byte(life), first, answers[1])
		}
	}
	known := map[string]bool{}
	for _, r := range protocol.Requirements() {
		known[r.ID] = true
	}
	f.Fuzz(func(t *testing.T, life, first, second []byte) {
		w := watcher{machine: eventsourced.New(entity.ID{Service: "s", Entity: "e"}, eventsourced.Limits{Message: 1 << 10, Metadata: 64}), known: known}
		for _, b := range life {
			if in := w.input(b, first, second); in != nil {
				w.step(t, in)
			}
		}
	})
}

// watcher keeps the runtime's half of the contract and judges the machine's.
type watcher struct {
	machine     *eventsourced.Machine
	known       map[string]bool // the ids of the specification
	effects     []entity.Effect
	opened      bool
	recovered   bool
	outstanding bool
	appending   bool
	closed      bool
	sequence    int64
	appended    []*anypb.Any
}

// input returns the input that the byte stands for, nil when the contract does
// not allow it now.
func (w *watcher) input(b byte, first, second []byte) entity.Input {
	switch {
	case b == 'o' && !w.opened && !w.closed:
		w.opened = true
		return entity.Opened{}
	case b == '.' && w.opened && !w.recovered && !w.closed:
		w.sequence++
		return entity.Replayed{Event: entity.Event{Sequence: w.sequence}}
	case b == 'r' && w.opened && !w.recovered && !w.closed:
		w.recovered = true
		return entity.Recovered{}
	case b == 'c' && w.machine.Ready():
		w.outstanding = true
		return entity.Arrived{Command: entity.Command{Name: "Do", Response: "Text"}}
	case b == 'p' && w.machine.Ready():
		return entity.Passivate{}
	case b == 't' && w.outstanding:
		return entity.TimedOut{}
	case b == 'a' && !w.appending:
		return received(first)
	case b == 'b' && !w.appending:
		return received(second)
	case b == 'x':
		return received(second) // While storing too.
	case b == 'e':
		return entity.Ended{}
	case (b == 'a' || b == 'A') && w.appending:
		w.appending = false
		if b == 'A' {
			return entity.Appended{Err: store.ErrConflict}
		}
		w.sequence += int64(len(w.appended))
		return entity.Appended{}
	default:
		return nil
	}
}

func received(message []byte) entity.Input {
	response := &eventsourcedv1.HandleResponse{}
	if proto.Unmarshal(message, response) != nil {
		return nil // The stream's codec refuses it: the machine sees Ended.
	}
	return entity.Received{Message: response}
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
			t.Fatalf("%T: %v: %s", in, err, printEffect(effect))
		}
	}
	if w.machine.Ready() && (w.outstanding || w.appending || w.closed) {
		t.Fatalf("ready after %T with outstanding=%t appending=%t closed=%t", in, w.outstanding, w.appending, w.closed)
	}
	if w.closed && (w.outstanding || w.appending) {
		t.Fatalf("closed by %T with outstanding=%t appending=%t", in, w.outstanding, w.appending)
	}
}

func (w *watcher) check(in entity.Input, effect entity.Effect, last bool) error {
	switch effect := effect.(type) {
	case entity.Send:
		if init := effect.Message.(*eventsourcedv1.HandleRequest).GetInit(); init != nil && init.GetEpoch() < 1 {
			return errors.New("an init without an epoch") // CORE-EPOCH-001
		}
	case entity.Complete:
		if !w.outstanding {
			return errors.New("a second Complete")
		}
		w.outstanding = false
		return oneAnswer(effect.Outcome)
	case entity.Append:
		if w.appending {
			return errors.New("a second Append")
		}
		w.appending, w.appended = true, effect.Events
		return w.mayAppend(in, effect)
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

// mayReport checks that a report says what, how bad, by which sentence and, where
// one is outstanding, about which command (DISC-REPORT-002, DISC-REPORT-003).
func (w *watcher) mayReport(report entity.Report) error {
	switch unanswered := w.outstanding && !w.appending; {
	case !w.known[report.Requirement]:
		return fmt.Errorf("no requirement is called %q", report.Requirement)
	case report.Text == "" || report.Severity == discoveryv1.Severity_SEVERITY_UNSPECIFIED:
		return errors.New("a report without text or severity")
	case unanswered != (report.CommandID != 0):
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

// mayAppend checks that only the events of a reply that did not fail are
// appended, after the last stored one.
func (w *watcher) mayAppend(in entity.Input, effect entity.Append) error {
	received, _ := in.(entity.Received)
	reply := received.Message.(*eventsourcedv1.HandleResponse).GetReply()
	switch {
	case reply.GetClientAction().GetFailure() != nil:
		return errors.New("an Append of a failed reply")
	case len(effect.Events) == 0 || len(effect.Events) != len(reply.GetEvents()):
		return fmt.Errorf("%d events of %d", len(effect.Events), len(reply.GetEvents()))
	case effect.Expected != w.sequence:
		return fmt.Errorf("expects %d, stored are %d", effect.Expected, w.sequence)
	default:
		return nil
	}
}
