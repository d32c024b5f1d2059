package function_test

import (
	"runtime"
	"strconv"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/anypb"

	discoveryv1 "github.com/stateward/stateward/protocol/gen/stateward/discovery/v1"
	entityv1 "github.com/stateward/stateward/protocol/gen/stateward/entity/v1"
	eventsourcedv1 "github.com/stateward/stateward/protocol/gen/stateward/eventsourced/v1"
	"github.com/stateward/stateward/proxy/internal/descriptor/descriptortest"
	"github.com/stateward/stateward/proxy/internal/function"
	"github.com/stateward/stateward/proxy/internal/function/functiontest"
)

const callers = 64

// get is a command that asks for the total.
func get(number int64, payload *anypb.Any) *eventsourcedv1.HandleRequest {
	return &eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Command{
		Command: &entityv1.Command{EntityId: "a", Id: number, Name: "Get", Payload: payload},
	}}
}

// benched runs a client of a function at the target, plain or multiplexed.
func benched(b *testing.B, target string, multiplexed bool) (*functiontest.Function, *function.Client) {
	b.Helper()
	f := functiontest.Start(b, target, functiontest.Script{Multiplexed: multiplexed})
	o := newOwner()
	c := config(f.Target, o)
	c.Observer = uncounted{}
	c.Capabilities = []discoveryv1.Capability{discoveryv1.Capability_CAPABILITY_MULTIPLEXED_STREAM}
	client, err := function.New(c)
	if err != nil {
		b.Fatal(err)
	}
	runClient(b, client)
	o.awaitServing(b)
	return f, client
}

// uncounted is an Observer that counts nothing.
type uncounted struct{}

func (uncounted) Discovered(string) {}
func (uncounted) Reported(string)   {}
func (uncounted) Streams(int)       {}

// BenchmarkStream measures commands of 64 entities, each with one outstanding: on
// gRPC's own streams, which is what the proxy is compared with, and through the client.
func BenchmarkStream(b *testing.B) {
	for _, network := range []string{"tcp", "unix"} {
		target := func(b *testing.B) string {
			b.Helper()
			if network == "unix" {
				return functiontest.Path(b)
			}
			return loopback
		}
		b.Run(network+"/raw", func(b *testing.B) {
			f, _ := benched(b, target(b), false)
			dial := f.Target
			conn, err := grpc.NewClient(dial, grpc.WithTransportCredentials(insecure.NewCredentials()))
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = conn.Close() })
			client := eventsourcedv1.NewEventSourcedServiceClient(conn)
			talk(b, func() (send func(*eventsourcedv1.HandleRequest) error, receive func() error) {
				stream, err := client.Handle(b.Context())
				if err != nil {
					b.Error(err)
				}
				return stream.Send, func() error { _, err := stream.Recv(); return err }
			})
		})
		for name, multiplexed := range map[string]bool{"plain": false, "multiplexed": true} {
			b.Run(network+"/"+name, func(b *testing.B) {
				_, client := benched(b, target(b), multiplexed)
				talk(b, func() (send func(*eventsourcedv1.HandleRequest) error, receive func() error) {
					stream, err := client.Open(b.Context(), eventSourced)
					if err != nil {
						b.Error(err)
					}
					return func(m *eventsourcedv1.HandleRequest) error { return stream.Send(m) },
						func() error { _, err := stream.Recv(); return err }
				})
			})
		}
	}
}

// talk lets each caller send commands on a stream of its own, one after the other.
func talk(b *testing.B, open func() (send func(*eventsourcedv1.HandleRequest) error, receive func() error)) {
	b.Helper()
	payload, err := anypb.New(messages.New("GetRequest"))
	if err != nil {
		b.Fatal(err)
	}
	b.SetParallelism(callers / runtime.GOMAXPROCS(0))
	b.RunParallel(func(pb *testing.PB) {
		send, receive := open()
		err := send(&eventsourcedv1.HandleRequest{Message: &eventsourcedv1.HandleRequest_Init{
			Init: &eventsourcedv1.Init{ServiceName: descriptortest.Service, EntityId: "a"},
		}})
		for number := int64(1); pb.Next() && err == nil; number++ {
			if err = send(get(number, payload)); err == nil {
				err = receive()
			}
		}
		if err != nil {
			b.Error(err)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
}

// BenchmarkIdle measures what the client holds for an idle entity, which nobody
// receives for: the goroutine of who does is not counted.
func BenchmarkIdle(b *testing.B) {
	for name, multiplexed := range map[string]bool{"plain": false, "multiplexed": true} {
		b.Run(name, func(b *testing.B) {
			_, client := benched(b, loopback, multiplexed)
			const entities = 1000
			streams := make([]function.Stream, entities)
			before := held()
			for b.Loop() {
				for i := range streams {
					streams[i] = openAs(b.Context(), b, client, strconv.Itoa(i))
				}
				b.ReportMetric((held()-before)/entities, "bytes/entity") // of the function beside it, too
				b.StopTimer()
				for _, stream := range streams {
					finish(b, stream)
				}
				b.StartTimer()
			}
		})
	}
}

// held returns the bytes of heap and stacks in use.
func held() float64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapInuse + stats.StackInuse)
}
