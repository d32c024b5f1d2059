package value_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/protocol"
	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	valuev1 "github.com/stateward/stateward/protocol/gen/stateward/value/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/entitytest"
	"github.com/stateward/stateward/proxy/internal/entity/value"
	"github.com/stateward/stateward/proxy/internal/store"
)

// FuzzStep steps a machine through a random life. Each byte of life is one input, as
// far as the machine's contract allows it; the function's messages are whatever bytes
// decode to, under the id of the outstanding command where they answer. The invariants
// hold in every phase.
func FuzzStep(f *testing.F) {
	answers := []string{
		"reply 1 ok=done update=A effect=shop.Log/Note",
		"reply 1 forward=shop.Stock/Take delete",
		"reply 1 fail=no update=A restart",
		"reply 1 fail=no code=1",
		"reply 1 no-payload update=A expire=1000",
		"failure 1 text=oh",
		"nothing",
		"reply 1 ok=done update=A type=Text",
		"reply 1 ok=done durable=shop.Log/Note",
		"reply 1 ok=done no-action",
		"reply 1 ok=done update=",
		"reply 1 ok=done update=A expire=-1",
	}
	for _, life := range []string{"orcaScbsckas", "orcackacbsss", "orcacackaUs", "orcackacgF", "orcxs", "ogcagxs", "orct", "orpc", "oreca", "lrcEaEsE", "lrE"} {
		for _, answer := range answers {
			f.Add([]byte(life), text(f, answer), text(f, answers[0]))
		}
	}
	known := map[string]bool{}
	for _, r := range protocol.Requirements() {
		known[r.ID] = true
	}
	terms := entity.Terms{MaxMessage: 1 << 10, MaxMetadata: 64, Capabilities: entity.CapabilitiesOf(
		discoveryv1.Capability_CAPABILITY_CANCEL, discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS)}
	f.Fuzz(func(t *testing.T, life, first, second []byte) {
		w := watcher{machine: value.New(entity.ID{Service: "s", Entity: "e"}, terms), known: known}
		for _, b := range life {
			if in := w.input(b, first, second); in != nil {
				w.step(t, in)
			}
		}
	})
}

func text(f *testing.F, answer string) []byte {
	f.Helper()
	message, err := said(entitytest.Parse("received " + answer))
	if err != nil {
		f.Fatal(err)
	}
	encoded, err := proto.Marshal(message)
	if err != nil {
		f.Fatal(err)
	}
	return encoded
}

// watcher keeps the runtime's half of the contract and judges the machine's.
type watcher struct {
	machine   *value.Machine
	known     map[string]bool // the ids of the specification
	effects   []entity.Effect
	opened    bool
	recovered bool
	closed    bool
	// asked is the newest command, and open are those that were neither completed nor
	// are to be asked again, oldest first.
	asked int64
	open  []int64
	// writes are the commands of the writes that are under way, oldest first.
	writes   []int64
	revision int64
	waits    bool // a timer runs
}

// input returns the input that the byte stands for, nil when the contract does not
// allow it now.
func (w *watcher) input(b byte, first, second []byte) entity.Input {
	switch {
	case (b == 'o' || b == 'l') && !w.opened:
		w.opened = true
		if b == 'l' {
			return entity.Opened{Epoch: 1, Left: 1}
		}
		return entity.Opened{Epoch: 1}
	case b == 'r' && w.opened && !w.recovered && !w.closed:
		w.recovered = true
		return entity.Recovered{}
	case (b == 'c' || b == 'k') && w.machine.Ready():
		w.asked++
		w.open = append(w.open, w.asked)
		return entity.Arrived{Command: entity.Command{Name: "Do", Response: "Text", Key: map[byte]string{'k': "key"}[b]}}
	case b == 'p' && w.machine.Idle():
		return entity.Passivate{}
	case b == 'a':
		return w.received(first, w.asked)
	case b == 'b':
		return w.received(second, w.asked)
	case b == 'x':
		return w.received(second, w.asked+1)
	case !w.opened:
		return nil
	case b == 't':
		return entity.TimedOut{}
	case b == 'e':
		return entity.Ended{}
	case b == 'g':
		return entity.Gone{Command: w.asked}
	case b == 'E' && w.waits:
		w.waits = false
		return entity.Elapsed{Timer: 1}
	case b == 'U' && len(w.writes) > 1:
		w.writes = w.writes[2:]
		return entity.Persisted{Err: errors.New("who knows"), Along: 1}
	case (b == 's' || b == 'F') && len(w.writes) > 0:
		w.writes = w.writes[1:]
		if b == 'F' {
			return entity.Persisted{Err: store.ErrConflict}
		}
		return entity.Persisted{}
	default:
		return nil
	}
}

