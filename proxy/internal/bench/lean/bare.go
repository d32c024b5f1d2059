package lean

import (
	"context"
	"fmt"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/anypb"

	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/wire"
)

// bare is a proxy that does nothing but pass on: two hops of gRPC with raw bytes, and a
// stream for each entity.
type bare struct {
	method  *descriptor.Method
	conn    *grpc.ClientConn
	mu      sync.Mutex
	streams map[string]*bareStream
}

// bareStream is the stream of one entity.
type bareStream struct {
	mu   sync.Mutex
	grpc eventsourcedv1.EventSourcedService_HandleClient
	id   int64
}

// NewBare returns a server of a bare proxy for event sourced counters of the lean
// function, to which conn leads. The caller serves and stops it.
func NewBare(conn *grpc.ClientConn) (*grpc.Server, error) {
	registry, mistakes := descriptor.Build(wire.V1(), answer())
	if len(mistakes) > 0 {
		return nil, fmt.Errorf("the counters are described wrongly: %v", mistakes)
	}
	method, _ := registry.Method(service(wire.EventSourced), "Add")
	p := &bare{method: method, conn: conn, streams: map[string]*bareStream{}}
	return grpc.NewServer(
		grpc.UnknownServiceHandler(p.handle),
		grpc.ForceServerCodecV2(NewCodec()),
	), nil
}

func (p *bare) handle(_ any, call grpc.ServerStream) error {
	var request []byte
	if err := call.RecvMsg(&request); err != nil {
		return err
	}
	key, err := p.method.Key(request)
	if err != nil {
		return err
	}
	stream, err := p.stream(key)
	if err != nil {
		return err
	}
	payload, err := stream.command(key, p.method, request)
	if err != nil {
		return err
	}
	return call.SendMsg(&payload)
}

// stream returns the entity's stream, and opens it when there is none.
func (p *bare) stream(key string) (*bareStream, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.streams[key]; ok {
		return s, nil
	}
	stream, err := eventsourcedv1.NewEventSourcedServiceClient(p.conn).Handle(context.Background())
	if err != nil {
		return nil, err
	}
	s := &bareStream{grpc: stream}
	p.streams[key] = s
	return s, nil
}

// command sends one command and returns the payload of its answer.
func (s *bareStream) command(key string, method *descriptor.Method, request []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.id++
	err := s.grpc.Send(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Command{Command: &entityv1.Command{
		EntityId: key, Id: s.id, Name: method.Name, Payload: &anypb.Any{TypeUrl: method.Input, Value: request},
	}}})
	if err != nil {
		return nil, err
	}
	answer, err := s.grpc.Recv()
	return answer.GetReply().GetClientAction().GetReply().GetPayload().GetValue(), err
}
