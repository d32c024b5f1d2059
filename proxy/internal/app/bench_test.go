package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	protobuf "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/wire"
)

const (
	// callers is how many call at once, each an entity of its own.
	callers = 256
	// rounds is how often the two proxies take turns, so that what else the
	// machine does meets both.
	rounds = 8
)

// BenchmarkCommands measures commands a second through the proxy, one event
// each, and relates them to the same calls through a bare proxy: two hops of
// gRPC with raw bytes and a stream for each entity, and nothing else. Callers,
// proxy and function share the machine.
func BenchmarkCommands(b *testing.B) {
	function := startLean(b)
	bare := startBare(b, function)
	for _, store := range []string{StoreMemory, StorePebble} {
		b.Run(store, func(b *testing.B) {
			config := quick(function)
			config.Store, config.Data = store, b.TempDir()
			service := take(b, runProxy(b, config).ports[PortService])
			through(b, bare, callers) // opens the streams
			through(b, service, callers)
			var limit, own time.Duration
			b.ResetTimer()
			for range rounds {
				b.StopTimer()
				limit += through(b, bare, b.N/rounds+1)
				b.StartTimer()
				own += through(b, service, b.N/rounds+1)
			}
			b.ReportMetric(float64(b.N)/own.Seconds(), "commands/s")
			b.ReportMetric(limit.Seconds()/own.Seconds(), "of-bare")
		})
	}
}

// through has the callers make so many calls between them, and returns how long
// that took.
func through(b *testing.B, address string, calls int) time.Duration {
	b.Helper()
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	messages := descriptortest.NewMessages()
	begin := time.Now()
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			request, response := messages.AddRequest(fmt.Sprint("counter-", i), 1), messages.New("AddResponse")
			for range (calls + callers - 1 - i) / callers {
				if err := conn.Invoke(context.Background(), descriptortest.Add, request, response); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return time.Since(begin)
}

// lean is a function that costs as little as a function can.
type lean struct {
	discoveryv1.UnimplementedDiscoveryServiceServer
	eventsourcedv1.UnimplementedEventSourcedServiceServer

	event, payload *anypb.Any
}

// startLean starts a lean function and returns its address.
func startLean(b *testing.B) string {
	b.Helper()
	payload, err := anypb.New(descriptortest.NewMessages().Total("AddResponse", 42))
	if err != nil {
		b.Fatal(err)
	}
	f := &lean{event: payload, payload: payload}
	server := grpc.NewServer()
	discoveryv1.RegisterDiscoveryServiceServer(server, f)
	eventsourcedv1.RegisterEventSourcedServiceServer(server, f)
	return serveGRPC(b, server)
}

func (*lean) Discover(context.Context, *discoveryv1.DiscoverRequest) (*discoveryv1.DiscoverResponse, error) {
	return descriptortest.Answer(descriptortest.Files()), nil
}

func (f *lean) Handle(stream eventsourcedv1.EventSourcedService_HandleServer) error {
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		command := request.GetCommand()
		if command == nil {
			continue
		}
		err = stream.Send(&eventsourcedv1.HandleResponse{Message: &eventsourcedv1.HandleResponse_Reply{
			Reply: &eventsourcedv1.EventSourcedReply{
				CommandId:    command.GetId(),
				ClientAction: &entityv1.ClientAction{Action: &entityv1.ClientAction_Reply{Reply: &entityv1.Reply{Payload: f.payload}}},
				Events:       []*anypb.Any{f.event},
			},
		}})
		if err != nil {
			return err
		}
	}
}

// bare is a proxy that does nothing but pass on.
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

// startBare starts a bare proxy of the function and returns its address.
func startBare(b *testing.B, function string) string {
	b.Helper()
	registry, mistakes := descriptor.Build(wire.V1(), descriptortest.Answer(descriptortest.Files()))
	if len(mistakes) > 0 {
		b.Fatal(mistakes)
	}
	method, _ := registry.Method(descriptortest.Service, "Add")
	conn, err := grpc.NewClient("passthrough:///"+function, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	p := &bare{method: method, conn: conn, streams: map[string]*bareStream{}}
	return serveGRPC(b, grpc.NewServer(
		grpc.UnknownServiceHandler(p.handle),
		grpc.ForceServerCodecV2(bareCodec{encoding.GetCodecV2(protobuf.Name)}),
	))
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

// bareCodec passes bytes through.
type bareCodec struct{ encoding.CodecV2 }

func (c bareCodec) Marshal(v any) (mem.BufferSlice, error) {
	if bytes, ok := v.(*[]byte); ok {
		return mem.BufferSlice{mem.SliceBuffer(*bytes)}, nil
	}
	return c.CodecV2.Marshal(v)
}

func (c bareCodec) Unmarshal(data mem.BufferSlice, v any) error {
	if bytes, ok := v.(*[]byte); ok {
		*bytes = data.Materialize()
		return nil
	}
	return c.CodecV2.Unmarshal(data, v)
}

// serveGRPC serves on loopback until the end of the benchmark.
func serveGRPC(b *testing.B, server *grpc.Server) string {
	b.Helper()
	listener, err := net.Listen("tcp", loopback)
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // ends by Stop
	}()
	b.Cleanup(func() {
		server.Stop()
		<-ended
	})
	return listener.Addr().String()
}
