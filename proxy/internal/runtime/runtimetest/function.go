// Package runtimetest is a user function in memory, for the tests of the runtime
// and of what stands on it.
package runtimetest

import (
	"context"
	"errors"
	"io"
	"sync"

	"google.golang.org/protobuf/proto"

	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime"
)

// Function serves event sourced streams, each by a goroutine that runs serve.
// What serve returns ends its stream; nil is status OK.
type Function struct {
	// Terms are those of its streams. Whoever changes them does so before the first.
	Terms entity.Terms

	serve func(*Stream) error
	// serving counts the goroutines.
	serving sync.WaitGroup

	mu      sync.Mutex
	retired chan struct{}
	gone    error
	opened  int
	open    map[entity.ID]int
	most    int
}

var _ runtime.Functions = (*Function)(nil)

// New returns a function whose streams are served by serve.
func New(serve func(*Stream) error) *Function {
	terms := entity.Terms{MaxMessage: 4 << 20, MaxMetadata: 8 << 10}
	return &Function{Terms: terms, serve: serve, retired: make(chan struct{}), open: map[entity.ID]int{}}
}

// Open opens a stream, unless the function is gone.
func (f *Function) Open(ctx context.Context, _ string) (runtime.Stream, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone != nil {
		return nil, f.gone
	}
	f.opened++
	s := &Stream{
		ctx: ctx, requests: make(chan *eventsourcedv1.HandleRequest), responses: make(chan *eventsourcedv1.HandleResponse),
		halfClosed: make(chan struct{}), ended: make(chan struct{}),
	}
	f.serving.Go(func() {
		s.err = f.serve(s)
		close(s.ended)
	})
	return &proxySide{Stream: s, function: f, retired: f.retired}, nil
}

// Retire lets the streams that are open end, as one that drains its connection does.
func (f *Function) Retire() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.retired)
	f.retired = make(chan struct{})
}

// Go makes each later Open fail with err; nil brings the function back.
func (f *Function) Go(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = err
}

// Opened returns how many streams have been opened.
func (f *Function) Opened() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.opened
}

// Streams returns how many streams are open now, as the proxy sees it.
func (f *Function) Streams() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := 0
	for _, n := range f.open {
		all += n
	}
	return all
}

// Most returns the largest number of streams that were open for one entity at
// one time, as the proxy sees it: until its Recv has returned an error.
func (f *Function) Most() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.most
}

// Wait returns when every stream's goroutine has.
func (f *Function) Wait() { f.serving.Wait() }

// begin counts a stream to the entity that its init names.
func (f *Function) begin(p *proxySide, id entity.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p.id = id
	f.open[id]++
	f.most = max(f.most, f.open[id])
}

// finish counts the end of a stream, if it had begun.
func (f *Function) finish(p *proxySide) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.id != (entity.ID{}) {
		f.open[p.id]--
	}
}

// Stream is the function's side of one stream.
type Stream struct {
	ctx        context.Context
	requests   chan *eventsourcedv1.HandleRequest
	responses  chan *eventsourcedv1.HandleResponse
	halfClosed chan struct{}
	// err is what serve has returned; set before ended is closed.
	err   error
	ended chan struct{}
}

// Context ends when the proxy resets the stream.
func (s *Stream) Context() context.Context { return s.ctx }

// Recv waits for the next message; io.EOF after the proxy's half-close.
func (s *Stream) Recv() (*eventsourcedv1.HandleRequest, error) {
	select {
	case request := <-s.requests:
		return request, nil
	case <-s.halfClosed:
		return nil, io.EOF
	case <-s.ctx.Done():
		return nil, s.ctx.Err()
	}
}

// Send waits until the proxy has taken the message.
func (s *Stream) Send(response *eventsourcedv1.HandleResponse) error {
	select {
	case s.responses <- response:
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// proxySide is the proxy's side of one stream.
type proxySide struct {
	*Stream

	function *Function
	retired  <-chan struct{}
	// id is guarded by function.mu.
	id    entity.ID
	close sync.Once
}

var _ runtime.Stream = (*proxySide)(nil)

// Send waits until the function has taken the message.
func (p *proxySide) Send(message proto.Message) error {
	request, ok := message.(*eventsourcedv1.HandleRequest)
	if !ok {
		return errors.New("runtimetest: not a HandleRequest")
	}
	if init := request.GetInit(); init != nil {
		p.function.begin(p, entity.ID{Service: init.GetServiceName(), Entity: init.GetEntityId()})
	}
	select {
	case p.requests <- request:
		return nil
	case <-p.ended:
		return io.EOF
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

// Recv waits for the function's next message, or the end of the stream. Called
// once more after an error, it would count the end twice.
func (p *proxySide) Recv() (proto.Message, error) {
	select {
	case response := <-p.responses:
		return response, nil
	case <-p.ended:
		p.function.finish(p)
		if p.err != nil {
			return nil, p.err
		}
		return nil, io.EOF
	case <-p.ctx.Done():
		p.function.finish(p)
		return nil, p.ctx.Err()
	}
}

// Terms are those of the function.
func (p *proxySide) Terms() entity.Terms { return p.function.Terms }

// Retired is closed by the function's Retire.
func (p *proxySide) Retired() <-chan struct{} { return p.retired }

// CloseSend lets the function's Recv return io.EOF.
func (p *proxySide) CloseSend() error {
	p.close.Do(func() { close(p.halfClosed) })
	return nil
}
