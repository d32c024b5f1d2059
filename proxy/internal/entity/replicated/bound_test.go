package replicated_test

import (
	"fmt"
	"testing"

	replicatedv1 "github.com/stateward/stateward/protocol/gen/stateward/replicated/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/entity/entitytest"
	"github.com/stateward/stateward/proxy/internal/entity/replicated"
)

// life is one machine, and a line for each input.
type life struct {
	tb      testing.TB
	machine entity.Machine
}

func live(tb testing.TB) life {
	tb.Helper()
	l := life{tb, replicated.New(entity.ID{Service: "s", Entity: "e"}, entity.Terms{MaxMessage: 1 << 20, MaxMetadata: 64})}
	l.step("opened")
	l.step("recovered")
	return l
}

// step returns the effects of the input, as transcripts have them.
func (l life) step(format string, args ...any) []string {
	l.tb.Helper()
	in, err := kind.Input(entitytest.Parse(fmt.Sprintf(format, args...)))
	if err != nil {
		l.tb.Fatal(err)
	}
	var lines []string
	for _, effect := range l.machine.Step(in, nil) {
		lines = append(lines, kind.Effect(effect))
	}
	return lines
}

// REP-TURN-006: 64 commands are outstanding at most.
func TestOutstanding(t *testing.T) {
	t.Parallel()
	l := live(t)
	for n := range 64 {
		if !l.machine.Ready() {
			t.Fatalf("takes no command while %d are outstanding", n)
		}
		l.step("arrived Add key")
	}
	if l.machine.Ready() {
		t.Error("takes a command while 64 are outstanding")
	}
	l.step("received reply 7 ok=done")
	if !l.machine.Ready() {
		t.Error("takes no command once one was answered")
	}
}

// REP-STREAM-011: behind a reply that waits for its write consistency 256 responses are
// held; the one after them ends the call, and no other.
func TestHeldResponses(t *testing.T) {
	t.Parallel()
	l := live(t)
	l.step("arrived Watch key streamed")
	l.step("received reply 1 ok=0 update=gcounter:1 majority streamed effect=shop.Log/Note")
	for n := range 256 {
		if got := l.step("received message 1 ok=%d", n); got != nil {
			t.Fatalf("response %d: %v", n, got)
		}
	}
	got := l.step("received message 1 ok=last")
	if len(got) != 3 || got[0] != `complete 1 ResourceExhausted "256 responses wait for the write consistency of the first"` || got[1] != "send stream_cancelled e 1" {
		t.Errorf("one more: %q", got)
	}
	if got := l.step("spread 1"); len(got) != 1 || got[0] != "start 1 shop.Log/Note" {
		t.Errorf("what the reply has done stands: %q", got)
	}
}

// Cancellations beyond 64 wait until others are answered, or overdue.
func TestManyCancellations(t *testing.T) {
	t.Parallel()
	l := live(t)
	for n := 1; n <= 70; n++ {
		l.step("arrived Watch key streamed")
		l.step("received reply %d ok=0 streamed", n)
	}
	sent := 0
	for n := 1; n <= 70; n++ {
		if got := l.step("gone %d", n); len(got) > 1 {
			sent++
		}
	}
	if sent != 64 {
		t.Errorf("%d were sent at once", sent)
	}
	for n := range 6 {
		if got := l.step("elapsed %d", 1+n); len(got) != 3 || got[1] != fmt.Sprintf("send stream_cancelled e %d", 65+n) {
			t.Errorf("after %d: %q", n, got)
		}
	}
	if l.machine.Idle() {
		t.Error("idle with cancellations outstanding")
	}
}

// A function that answers no cancellation piles up nothing: of so many the oldest is
// forgotten.
func TestOverdueCancellations(t *testing.T) {
	t.Parallel()
	l := live(t)
	for n := 1; n <= 1025; n++ {
		l.step("arrived Watch key streamed")
		l.step("received reply %d ok=0 streamed", n)
		l.step("gone %d", n)
		l.step("elapsed 1")
	}
	if got := l.step("received cancelled 2"); got != nil {
		t.Errorf("one that is remembered: %q", got)
	}
	if got := l.step("received cancelled 1"); len(got) != 2 {
		t.Errorf("one that is forgotten: %q", got)
	}
}

// Answers that wait for their write consistency are bounded as well.
func TestWaitingAnswers(t *testing.T) {
	t.Parallel()
	l := live(t)
	n := 0
	for ; l.machine.Ready(); n++ {
		l.step("arrived Add key")
		l.step("received reply %d ok=done update=gcounter:1 majority", n+1)
	}
	if n != 256 {
		t.Errorf("%d answers wait", n)
	}
	if l.step("spread 9"); !l.machine.Ready() {
		t.Error("takes no command once one has spread")
	}
}

// BenchmarkCommand steps one command that adds to a counter: Arrived, Received.
func BenchmarkCommand(b *testing.B) {
	l := live(b)
	command := entity.Command{Name: "Add", Payload: entitytest.Pack("tea"), Response: "Text"}
	message, err := said(entitytest.Parse("received reply 1 ok=done update=gcounter:1"))
	if err != nil {
		b.Fatal(err)
	}
	reply := message.(*replicatedv1.HandleResponse).GetReply()
	reply.CommandId = 0
	var effects []entity.Effect
	b.ReportAllocs()
	for b.Loop() {
		reply.CommandId++
		effects = l.machine.Step(entity.Arrived{Command: command}, effects[:0])
		effects = l.machine.Step(entity.Received{Message: message}, effects[:0])
	}
	if len(effects) != 2 || !l.machine.Idle() {
		b.Fatalf("the last command was not completed: %v", effects)
	}
}
