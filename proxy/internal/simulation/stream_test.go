package simulation

import (
	"context"
	"fmt"
	"io"
	"sync"

	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	"github.com/stateward/stateward/proxy/internal/calls"
	"github.com/stateward/stateward/proxy/internal/entity"
	"github.com/stateward/stateward/proxy/internal/runtime"
)

// stream is one stream, of which nothing is done before the driver wants it.
type stream struct {
	kind    string
	role    role
	ctx     context.Context
	retired chan struct{}
	stir    chan struct{}
	model   model // of the function, for the driver alone

	mu     sync.Mutex
	first  string          // what the first message was
	inbox  []proto.Message // for the function
	drafts []draft         // what the function is about to say, one thing at a time
	outbox []proto.Message // for the proxy
	closed bool            // by the proxy's half-close
	ended  error           // by the function
	fresh  int             // how many of the inbox the driver has not seen
}

var _ runtime.Stream = (*stream)(nil)

// Terms are those of every connection.
func (*stream) Terms() entity.Terms {
	return entity.Terms{MaxMessage: 4 << 20, MaxMetadata: 8 << 10, Capabilities: entity.CapabilitiesOf(
		discoveryv1.Capability_CAPABILITY_CANCEL, discoveryv1.Capability_CAPABILITY_PASSIVATION_NOTICE,
		discoveryv1.Capability_CAPABILITY_DURABLE_EFFECTS, discoveryv1.Capability_CAPABILITY_SNAPSHOT_REQUEST,
		discoveryv1.Capability_CAPABILITY_EVENT_SOURCED_DELETE,
	)}
}

// Send leaves the message for the function.
func (s *stream) Send(message proto.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil || s.ctx.Err() != nil {
		return io.EOF
	}
	if s.first == "" {
		s.first = describe(message)
	}
	s.inbox = append(s.inbox, message)
	s.fresh++
	return nil
}

// Recv waits for what the function says.
func (s *stream) Recv() (proto.Message, error) {
	for {
		if message, err := s.said(); message != nil || err != nil {
			return message, err
		}
		select {
		case <-s.stir:
		case <-s.ctx.Done():
			return nil, status.FromContextError(s.ctx.Err()).Err()
		}
	}
}

func (s *stream) said() (proto.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() == nil && len(s.outbox) > 0 {
		message := s.outbox[0]
		s.outbox = s.outbox[1:]
		return message, nil
	}
	return nil, s.ended
}

// CloseSend half-closes the stream.
func (s *stream) CloseSend() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// Retired is closed when the connection takes no further stream.
func (s *stream) Retired() <-chan struct{} { return s.retired }

func (s *stream) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ctx.Err() != nil || s.ended != nil && len(s.outbox) == 0
}

func (s *stream) waits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended == nil && (len(s.drafts) > 0 || len(s.inbox) > 0 || s.closed)
}

// next takes the oldest message for the function; nil is the proxy's half-close.
func (s *stream) next() proto.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.inbox) == 0 {
		return nil
	}
	message := s.inbox[0]
	s.inbox = s.inbox[1:]
	return message
}

// draft is a message for the proxy, or the end of the stream.
type draft struct {
	message proto.Message
	end     error
}

// say drafts messages for the proxy.
func (s *stream) say(messages ...proto.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, message := range messages {
		s.drafts = append(s.drafts, draft{message: message})
	}
}

// leave drafts the end of the stream; io.EOF is status OK.
func (s *stream) leave(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drafts = append(s.drafts, draft{end: err})
}

// utter lets the proxy hear the next draft, and reports whether there was one.
func (s *stream) utter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.drafts) == 0 {
		return false
	}
	next := s.drafts[0]
	s.drafts = s.drafts[1:]
	if next.message != nil {
		s.outbox = append(s.outbox, next.message)
	} else {
		s.ended = next.end
	}
	s.wake()
	return true
}

// end ends the stream at once.
func (s *stream) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == nil {
		s.ended = err
	}
	s.wake()
}

func (s *stream) wake() {
	select {
	case s.stir <- struct{}{}:
	default:
	}
}

// news tells what has come since it was called last.
func (s *stream) news() (lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := max(len(s.inbox)-s.fresh, 0)
	for _, message := range s.inbox[from:] {
		lines = append(lines, fmt.Sprintf("%s %s <- %s", s.kind, s.first, describe(message)))
	}
	s.fresh = 0
	return lines
}

var _ calls.Stream = callStream{}

// name names the stream by what it began with: an entity, or the call of an action.
func (s *stream) name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kind + " " + s.first
}
