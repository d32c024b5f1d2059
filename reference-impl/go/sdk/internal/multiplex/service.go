package multiplex

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	multiplexv1 "github.com/stateward/stateward/protocol/gen/stateward/multiplex/v1"
)

// Kind serves one activation on a stream of its own, until its end, which it returns.
type Kind func(stream grpc.ServerStream) error

// Config says what a [Service] serves, and for whom.
type Config struct {
	// Kinds are the stateful kinds of the function, by the full names of their services.
	Kinds map[string]Kind
	// Log is the function's log.
	Log *slog.Logger
	// Stopping is closed when streams are to end.
	Stopping <-chan struct{}
	// Readers counts the goroutines that read, which end with their streams.
	Readers *sync.WaitGroup
	// MaxMessage returns the largest message that the proxy takes which makes the call
	// with the context, in bytes.
	MaxMessage func(context.Context) int
}

// Service serves stateward.multiplex.v1.MultiplexService.
type Service struct {
	multiplexv1.UnimplementedMultiplexServiceServer

	config Config
}

// New returns the service.
func New(config Config) *Service { return &Service{config: config} }

// Handle serves one multiplexed stream. It writes; the frames are read beside it.
func (m *Service) Handle(stream grpc.BidiStreamingServer[request, response]) error {
	ctx, cancel := context.WithCancel(stream.Context())
	s := &session{
		ctx: ctx, log: m.config.Log, kinds: m.config.Kinds, maxMessage: m.config.MaxMessage(ctx),
		handles: map[int64]*handle{}, out: outbox{wake: make(chan struct{}, 1)},
	}
	defer s.broken()
	defer cancel()
	read := make(chan error, 1)
	m.config.Readers.Go(func() { read <- s.read(stream) })
	return s.write(stream, read, m.config.Stopping)
}

// read takes what the proxy sends, up to its half-close, which is nil, or to the error
// that ends the stream.
func (s *session) read(stream grpc.BidiStreamingServer[request, response]) error {
	for {
		in, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = s.hear(in)
		}
		if err != nil {
			return err
		}
	}
}

// write sends what there is, until the stream ends, and returns its status.
func (s *session) write(stream grpc.BidiStreamingServer[request, response], read <-chan error, stopping <-chan struct{}) error {
	var end error
	for {
		select {
		case <-s.out.wake:
		case <-stopping:
			stopping, end = nil, status.Error(codes.Unavailable, "the function is stopping")
			s.stop()
		case err := <-read:
			if err != nil {
				return err
			}
			read, end = nil, nil
			s.halfClose()
		}
		for frame := s.next(); frame != nil; frame = s.next() {
			if err := stream.Send(frame); err != nil {
				return err
			}
		}
		if s.finished() {
			return end
		}
	}
}