func (w *watcher) received(message []byte, command int64) entity.Input {
	response := &valuev1.HandleResponse{}
	if !w.opened || proto.Unmarshal(message, response) != nil {
		return nil // The stream's codec refuses it: the machine sees Ended.
	}
	if reply := response.GetReply(); reply != nil {
		reply.CommandId = command
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
			t.Fatalf("%T: %v: %s", in, err, kind.Effect(effect))
		}
	}
	switch {
	case w.machine.Idle() && (!w.machine.Ready() || len(w.open) > 0 || len(w.writes) > 0):
		t.Fatalf("idle after %T with commands %v and writes %v", in, w.open, w.writes)
	case w.machine.Ready() && (w.closed || !w.recovered):
		t.Fatalf("ready after %T", in)
	case w.closed && len(w.open) > 0:
		t.Fatalf("closed by %T with commands %v", in, w.open)
	}
}

func (w *watcher) check(in entity.Input, effect entity.Effect, last bool) error {
	switch effect := effect.(type) {
	case entity.Complete:
		return w.mayComplete(in, effect)
	case entity.Requeue:
		if !slices.Equal(effect.Commands, w.open) {
			return fmt.Errorf("those without an outcome are %v", w.open)
		}
		w.open = nil
	case entity.Persist:
		return w.mayPersist(in, effect)
	case entity.Wait:
		w.waits = effect.For > 0
	case entity.Report:
		if !w.known[effect.Requirement] || effect.Text == "" || effect.Severity == discoveryv1.Severity_SEVERITY_UNSPECIFIED {
			return errors.New("a report that says nothing")
		}
	case entity.Close:
		w.closed = true
		if !last || effect.Err != nil && w.asked > 0 {
			return errors.New("a wrong Close")
		}
	}
	return nil
}

// mayComplete checks that each command is completed once, with one answer, and after
// everything before it is durable; in order, but for those that a lost write leaves to be
// asked again.
func (w *watcher) mayComplete(in entity.Input, effect entity.Complete) error {
	stored, _ := in.(entity.Persisted)
	place := slices.Index(w.open, effect.Command)
	if place < 0 || place > 0 && stored.Err == nil || effect.Outcome.Command != effect.Command {
		return fmt.Errorf("those without an outcome are %v", w.open)
	}
	w.open = slices.Delete(w.open, place, place+1)
	if stored.Err == nil && len(w.writes) > 0 && w.writes[0] <= effect.Command {
		return fmt.Errorf("the write of command %d is under way", w.writes[0])
	}
	set := []bool{effect.Outcome.Reply != nil, effect.Outcome.Forward != nil, effect.Outcome.Err != nil}
	if n := len(slices.DeleteFunc(set, func(b bool) bool { return !b })); n != 1 {
		return fmt.Errorf("%d answers", n)
	}
	return nil
}

// mayPersist checks that a write holds the answer to the newest command, expects what
// everything before has made, and changes nothing for a failed reply.
func (w *watcher) mayPersist(in entity.Input, effect entity.Persist) error {
	received, _ := in.(entity.Received)
	response, _ := received.Message.(*valuev1.HandleResponse)
	reply, expected := response.GetReply(), w.revision
	w.writes = append(w.writes, effect.Command)
	if effect.Value != nil {
		w.revision++
	}
	switch {
	case reply == nil || effect.Command != w.asked:
		return errors.New("no answer")
	case effect.Expected != expected:
		return fmt.Errorf("the revision is %d", expected)
	case reply.GetClientAction().GetFailure() != nil && (effect.Value != nil || len(effect.Durable) > 0):
		return errors.New("a change of a failed reply")
	case (effect.Value != nil) != (reply.GetStateAction() != nil) && reply.GetClientAction().GetFailure() == nil:
		return errors.New("not the state action of the reply")
	case effect.Value == nil && effect.Answer == nil && len(effect.Durable) == 0:
		return errors.New("nothing")
	default:
		return nil
	}
}
