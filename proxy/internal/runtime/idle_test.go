package runtime_test

import (
	"context"
	goruntime "runtime"
	"strconv"
	"testing"
	"testing/synctest"

	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime"
	"github.com/stateward/stateward/proxy/internal/runtime/runtimetest"
)

// echo is a function whose streams cost next to nothing: each answers a command at once.
type echo struct{ retired chan struct{} }

func (e echo) Open(ctx context.Context, _ string) (runtime.Stream, error) {
	return &echoed{ctx: ctx, retired: e.retired, answers: make(chan *eventsourcedv1.HandleResponse, 1)}, nil
}

type echoed struct {
	ctx     context.Context
	retired chan struct{}
	answers chan *eventsourcedv1.HandleResponse
}

func (e *echoed) Terms() entity.Terms { return entity.Terms{MaxMessage: 4 << 20, MaxMetadata: 8 << 10} }

func (e *echoed) Send(message proto.Message) error {
	if command := message.(*eventsourcedv1.HandleRequest).GetCommand(); command != nil {
		reply := runtimetest.Reply("done")
		reply.CommandId = command.GetId()
		e.answers <- &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}
	}
	return nil
}

func (e *echoed) Recv() (proto.Message, error) {
	select {
	case answer := <-e.answers:
		return answer, nil
	case <-e.ctx.Done():
		return nil, e.ctx.Err()
	}
}

func (e *echoed) CloseSend() error { return nil }

func (e *echoed) Retired() <-chan struct{} { return e.retired }

// quiet is an echo whose streams need no goroutine.
type quiet struct{ echo }

func (q quiet) Open(ctx context.Context, _ string) (runtime.Stream, error) {
	return &hushed{echoed: echoed{ctx: ctx, retired: q.retired}}, nil
}

// hushed is one of them. It is sent one command at a time.
type hushed struct {
	echoed

	wake   func()
	answer *eventsourcedv1.HandleResponse
}

var _ runtime.Follower = (*hushed)(nil)

func (h *hushed) Follow(wake func()) {
	h.wake = wake
	context.AfterFunc(h.ctx, wake)
}

func (h *hushed) Send(message proto.Message) error {
	if command := message.(*eventsourcedv1.HandleRequest).GetCommand(); command != nil {
		reply := runtimetest.Reply("done")
		reply.CommandId = command.GetId()
		h.answer = &eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{Reply: reply}}
		h.wake()
	}
	return nil
}

func (h *hushed) Next() (proto.Message, error, bool) {
	if answer := h.answer; answer != nil {
		h.answer = nil
		return answer, nil, true
	}
	return nil, h.ctx.Err(), h.ctx.Err() != nil
}

// activate activates n entities, one after another.
func activate(w *world, n int) {
	for i := range n {
		w.call(strconv.Itoa(i), "Get", "")
	}
}

// An idle entity keeps one goroutine, which waits for the function. Those that serve
// entities are as many as had work at once, and at most MaxWorkers rest: how many that
// were is up to the scheduler, so there are several times as many entities.
func TestIdleKeepsOneGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const entities = 8 * runtime.MaxWorkers
		w := start(t, nil, func(c *runtime.Config) { c.Functions = echo{retired: make(chan struct{})} })
		before := goruntime.NumGoroutine()
		activate(w, entities)
		synctest.Wait() // Until each goroutine rests or has ended.
		if n := goruntime.NumGoroutine() - before; n > entities+runtime.MaxWorkers {
			t.Errorf("%d goroutines for %d idle entities", n, entities)
		}
	})
}

// BenchmarkIdle reports how many bytes an idle entity takes in the runtime, the stack of
// the goroutine that waits for the function included where there is one, and the stream
// not.
func BenchmarkIdle(b *testing.B) {
	const entities = 20_000
	plain := echo{retired: make(chan struct{})}
	for name, functions := range map[string]runtime.Functions{"plain": plain, "followed": quiet{plain}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				w := start(b, nil, func(c *runtime.Config) { c.Functions = functions })
				before := inUse()
				activate(w, entities)
				b.ReportMetric(float64(inUse()-before)/entities, "B/entity")
				w.Close()
			}
		})
	}
}

// inUse returns the bytes of heap and stacks in use.
func inUse() uint64 {
	for range 3 {
		goruntime.GC()
	}
	var stats goruntime.MemStats
	goruntime.ReadMemStats(&stats)
	return stats.HeapInuse + stats.StackInuse
}
