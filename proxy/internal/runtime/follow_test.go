package runtime_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/stateward/stateward/proxy/internal/fault"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
)

// followers are functions whose streams wake whoever receives from them.
type followers struct{ runtime.Functions }

func (f followers) Open(ctx context.Context, kind string) (runtime.Stream, error) {
	stream, err := f.Functions.Open(ctx, kind)
	if err != nil {
		return nil, err
	}
	return &followed{Stream: stream}, nil
}

type followed struct {
	runtime.Stream

	mu   sync.Mutex
	said []func() (proto.Message, error)
}

var _ runtime.Follower = (*followed)(nil)

func (f *followed) Recv() (proto.Message, error) { panic("Recv of a stream that is followed") }

func (f *followed) Follow(wake func()) {
	go func() { // Ends with the stream.
		for {
			message, err := f.Stream.Recv()
			f.mu.Lock()
			f.said = append(f.said, func() (proto.Message, error) { return message, err })
			f.mu.Unlock()
			wake()
			if err != nil {
				return
			}
		}
	}()
	wake()
}

func (f *followed) Next() (message proto.Message, err error, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.said) == 0 {
		return nil, nil, false
	}
	message, err = f.said[0]()
	f.said = f.said[1:]
	return message, err, true
}

// A stream that needs no goroutine of its own serves as any other, to its end.
func TestFollowedStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, runtimetest.Model{}.Serve, func(c *runtime.Config) { c.Functions = followers{c.Functions} })
		w.target.Passivation = time.Second
		wantAnswer(t, w.call("7", "Add", "a"), "a")
		wantAnswer(t, w.call("7", "Restart", "no"), "Unknown: no")
		wantAnswer(t, w.call("7", "Add", "b"), "ab")
		w.function.Wait() // Its streams have ended by themselves.
		wantAnswer(t, w.call("7", "Get", ""), "ab")
		wantReports(t, w)
	})
}

// patients are functions that say how they are.
type patients struct {
	runtime.Functions

	mu  sync.Mutex
	err error
}

func (p *patients) Open(ctx context.Context, kind string) (runtime.Stream, error) {
	stream, err := p.Functions.Open(ctx, kind)
	return &patient{Stream: stream, of: p}, err
}

func (p *patients) be(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

type patient struct {
	runtime.Stream

	of *patients
}

var _ runtime.Doubtful = (*patient)(nil)

func (p *patient) Err() error {
	p.of.mu.Lock()
	defer p.of.mu.Unlock()
	return p.of.err
}

// LIFE-HEALTH-003, LIFE-HEALTH-004: while the function is not well a command for an
// active entity gets UNAVAILABLE and is not sent; what came before goes on.
func TestFunctionIsNotWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &patients{}
		w := start(t, runtimetest.Model{Answer: slow}.Serve, func(c *runtime.Config) {
			p.Functions = c.Functions
			c.Functions = p
		})
		outstanding := w.submit(t.Context(), "7", "Add", "a")
		synctest.Wait()
		waiting := w.submit(t.Context(), "7", "Add", "b")
		p.be(fault.New(fault.Unavailable, "the database is gone"))
		if _, err := w.Submit(t.Context(), w.target, idOf("7"), command("Add", "c")); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("a command for a function that is not well: %v", err)
		}
		wantAnswer(t, answer(<-outstanding), "a")
		wantAnswer(t, answer(<-waiting), "ab")
		p.be(nil)
		wantAnswer(t, w.call("7", "Add", "d"), "abd")
	})
}
